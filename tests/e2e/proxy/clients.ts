import { createHash, randomBytes } from 'node:crypto'
import { type IncomingMessage, type RequestOptions, request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What the app says about a request it got. */
export interface Seen {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly name: string
  readonly sha: string
  readonly raw: string
}

export interface Question extends RequestOptions {
  readonly pieces?: readonly Buffer[]
  /** Between the pieces of the body. */
  readonly pauseMs?: number
}

/** One request, asked once and never again: whatever goes wrong is the test's to count. */
export async function ask({ pieces = [], pauseMs = 0, ...options }: Question): Promise<Seen> {
  const answer = await new Promise<IncomingMessage>((done, fail) => {
    const sent = request({ host: '127.0.0.1', timeout: 60_000, ...options })
    sent.on('response', done)
    sent.on('error', fail)
    sent.on('timeout', () => sent.destroy(new Error('no answer in 60 s')))
    void send(sent, pieces, pauseMs)
  })
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(Buffer.from(chunk))
  const raw = Buffer.concat(chunks).toString()
  const said = raw.startsWith('{') ? JSON.parse(raw) : {}
  const status = answer.statusCode ?? 0
  return { status, headers: answer.headers, name: said.name ?? '', sha: said.sha ?? '', raw }
}

async function send(
  sent: ReturnType<typeof request>,
  pieces: readonly Buffer[],
  pauseMs: number,
): Promise<void> {
  for (const piece of pieces) {
    sent.write(piece)
    if (pauseMs > 0) await sleep(pauseMs)
  }
  sent.end()
}

/** A body of three pieces that no other request has, and its hash. */
export function body(): { pieces: readonly Buffer[]; sha: string } {
  const pieces = [randomBytes(700), randomBytes(1500), randomBytes(300)]
  return { pieces, sha: createHash('sha256').update(Buffer.concat(pieces)).digest('hex') }
}

/** A WebSocket that can be asked who is at its other end; rejects once it is cut. */
export class Socket {
  readonly #socket: ReturnType<typeof connect>
  #hear: (text: string) => void = () => {}
  #fail: (error: Error) => void = () => {}

  private constructor(socket: ReturnType<typeof connect>) {
    this.#socket = socket
  }

  static open(port: number, host: string): Promise<Socket> {
    const socket = connect(port, '127.0.0.1')
    const opened = new Socket(socket)
    const key = randomBytes(16).toString('base64')
    const upgrade = 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13'
    socket.write(
      `GET / HTTP/1.1\r\nHost: ${host}\r\n${upgrade}\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    )
    return new Promise((done, fail) => {
      opened.#fail = fail
      opened.#hear = (text) =>
        text.startsWith('HTTP/1.1 101') ? done(opened) : fail(new Error(text))
      socket.on('data', (bytes) => opened.#hear(bytes.toString('latin1')))
      socket.on('error', (error) => opened.#fail(error))
      socket.on('close', () => opened.#fail(new Error('the WebSocket was cut')))
    })
  }

  who(): Promise<string> {
    return new Promise((done, fail) => {
      this.#hear = (text) => done(text.slice(2))
      this.#fail = fail
      if (this.#socket.destroyed) fail(new Error('the WebSocket was cut'))
      // A masked text frame of one letter, masked by zeros.
      this.#socket.write(Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x3f]))
    })
  }

  close(): void {
    this.#socket.destroy()
  }
}
