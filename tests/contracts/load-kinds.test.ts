import { createServer, type ServerResponse } from 'node:http'
import { createSecureServer, type Http2ServerResponse } from 'node:http2'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { keepEvents } from '../load/events.ts'
import { keepHttp2 } from '../load/http2.ts'
import { startLoad } from '../load/load.ts'
import { EVERY_TRAFFIC } from '../load/requests.ts'
import { type LoadReport, Tally } from '../load/tally.ts'
import { keepWebSocket } from '../load/web-socket.ts'
import { CERTIFICATES } from '../support/certificates.ts'
import { listen } from '../support/listening.ts'

const PATIENCE = { timeout: 30_000, interval: 10 }
type Client = (
  options: { host: string; port: number },
  tally: Tally,
  signal: AbortSignal,
) => unknown

/** Runs the client until its report is as wanted. */
async function until(
  port: number,
  client: Client,
  isSo: (report: LoadReport) => boolean,
): Promise<LoadReport> {
  const tally = new Tally()
  const over = new AbortController()
  const running = client({ host: '127.0.0.1', port }, tally, over.signal)
  await expect.poll(() => isSo(tally.report()), PATIENCE).toBe(true)
  const report = tally.report()
  over.abort()
  await running
  return report
}

const eventsServer = (tell: (response: ServerResponse, n: number) => void): Promise<number> => {
  let n = 0
  return listen(
    createServer((_, response) => {
      n += 1
      response.on('error', () => {})
      tell(response, n)
    }),
  )
}

test('events that end as a stream should are told from those that are cut', async () => {
  const port = await eventsServer((response, n) => {
    response.write('id: 1\ndata: x\n\nid: 2\nda')
    response.write('ta: x\n\n')
    if (n % 2 === 1) response.end()
    else setTimeout(() => response.destroy(), 20)
  })
  const { events, losses } = await until(port, keepEvents, ({ events: seen }) => seen.closed >= 2)
  expect(events).toMatchObject({ closed: 2, cut: 1 })
  expect(losses).toEqual([])
})

test('an event that is missing is a loss, and so is a stream that is refused', async () => {
  const port = await eventsServer((response, n) => {
    if (n === 1) response.end('id: 1\ndata: x\n\nid: 3\ndata: x\n\n')
    else response.writeHead(502).end()
  })
  const { losses } = await until(port, keepEvents, ({ lost }) => lost >= 2)
  expect(losses.slice(0, 2)).toMatchObject([
    { phase: 'events', reason: 'event 2: id: 3\ndata: x' },
    { phase: 'events', reason: 'status 502' },
  ])
})

test('a WebSocket that is closed with a word is told from one that is cut', async () => {
  let n = 0
  const server = createServer()
  server.on('upgrade', (_, socket: Socket) => {
    n += 1
    socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
    if (n % 2 === 1) socket.end(Buffer.from([0x88, 2, 0x03, 0xe9]))
    else socket.destroySoon()
  })
  const isSo = ({ websocket }: LoadReport): boolean => websocket.closed >= 2
  const { websocket } = await until(await listen(server), keepWebSocket, isSo)
  expect(websocket).toMatchObject({ closed: 2, cut: 1 })
})

test('a stream of which a piece is missing is a lost request', async () => {
  const port = await listen(
    createServer((request, response) => {
      const { searchParams } = new URL(request.url ?? '/', 'http://app')
      const pieces = Number(searchParams.get('pieces'))
      response.setHeader('x-request-id', request.headers['x-request-id'] ?? '')
      for (let n = 1; n <= pieces; n++) {
        if (n !== 7 || !request.url?.includes('ms=400')) {
          response.write(`piece ${n} of ${pieces}\n`)
        }
      }
      response.end()
    }),
  )
  const streams = { ...EVERY_TRAFFIC, roleOf: () => 'stream' as const }
  const load = startLoad({
    host: '127.0.0.1',
    port,
    connections: 3,
    requestsPerSecond: 100,
    traffic: streams,
    webSocket: false,
  })
  await expect.poll(() => load.report().sent, PATIENCE).toBeGreaterThan(6)
  const { byKind, losses } = await load.stop()
  expect(byKind['stream']?.answered).toBeGreaterThan(0)
  expect(byKind['stream']?.lost).toBeGreaterThan(0)
  expect(losses.every(({ request }) => request.includes('ms=400'))).toBe(true)
})

type Answer = (response: Http2ServerResponse, path: string) => boolean

/** Over TLS, as the app that the load asks; `misbehave` says whether it has answered. */
function secureApp(misbehave: Answer): Promise<number> {
  const server = createSecureServer(CERTIFICATES.selfSigned, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (misbehave(response, request.url)) return
      const pieces = Number(new URL(request.url, 'http://app').searchParams.get('pieces'))
      response.setHeader('x-request-id', request.headers['x-request-id'] ?? '')
      const lines = Array.from({ length: pieces }, (_, at) => `piece ${at + 1} of ${pieces}\n`)
      // As one: Node 20 garbles short texts that are written over HTTP/2 in a row.
      response.end(request.method === 'POST' ? Buffer.concat(chunks) : lines.join(''))
    })
  })
  return listen(server)
}

const overHttp2: Client = ({ host, port }, tally, signal) =>
  keepHttp2({ host, port, domain: 'shop.example.com', lanes: 10, run: 'x' }, tally, signal)

test('requests of each kind are asked over HTTP/2, and counted apart', async () => {
  const port = await secureApp(() => false)
  const kinds = ['get', 'post', 'slow', 'stream'].map((kind) => `http/2 ${kind}`)
  const isSo = ({ byKind }: LoadReport) => kinds.every((kind) => (byKind[kind]?.answered ?? 0) > 1)
  const { losses, byKind } = await until(port, overHttp2, isSo)
  expect(losses).toEqual([])
  expect(Object.keys(byKind).sort()).toEqual(kinds)
})

test('over HTTP/2 an error, a reset stream and a cut connection are lost requests', async () => {
  let n = 0
  const port = await secureApp((response) => {
    n += 1
    if (n === 5) response.writeHead(502).end()
    if (n === 10) response.stream.close(2)
    if (n === 40) response.stream.session?.destroy()
    return [5, 10, 40].includes(n)
  })
  const { losses } = await until(port, overHttp2, ({ sent }) => sent > 80)
  const reasons = losses.map(({ reason }) => reason)
  expect(reasons).toEqual(expect.arrayContaining(['status 502', 'ERR_HTTP2_STREAM_ERROR']))
  expect(losses.length).toBeGreaterThan(2)
  expect(losses.length).toBeLessThan(20)
})
