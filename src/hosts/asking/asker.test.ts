import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTcp, type Server as TcpServer, type AddressInfo } from 'node:net'
import { createServer as createTls } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PeerCertificate } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { CERTIFICATES } from '../../../tests/support/certificates.ts'
import type { HttpQuestion } from '../host.ts'
import type { Link, Pipe, Target, Way } from '../links/link.ts'
import { pipeOf } from '../links/pipe.ts'
import { Asker } from './asker.ts'
import { distrustOf } from './certificate.ts'

/** Passes every target on to a socket of this test, as ssh's forwards do. */
class PassingLink implements Pick<Link, 'wayTo' | 'whyClosed' | 'pipe'> {
  ways: (target: Target) => Way | Error = () => new Error('no way')
  why: 'refused' | 'forbidden' | 'unknown' = 'unknown'
  piped: string[][] = []
  pipes: (argv: readonly string[]) => Pipe = () => programOf(['false'])

  async wayTo(target: Target): Promise<Way> {
    const way = this.ways(target)
    if (way instanceof Error) throw way
    return way
  }
  async whyClosed(): Promise<'refused' | 'forbidden' | 'unknown'> {
    return this.why
  }
  async pipe(argv: readonly string[]): Promise<Pipe> {
    this.piped.push([...argv])
    return this.pipes(argv)
  }
}

const programOf = ([program = '', ...words]: readonly string[]): Pipe =>
  pipeOf(spawn(program, words, { detached: true }))

const question = (more: Partial<HttpQuestion> = {}): HttpQuestion => ({
  through: { kind: 'front-door', tls: false },
  method: 'GET',
  path: '/health',
  host: 'shop.example.com',
  headers: {},
  timeoutMs: 2000,
  ...more,
})
const slot = question({ through: { kind: 'slot', upstream: 'shop-web-b:8000' } })

type Handler = (request: IncomingMessage, response: ServerResponse) => void

let folder: string
let link: PassingLink
let asker: Asker
const servers: (Server | TcpServer)[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'belay-ask-'))
  link = new PassingLink()
  const run = () => Promise.resolve({ code: 1, stdout: '', stderr: '' })
  asker = new Asker(link as unknown as Link, { pipe: (argv) => link.pipe(argv), run })
  asker.meet('/var/lib/belay', { httpPort: 8081, httpsPort: 8443 })
})

afterEach(async () => {
  asker.close()
  for (const server of servers.splice(0)) {
    if ('closeAllConnections' in server) server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  rmSync(folder, { recursive: true, force: true })
})

/** A server behind a "forward". Returns how many connections it took. */
async function serve(handler: Handler): Promise<{ connections: number }> {
  const count = { connections: 0 }
  const server = createServer(handler).on('connection', () => (count.connections += 1))
  await listen(server)
  return count
}

async function listen(server: Server | TcpServer): Promise<void> {
  const path = join(folder, 'forward.sock')
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(path, resolve))
  link.ways = () => ({ path, isForward: true })
}

const echo: Handler = (request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    response.setHeader('X-A', ['1', '2'])
    response.statusCode = 418
    const { method, url, headers } = request
    response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }))
  })
}

