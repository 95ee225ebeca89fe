import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type LoadReport, startLoad } from '../load/load.ts'
import { listen } from '../support/listening.ts'

type Handler = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void

/** An app that answers as the shop does, unless `misbehave` has answered already. */
function app(misbehave: Handler = () => {}): Promise<number> {
  const server = createHttpServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      misbehave(request, response, body)
      if (response.headersSent || request.socket.destroyed) return
      response.setHeader('x-version', '1')
      response.setHeader('x-request-id', request.headers['x-request-id'] ?? '')
      response.end(request.method === 'POST' ? body : 'hello')
    })
  })
  return listen(server)
}

/** Loads the port with a few fast connections, until so many requests were sent. */
async function loadFor(port: number, requests = 60, connections = 9): Promise<LoadReport> {
  const load = startLoad({
    host: '127.0.0.1',
    port,
    connections,
    requestsPerSecond: 300,
    webSocket: false,
    secondsMax: 30,
  })
  await expect.poll(() => load.report().sent, PATIENCE).toBeGreaterThanOrEqual(requests)
  return load.stop()
}

const PATIENCE = { timeout: 30_000, interval: 10 }

/** Misbehaves towards the n-th request only. */
function onceAt(n: number, misbehave: Handler): Handler {
  let count = 0
  return (request, response, body) => {
    count += 1
    if (count === n) misbehave(request, response, body)
  }
}

test('an app that behaves loses nothing', async () => {
  const report = await loadFor(await app(), 200)
  expect(report.losses).toEqual([])
  expect(report.sent).toBeGreaterThan(10)
  expect(report.byVersion).toEqual({ '1': report.sent })
  expect(report.latency.max).toBeGreaterThan(0)
})

const faults: readonly (readonly [string, Handler, object])[] = [
  [
    'a reset instead of an answer',
    (request) => request.socket.resetAndDestroy(),
    { phase: 'wait', reason: 'ECONNRESET' },
  ],
  [
    'a close instead of an answer, as when a keep-alive connection is closed while we send',
    (request) => request.socket.end(),
    { phase: 'wait' },
  ],
  [
    'a close in the middle of an answer',
    (request) => request.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'),
    { phase: 'answer' },
  ],
  [
    'an error of the proxy',
    (_, response) => response.writeHead(502).end(),
    { phase: 'check', reason: 'status 502' },
  ],
  [
    'something that is not HTTP',
    (request) => request.socket.end('SSH-2.0-OpenSSH_9.2\r\n\r\n'),
    { phase: 'answer' },
  ],
  [
    'the answer to another request',
    (_, response) => response.writeHead(200, { 'x-request-id': 'other' }).end('hello'),
    { phase: 'check', reason: 'the answer to other' },
  ],
]

test.each(faults)('%s is one lost request', async (_, misbehave, loss) => {
  const report = await loadFor(await app(onceAt(20, misbehave)))
  expect(report.losses).toEqual([expect.objectContaining(loss)])
  expect(report.lost).toBe(1)
})

test('a body that is not the one sent is a lost request', async () => {
  let spoiled = 0
  const port = await app((request, response, body) => {
    if (request.method !== 'POST' || body.length === 0 || spoiled > 0) return
    spoiled += 1
    body.writeUInt8(body.readUInt8(0) ^ 1)
    response.end(body)
  })
  const report = await loadFor(port)
  expect(spoiled).toBe(1)
  expect(report.losses).toEqual([
    expect.objectContaining({
      phase: 'check',
      reason: expect.stringContaining('not the one sent'),
    }),
  ])
})

test('a connection that is closed as announced costs nothing', async () => {
  const port = await app((_, response) => response.setHeader('connection', 'close'))
  expect((await loadFor(port)).losses).toEqual([])
})

test('an idle connection that was closed in time costs nothing', async () => {
  // Each client asks once a second, and finds its connection closed by then.
  const port = await app((request) => {
    setTimeout(() => request.socket.end(), 8)
  })
  const load = startLoad({
    host: '127.0.0.1',
    port,
    connections: 5,
    requestsPerSecond: 5,
    webSocket: false,
  })
  await expect.poll(() => load.report().sent, PATIENCE).toBeGreaterThanOrEqual(12)
  expect((await load.stop()).losses).toEqual([])
})

test('answers in chunks and interim answers are understood', async () => {
  const port = await app((request, response, body) => {
    if (request.method !== 'POST') return
    response.writeProcessing()
    response.write(body.subarray(0, 1))
    response.end(body.subarray(1))
  })
  const report = await loadFor(port)
  expect(report.losses).toEqual([])
})

test('a server that is gone loses every request, and twenty are reported', async () => {
  const server = createServer()
  const port = await listen(server)
  await new Promise((done) => server.close(done))
  const report = await loadFor(port, 100)
  expect(report.lost).toBe(report.sent)
  expect(report.lost).toBeGreaterThan(20)
  expect(report.losses).toHaveLength(20)
  expect(report.losses[0]).toMatchObject({ phase: 'connect', reason: 'ECONNREFUSED' })
})

test('stopping waits for what is in flight', async () => {
  const port = await app((request, response) => {
    if (!request.url?.startsWith('/slow')) return
    response.setHeader('x-version', 'slow')
    setTimeout(() => response.end('hello'), 400)
    response.flushHeaders()
  })
  const report = await loadFor(port, 1, 1)
  expect(report).toMatchObject({ sent: 1, lost: 0, byVersion: { slow: 1 } })
})

test('the load ends by itself after as many requests as it may send', async () => {
  const port = await app()
  const load = startLoad({ host: '127.0.0.1', port, requestsMax: 30, webSocket: false })
  await expect.poll(() => load.report().sent, { timeout: 5000 }).toBe(30)
  await wait(100)
  expect((await load.stop()).sent).toBe(30)
})
