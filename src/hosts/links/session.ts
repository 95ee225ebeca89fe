import type { Readable, Writable } from 'node:stream'
import { safeWord } from '../../base/names.ts'

/** One question to the kit (`kit/PROTOCOL.md`). Words are safe words; free text is payload. */
export interface Request {
  readonly verb: string
  readonly words: readonly string[]
  readonly payload?: Uint8Array
  readonly onProgress?: (text: string) => void
  readonly timeoutMs: number
}

export interface Reply {
  readonly code: number
  readonly lines: readonly string[]
}

/** The link went away before the answer was whole. What became of the request is open. */
export class LinkBroken extends Error {
  override readonly name = 'LinkBroken'
}

/** Far above what the kit writes: reaching one of these means that something else is talking. */
const LINE_MAX_BYTES = 4 * 1024 * 1024
const REPLY_MAX_BYTES = 64 * 1024 * 1024
const NOISE_MAX_LINES = 200

interface Waiting {
  readonly id: string
  readonly lines: string[]
  readonly onProgress: ((text: string) => void) | undefined
  bytes: number
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: Error) => void
}

/**
 * The kit's framed protocol over two streams: one request after another. The kit speaks first: the
 * reply with id 0 comes unasked, after the kit itself was sent where the host asks for it.
 */
export class Session {
  readonly opening: Promise<Reply>
  readonly #input: Writable
  readonly #kit: Uint8Array
  #waiting: Waiting | undefined
  #broken: Error | undefined
  #lastId = 0
  #rest: Buffer[] = []
  #restBytes = 0
  /** What a login shell's own files print before the kit speaks. */
  readonly #noise: string[] = []
  #spoke = false

  constructor(streams: { input: Writable; output: Readable; kit: Uint8Array }) {
    this.#input = streams.input
    this.#kit = streams.kit
    this.opening = this.#expect('0', undefined)
    // The owner may look at it later than it fails.
    this.opening.catch(() => undefined)
    streams.output.on('data', (chunk: Buffer) => this.#take(chunk))
    streams.output.on('close', () => this.break(new LinkBroken('the connection was closed')))
    streams.output.on('error', (error) => this.break(new LinkBroken(error.message)))
    streams.input.on('error', (error) => this.break(new LinkBroken(error.message)))
  }

  get isBroken(): boolean {
    return this.#broken !== undefined
  }

  /** Lines that came before the kit's first word. */
  get noise(): readonly string[] {
    return this.#noise
  }

  async request(request: Request): Promise<Reply> {
    if (this.#waiting !== undefined) throw new Error('the session answers one request at a time')
    this.#lastId += 1
    const id = String(this.#lastId)
    const payload = request.payload ?? new Uint8Array()
    const words = [id, String(payload.length), request.verb, ...request.words].map(safeWord)
    const reply = this.#expect(id, request.onProgress)
    const late = new LinkBroken(`no answer within ${Math.round(request.timeoutMs / 1000)} s`)
    const timer = setTimeout(() => this.break(late), request.timeoutMs)
    // One write, so that head and payload share a packet.
    this.#input.write(Buffer.concat([Buffer.from(`${words.join(' ')}\n`), payload]))
    try {
      return await reply
    } finally {
      clearTimeout(timer)
    }
  }

  /** Gives up on the streams: whoever waits for an answer is told why. */
  break(error: Error): void {
    if (this.#broken !== undefined) return
    this.#broken = error
    this.#waiting?.reject(error)
    this.#waiting = undefined
    this.#input.destroy()
  }

  #expect(id: string, onProgress: Waiting['onProgress']): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#broken !== undefined) reject(this.#broken)
      else this.#waiting = { id, onProgress, lines: [], bytes: 0, resolve, reject }
    })
  }

  #take(chunk: Buffer): void {
    let from = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...this.#rest, chunk.subarray(from, end)])
      this.#rest = []
      this.#restBytes = 0
      from = end + 1
      this.#line(line)
    }
    if (from === chunk.length) return
    this.#rest.push(chunk.subarray(from))
    this.#restBytes += chunk.length - from
    if (this.#restBytes > LINE_MAX_BYTES) this.#confused('a line without end')
  }

  #line(bytes: Buffer): void {
    const line = bytes.toString('utf8')
    const waiting = this.#waiting
    const [, id, mark, text = ''] = /^(\d+) ([>|.])(?: (.*))?$/s.exec(line) ?? []
    if (!this.#spoke && id === undefined) return this.#beforeFirstWord(line)
    this.#spoke = true
    if (waiting === undefined || id !== waiting.id) return this.#confused(line)
    waiting.bytes += bytes.length
    if (waiting.bytes > REPLY_MAX_BYTES) return this.#confused('an answer without end')
    if (mark === '>') waiting.onProgress?.(text)
    else if (mark === '|') waiting.lines.push(text)
    else this.#finish(waiting, text)
  }

  #beforeFirstWord(line: string): void {
    if (line === 'need-kit') this.#input.write(this.#kit)
    else if (this.#noise.push(line) > NOISE_MAX_LINES) {
      this.break(new LinkBroken('the host printed something else than an answer'))
    }
  }

  #finish(waiting: Waiting, text: string): void {
    if (!/^\d{1,3}$/.test(text)) return this.#confused(`an answer with code ${text}`)
    this.#waiting = undefined
    waiting.resolve({ code: Number(text), lines: waiting.lines })
  }

  #confused(what: string): void {
    const shown = what.slice(0, 200)
    this.break(new Error(`the host's kit broke the protocol: ${JSON.stringify(shown)}`))
  }
}
