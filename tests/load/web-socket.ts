import { randomBytes } from 'node:crypto'
import { Connection, LostError } from './connection.ts'
import { keepOpen, messageOf } from './keep-open.ts'
import type { LoadOptions } from './load.ts'
import type { Tally } from './tally.ts'

const sayEveryMs = 250

/**
 * One WebSocket that talks and listens. Only a refused handshake is a loss.
 */
export async function keepWebSocket(
  { host, port, headers = {} }: LoadOptions,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const open = async () => {
    const connection = await Connection.open(host, port)
    const first = await shakeHands(connection, { host, ...headers })
    return () => talk({ connection, first, tally, signal })
  }
  await keepOpen({ kind: 'websocket', title: 'WebSocket', open, reasonOf }, tally, signal)
}

function reasonOf(error: unknown): string {
  return `${error instanceof LostError ? error.phase : 'check'}: ${messageOf(error)}`
}

async function shakeHands(
  connection: Connection,
  headers: Readonly<Record<string, string>>,
): Promise<Buffer> {
  const all = {
    ...headers,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `GET /ws HTTP/1.1\r\n${lines.join('')}\r\n`
  const { answer } = await connection.exchange({ head, pieces: [], pauseMs: 0, timeoutMs: 40_000 })
  if (answer.status !== 101) {
    connection.close()
    throw new Error(`status ${answer.status}`)
  }
  return answer.body
}

type Talk = {
  readonly connection: Connection
  readonly first: Buffer
  readonly tally: Tally
  readonly signal: AbortSignal
}

/** Ends when the server ends the connection, or on the signal: whether the server said so before. */
function talk({ connection: { socket }, first, tally, signal }: Talk): Promise<boolean> {
  socket.removeAllListeners('data')
  return new Promise((resolve) => {
    const say = setInterval(() => socket.write(maskedText('ping')), sayEveryMs)
    const stop = () => socket.destroy()
    let received: Buffer = Buffer.alloc(0)
    let isTold = false
    const hear = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      for (let frame = readFrame(received); frame !== undefined; frame = readFrame(received)) {
        received = received.subarray(frame.length)
        if (frame.opcode === 1) tally.websocket.ticks += 1
        if (frame.opcode !== 8) continue
        isTold = true
        socket.end()
      }
    }
    hear(first)
    socket.on('data', hear)
    signal.addEventListener('abort', stop, { once: true })
    socket.once('close', () => {
      clearInterval(say)
      signal.removeEventListener('abort', stop)
      resolve(isTold)
    })
    if (signal.aborted) stop()
    // It may have ended with the answer itself.
    if (socket.closed) socket.emit('close')
  })
}

/** Frames of a server are never masked; ours are small. */
function readFrame(
  bytes: Buffer,
): { readonly opcode: number; readonly length: number } | undefined {
  if (bytes.length < 4) return undefined
  const short = bytes.readUInt8(1) & 0x7f
  const length = short < 126 ? 2 + short : 4 + bytes.readUInt16BE(2)
  return bytes.length < length ? undefined : { opcode: bytes.readUInt8(0) & 0x0f, length }
}

function maskedText(text: string): Buffer {
  const mask = randomBytes(4)
  const body = Buffer.from(text).map((byte, at) => byte ^ (mask[at % 4] ?? 0))
  return Buffer.concat([Buffer.from([0x81, 0x80 | body.length]), mask, body])
}