describe('an answer', () => {
  test('it must come with status, headers and body; the host asked for must be heard', async () => {
    await serve(echo)
    const asked = question({ method: 'POST', body: 'a=€', headers: { accept: 'text/html' } })
    const answer = await asker.ask(asked)
    expect(answer).toMatchObject({ status: 418, headers: { 'x-a': '1, 2' } })
    expect(JSON.parse('body' in answer ? answer.body : '')).toMatchObject({
      method: 'POST',
      url: '/health',
      body: 'a=€',
      headers: { host: 'shop.example.com', accept: 'text/html', 'content-length': '5' },
    })
  })

  test('a slot must be named to the private listener, and its complaints be read', async () => {
    let heard: unknown
    await serve((request, response) => {
      heard = request.headers['belay-upstream']
      response.setHeader('Belay-Error', 'dial tcp 10.0.0.1:8000: connect: connection refused')
      response.writeHead(502).end()
    })
    expect(await asker.ask(slot)).toMatchObject({ kind: 'not-asked', why: 'refused' })
    expect(heard).toBe('shop-web-b:8000')
  })

  test('a page without end must be cut, not read', async () => {
    await serve((_, response) => {
      const more = (): void => {
        if (!response.destroyed) response.write('x'.repeat(65_536), () => setImmediate(more))
      }
      more()
    })
    const answer = await asker.ask(question())
    expect(answer).toMatchObject({ kind: 'answered', status: 200 })
    expect(answer.kind === 'answered' && answer.body.length).toBe(1024 * 1024)
  })

  test('connections must be kept, and one be ready before the first question', async () => {
    const count = await serve((_, response) => response.end('ok'))
    asker.warmUp()
    await expect.poll(() => count.connections).toBeGreaterThan(0)
    const warm = count.connections
    for (let n = 0; n < 5; n++) expect(await asker.ask(question())).toMatchObject({ status: 200 })
    expect(count.connections).toBe(warm)
  })

  test('questions at once must not share the one that is ready', async () => {
    const count = await serve((_, response) => setTimeout(() => response.end('ok'), 50))
    asker.warmUp()
    await expect.poll(() => count.connections).toBeGreaterThan(0)
    const all = await Promise.all([1, 2, 3].map(() => asker.ask(question())))
    expect(all).toMatchObject([{ status: 200 }, { status: 200 }, { status: 200 }])
  })

  test('a kept connection that was closed meanwhile must not be taken for the answer', async () => {
    let served = 0
    await serve((request, response) => {
      served += 1
      if (served % 2 === 0) request.socket.destroy()
      else response.end('ok')
    })
    for (let n = 0; n < 6; n++) expect(await asker.ask(question())).toMatchObject({ status: 200 })
  })

  test('what may not be asked twice must have a connection of its own', async () => {
    const count = await serve((_, response) => response.end('ok'))
    for (let n = 0; n < 3; n++) await asker.ask(question({ method: 'POST' }))
    expect(count.connections).toBe(3)
  })
})

describe('no answer', () => {
  test('a late one must be told as late', async () => {
    await serve(() => undefined)
    expect(await asker.ask(question({ timeoutMs: 100 }))).toEqual({
      kind: 'not-asked',
      why: 'timeout',
      reason: 'no answer within 100 ms',
    })
  })

  test('a body that stalls must be late too', async () => {
    await serve((_, response) => void response.write('begun'))
    expect(await asker.ask(question({ timeoutMs: 200 }))).toMatchObject({ why: 'timeout' })
  })

  test('something that speaks no HTTP must be told as broken', async () => {
    await listen(createTcp((socket) => socket.resume().end('SSH-2.0-OpenSSH\r\n')))
    expect(await asker.ask(question())).toMatchObject({ kind: 'not-asked', why: 'broken' })
  })

  test('a connection that ssh could not pass on must be refused', async () => {
    await listen(createTcp((socket) => socket.destroy()))
    link.why = 'refused'
    expect(await asker.ask(question())).toEqual({
      kind: 'not-asked',
      why: 'refused',
      reason: 'nothing listens there',
    })
  })

  test('a connection that the app itself drops must be broken', async () => {
    await listen(createTcp((socket) => socket.destroy()))
    expect(await asker.ask(question())).toMatchObject({ why: 'broken' })
  })

  test('without a proxy, the front door must be refused', async () => {
    asker.meet('/var/lib/belay', undefined)
    expect(await asker.ask(question())).toMatchObject({ why: 'refused' })
  })

  test.each([
    [question(), 'refused'],
    [slot, 'no-way'],
  ])('on this machine, a port that nobody has must be told: %#', async (asked, why) => {
    const unused = createTcp()
    await new Promise<void>((resolve) => unused.listen(0, '127.0.0.1', resolve))
    const { port } = unused.address() as AddressInfo
    await new Promise((resolve) => unused.close(resolve))
    link.ways = (target) =>
      target.kind === 'port'
        ? { host: '127.0.0.1', port, isForward: false }
        : { path: join(folder, 'absent.sock'), isForward: false }
    expect(await asker.ask(asked)).toMatchObject({ why })
  })
})

