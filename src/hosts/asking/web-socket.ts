import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { HttpQuestion } from '../host.ts'

/** What asks a server for a WebSocket (RFC 6455). The key is a nonce, and nothing depends on it. */
export const HANDSHAKE: Readonly<Record<string, string>> = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': randomBytes(16).toString('base64'),
}

const TEXT = 1
const BINARY = 2
/** Checks look at the beginning of a conversation. */
const MESSAGE_MAX_BYTES = 64 * 1024

/** Sends what is to be sent, and waits for the first message; empty where none is awaited. */
export async function socketMessage(
  socket: Duplex,
  head: Buffer,
  wish: HttpQuestion['socket'],
): Promise<string> {
  // What goes wrong shows in that no message comes.
  socket.on('error', () => undefined)
  if (wish?.send !== undefined) socket.write(frameOf(wish.send))
  if (wish?.awaitsMessage !== true) return ''
  let bytes = head
  try {
    for (;;) {
      const found = messageIn(bytes)
      if (found !== undefined) return found
      if (bytes.length > MESSAGE_MAX_BYTES) return ''
      const next = await moreOf(socket)
      if (next === undefined) return ''
      bytes = Buffer.concat([bytes, next])
    }
  } catch {
    return ''
  }
}

/** The next bytes; undefined at the end. */
function moreOf(socket: Duplex): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const end = (bytes?: Buffer): void => {
      socket.removeAllListeners('data').pause()
      resolve(bytes)
    }
    socket.once('data', end)
    for (const over of ['end', 'close', 'error']) socket.once(over, () => end())
    socket.resume()
  })
}

/** The first text or binary message that is there whole; pings and the like are passed over. */
function messageIn(bytes: Buffer): string | undefined {
  const parts: Buffer[] = []
  for (let at = 0; ; ) {
    const frame = frameAt(bytes, at)
    if (frame === undefined) return undefined
    at = frame.next
    if (frame.code > BINARY) continue
    parts.push(frame.payload)
    if (frame.isLast) return Buffer.concat(parts).toString('utf8')
  }
}

interface Frame {
  /** 0 goes on with what came before; 8 and above are about the connection. */
  readonly code: number
  readonly isLast: boolean
  readonly payload: Buffer
  readonly next: number
}

/** A server's frames are not masked. */
function frameAt(bytes: Buffer, at: number): Frame | undefined {
  if (bytes.length < at + 2) return undefined
  const short = bytes.readUInt8(at + 1) & 0x7f
  const extra = short === 126 ? 2 : short === 127 ? 8 : 0
  const start = at + 2 + extra
  if (bytes.length < start) return undefined
  const length =
    extra === 0
      ? short
      : extra === 2
        ? bytes.readUInt16BE(at + 2)
        : Number(bytes.readBigUInt64BE(at + 2))
  if (bytes.length < start + length) return undefined
  const first = bytes.readUInt8(at)
  const payload = bytes.subarray(start, start + length)
  return { code: first & 0x0f, isLast: (first & 0x80) !== 0, payload, next: start + length }
}

/** A text as a client sends it: masked, in one frame. */
function frameOf(text: string): Buffer {
  const payload = Buffer.from(text)
  const mask = randomBytes(4)
  const length =
    payload.length < 126
      ? Buffer.from([0x80 | payload.length])
      : Buffer.from([0x80 | 126, payload.length >> 8, payload.length & 0xff])
  const masked = payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0))
  return Buffer.concat([Buffer.from([0x80 | TEXT]), length, mask, masked])
}
