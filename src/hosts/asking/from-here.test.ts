import { createServer, type Server } from 'node:http'
import { createServer as createTls } from 'node:https'
import { createServer as createTcp, type AddressInfo, type Server as TcpServer } from 'node:net'
import { createHash } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { CERTIFICATES } from '../../../tests/support/certificates.ts'
import type { HereQuestion } from '../workstation.ts'
import { askFromHere } from './from-here.ts'

const servers: (Server | TcpServer)[] = []

afterEach(async () => {
  for (const server of servers.splice(0)) {
    if ('closeAllConnections' in server) server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function listen(server: Server | TcpServer): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

const question = (port: number, over: Partial<HereQuestion> = {}): HereQuestion => ({
  through: { kind: 'here', tls: false, address: '127.0.0.1', port },
  method: 'GET',
  path: '/',
  host: 'shop.example.com',
  headers: {},
  timeoutMs: 2000,
  ...over,
})

/** A server that opens every WebSocket, and says these bytes once it has heard something. */
async function speaking(...said: readonly Buffer[]): Promise<{ port: number; heard: Buffer[] }> {
  const heard: Buffer[] = []
  const server = createServer().on('upgrade', (request, socket) => {
    socket.on('error', () => socket.destroy())
    // Such a connection outlives its server's others.
    socket.on('end', () => socket.destroy())
    socket.on('data', (bytes: Buffer) => {
      heard.push(bytes)
      for (const each of said) socket.write(each)
    })
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    const accept = createHash('sha1').update(key).digest('base64')
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
  })
  return { port: await listen(server), heard }
}

const frame = (code: number, text: string, isLast = true): Buffer =>
  Buffer.concat([Buffer.from([(isLast ? 0x80 : 0) | code, text.length]), Buffer.from(text)])

describe('asking from this machine', () => {
  test('an answer must come with its cookies, one by one', async () => {
    const port = await listen(
      createServer((_, response) => {
        response.setHeader('set-cookie', ['a=1; Expires=Thu, 01 Jan 2099 00:00:00 GMT', 'b=2'])
        response.end('hello')
      }),
    )
    expect(await askFromHere(question(port))).toMatchObject({
      status: 200,
      body: 'hello',
      cookies: ['a=1; Expires=Thu, 01 Jan 2099 00:00:00 GMT', 'b=2'],
    })
  })

  test('over TLS the certificate must come with it, believed or not', async () => {
    const { cert, key } = CERTIFICATES.selfSigned
    const port = await listen(createTls({ cert, key }, (_, response) => response.end()))
    const through = { kind: 'here', tls: true, address: '127.0.0.1', port } as const
    const answer = await askFromHere(question(port, { through }))
    expect(answer).toMatchObject({
      distrust: expect.stringContaining('is not trusted'),
      certificate: { names: ['shop.example.com'], issuer: 'shop.example.com' },
    })
    const { certificate } = answer as unknown as {
      certificate: { daysLeft: number; chain: string[] }
    }
    expect(certificate.daysLeft).toBeGreaterThan(10_000)
    expect(certificate.chain).toEqual(['shop.example.com'])
  })

  test('silence must be told by what it is', async () => {
    const port = await listen(createTcp((socket) => void socket.resume()))
    expect(await askFromHere(question(port, { timeoutMs: 100 }))).toMatchObject({ why: 'timeout' })
    const broken = await listen(createTcp((socket) => socket.resume().end('SSH-2.0-x\r\n')))
    expect(await askFromHere(question(broken))).toMatchObject({ why: 'broken' })
    const unused = createTcp()
    const gone = await listen(unused)
    servers.pop()
    await new Promise((resolve) => unused.close(resolve))
    expect(await askFromHere(question(gone))).toMatchObject({ why: 'refused' })
    const through = { kind: 'here', tls: false, address: 'no.such.invalid', port: 80 } as const
    expect(await askFromHere(question(80, { through }))).toMatchObject({ why: 'no-such-name' })
  })
})

describe('a WebSocket', () => {
  const socket = { send: 'ping', awaitsMessage: true }

  test('the first message must be waited for, whatever comes before and in how many parts', async () => {
    const whole = Buffer.concat([frame(9, 'p'), frame(1, 'you ', false), frame(0, 'there')])
    const { port, heard } = await speaking(whole.subarray(0, 5), whole.subarray(5))
    expect(await askFromHere(question(port, { socket }))).toMatchObject({
      status: 101,
      body: 'you there',
    })
    const sent = Buffer.concat(heard)
    const mask = sent.subarray(2, 6)
    const text = sent.subarray(6).map((byte, at) => byte ^ (mask[at % 4] ?? 0))
    expect([sent[0], text.toString()]).toEqual([0x81, 'ping'])
  })

  test('no message must not be waited for without end', async () => {
    const { port } = await speaking()
    const late = await askFromHere(question(port, { socket, timeoutMs: 150 }))
    expect(late).toMatchObject({ status: 101, body: '' })
    const open = await askFromHere(question(port, { socket: { awaitsMessage: false } }))
    expect(open).toMatchObject({ status: 101, body: '' })
  })

  test('a server that will not open one must be heard', async () => {
    const port = await listen(createServer((_, response) => response.writeHead(404).end('no')))
    expect(await askFromHere(question(port, { socket }))).toMatchObject({ status: 404, body: 'no' })
  })
})