describe('over TLS', () => {
  const secure = question({ through: { kind: 'front-door', tls: true } })

  async function serveTls(who: keyof typeof CERTIFICATES): Promise<void> {
    const { cert, key } = CERTIFICATES[who]
    await listen(createTls({ cert, key }, (_, response) => response.end('ok')))
  }

  test('a certificate that clients would not believe must be told with the answer', async () => {
    await serveTls('selfSigned')
    for (let looks = 0; looks < 3; looks++) {
      const answer = await asker.ask(secure)
      expect(answer).toMatchObject({
        status: 200,
        distrust: 'is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)',
      })
      asker.close()
    }
  })

  test("one of the proxy's own must do, as nobody else certifies such names", async () => {
    await serveTls('caddys')
    const answer = await asker.ask({ ...secure, host: 'shop.localhost' })
    expect(answer).toMatchObject({ status: 200 })
    expect(answer).not.toHaveProperty('distrust')
  })

  test('a name without a certificate must be told from a port that is no HTTPS', async () => {
    // What Caddy answers then: a fatal alert, number 80.
    const alert = Buffer.from([0x15, 3, 1, 0, 2, 2, 80])
    await listen(createTcp((socket) => socket.once('data', () => socket.end(alert))))
    expect(await asker.ask(secure)).toMatchObject({ why: 'no-certificate' })
    link.why = 'forbidden'
    const bytes = [...alert].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')
    link.ways = () => new Error('no way')
    link.pipes = () => programOf(['sh', '-c', `head -c 1 >/dev/null; printf '${bytes}'; cat >&2`])
    expect(await asker.ask(secure)).toMatchObject({ why: 'no-certificate' })
  })

  test.each([
    ['CERT_HAS_EXPIRED', 'has expired'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'is for another name'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE)'],
  ])('%s must be said in words', (code, words) => {
    const socket = {
      authorized: false,
      authorizationError: code as unknown as Error,
      getPeerCertificate: () => ({ issuer: { CN: 'R11' } }) as PeerCertificate,
    }
    expect(distrustOf(socket as never)).toBe(words)
    expect(distrustOf({ ...socket, authorized: true } as never)).toBeUndefined()
  })
})

describe('where sshd forwards nothing', () => {
  const answering = `body=no
    while read -r line && [ "\${#line}" -gt 1 ]; do
      case $line in Belay-Upstream:*) body=up ;; esac
    done
    printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\n%s' $body
    cat >/dev/null`

  beforeEach(async () => {
    await listen(createTcp((socket) => socket.destroy()))
    link.why = 'forbidden'
  })

  test('a program in the proxy must ask instead, from then on', async () => {
    link.pipes = () => programOf(['sh', '-c', answering])
    expect(await asker.ask(slot)).toMatchObject({ kind: 'answered', status: 200, body: 'up' })
    expect(await asker.ask(question())).toMatchObject({ kind: 'answered', body: 'no' })
    const wayTo = vi.spyOn(link, 'wayTo')
    expect(await asker.ask(slot)).toMatchObject({ kind: 'answered' })
    expect(wayTo).not.toHaveBeenCalled()
    const inProxy = ['docker', 'exec', '-i', 'belay-proxy-caddy-1', 'nc', '127.0.0.1']
    expect(link.piped).toEqual([
      [...inProxy, '2020'],
      [...inProxy, '80'],
      [...inProxy, '2020'],
    ])
  })

  test.each([
    ["echo 'nc: 127.0.0.1 (127.0.0.1:80): Connection refused' >&2; exit 1", 'refused'],
    ['echo Error: No such container: belay-proxy-caddy-1 >&2; exit 1', 'no-way'],
    ['echo nc: not found >&2; exit 127', 'no-way'],
    ['exit 1', 'broken'],
    ['exec sleep 20', 'timeout'],
  ])('the program %j must be told as %s', async (script, why) => {
    link.pipes = () => programOf(['sh', '-c', script])
    const answer = await asker.ask(question({ timeoutMs: 300 }))
    expect(answer).toMatchObject({ kind: 'not-asked', why })
  })

  test('a port of the host must be asked by what the host has', async () => {
    link.pipes = programOf
    const server = createServer((_, response) => response.end('from the port'))
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const answer = await asker.ask(question({ through: { kind: 'port', port } }))
    expect(answer).toMatchObject({ kind: 'answered', body: 'from the port' })
  })
})
