import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { type Answer, ResponseReader } from './response.ts'

export type Phase = 'connect' | 'send' | 'wait' | 'answer' | 'check'

/** A request that did not get a whole answer, and how far it had come. */
export class LostError extends Error {
  readonly phase: Phase

  constructor(phase: Phase, reason: string) {
    super(reason)
    this.phase = phase
  }
}

export type Exchange = {
  readonly head: string
  /** The body, sent piece by piece with a pause before each. */
  readonly pieces: readonly Buffer[]
  readonly pauseMs: number
  readonly timeoutMs: number
}

export type Timed = { readonly answer: Answer; readonly waitedMs: number }

type Pending = {
  readonly reader: ResponseReader
  readonly succeed: (answer: Answer) => void
  readonly fail: (error: LostError) => void
}

/** One keep-alive connection, one request at a time, and never a second try. */
export class Connection {
  readonly socket: Socket
  /** False once the server has closed it, or has said that it will. */
  usable = true
  #pending: Pending | undefined
  #allSent = false

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('end', () => this.#ended())
    socket.on('error', (error: NodeJS.ErrnoException) => this.#broken(error.code ?? error.message))
    socket.on('close', () => this.#broken('closed before the answer was whole'))
  }

  static open(host: string, port: number, timeoutMs = 10_000): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port })
      const fail = (reason: string) => {
        socket.destroy()
        reject(new LostError('connect', reason))
      }
      const timer = setTimeout(() => fail('timed out'), timeoutMs)
      socket.once('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(timer)
        fail(error.code ?? error.message)
      })
      socket.once('connect', () => {
        clearTimeout(timer)
        socket.removeAllListeners('error')
        resolve(new Connection(socket))
      })
    })
  }

  async exchange({ head, pieces, pauseMs, timeoutMs }: Exchange): Promise<Timed> {
    const reader = new ResponseReader()
    const timer = setTimeout(() => this.#broken(`no answer within ${timeoutMs} ms`), timeoutMs)
    this.#allSent = false
    const answered = new Promise<Answer>((succeed, fail) => {
      this.#pending = { reader, succeed, fail }
    })
    // Awaited below; until then a failure must not count as unhandled.
    answered.catch(() => {})
    try {
      this.socket.write(head)
      for (const piece of pieces) {
        if (pauseMs > 0) await wait(pauseMs)
        if (this.#pending === undefined) break
        this.socket.write(piece)
      }
      this.#allSent = true
      const sentAt = performance.now()
      const answer = await answered
      return { answer, waitedMs: performance.now() - sentAt }
    } finally {
      clearTimeout(timer)
    }
  }

  close(): void {
    this.usable = false
    this.socket.destroy()
  }

  #read(chunk: Buffer): void {
    const pending = this.#pending
    // Bytes that nobody asked for: this connection can no longer be trusted.
    if (pending === undefined) return this.close()
    try {
      const answer = pending.reader.read(chunk)
      if (answer !== undefined) this.#answered(pending, answer)
    } catch (error) {
      this.#broken(error instanceof Error ? error.message : String(error))
    }
  }

  #answered(pending: Pending, answer: Answer): void {
    this.#pending = undefined
    if (!answer.keepAlive || !this.#allSent) this.usable = false
    pending.succeed(answer)
  }

  #ended(): void {
    this.usable = false
    const answer = this.#pending?.reader.end()
    if (this.#pending !== undefined && answer !== undefined) this.#answered(this.#pending, answer)
  }

  #broken(reason: string): void {
    this.usable = false
    const pending = this.#pending
    this.#pending = undefined
    const waiting = this.#allSent ? 'wait' : 'send'
    pending?.fail(new LostError(pending.reader.started ? 'answer' : waiting, reason))
    this.socket.destroy()
  }
}
