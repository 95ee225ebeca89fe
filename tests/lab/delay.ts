import { connect, createServer, type Server, type Socket } from 'node:net'

export type DelayOptions = {
  /** Where connections lead to. */
  readonly port: number
  readonly host?: string
  /** How late each piece arrives, in each direction. */
  readonly delayMs?: number
}

/**
 * A TCP proxy on 127.0.0.1 that is slow, goes silent or breaks: a far-away server, a lost link.
 * To put it between Belay and a server, give `ssh` the port of the proxy: the lab's ssh_config
 * names host keys by server, so that they still fit.
 */
export class DelayProxy {
  delayMs: number
  readonly #target: { readonly port: number; readonly host: string }
  readonly #server: Server
  readonly #pairs = new Set<readonly [Socket, Socket]>()
  /** All that are open: of a pair one may be left, where the end of the other was swallowed. */
  readonly #open = new Set<Socket>()
  #state: 'up' | 'cut' | 'silent' = 'up'
  #marks: readonly { readonly bytes: number; readonly action: () => void }[] = []
  /** How much goes to the target in a second; more waits on the other side. */
  bytesPerSecond = Number.POSITIVE_INFINITY
  /** What went to the target, in bytes. */
  sent = 0

  constructor({ port, host = '127.0.0.1', delayMs = 0 }: DelayOptions) {
    this.delayMs = delayMs
    this.#target = { port, host }
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket))
  }

  /** Resolves to the port it listens on: the given one, or a free one. */
  listen(port = 0): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, '127.0.0.1', () => {
        const address = this.#server.address()
        if (address === null || typeof address === 'string') reject(new Error('not a TCP port'))
        else resolve(address.port)
      })
    })
  }

  /** Does something once so many bytes more have gone to the target. */
  whenSent(bytes: number, action: () => void): void {
    this.#marks = [...this.#marks, { bytes: this.sent + bytes, action }]
  }

  #count(bytes: number): void {
    this.sent += bytes
    const due = this.#marks.filter((mark) => mark.bytes <= this.sent)
    this.#marks = this.#marks.filter((mark) => mark.bytes > this.sent)
    for (const { action } of due) action()
  }

  /** Breaks every connection and refuses new ones, until `restore`. */
  cut(): void {
    this.#state = 'cut'
    this.#breakAll()
  }

  /** Swallows everything without breaking anything, as a firewall or a dead radio link does. */
  silence(): void {
    this.#state = 'silent'
  }

  /** Works again for new connections. What was swallowed is lost, so silent connections break. */
  restore(): void {
    if (this.#state === 'silent') this.#breakAll()
    this.#state = 'up'
  }

  close(): Promise<void> {
    this.#breakAll()
    for (const socket of this.#open) socket.destroy()
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  #slow(from: Socket, bytes: number): void {
    if (this.bytesPerSecond === Number.POSITIVE_INFINITY) return
    from.pause()
    setTimeout(() => from.resume(), (bytes / this.bytesPerSecond) * 1000)
  }

  #breakAll(): void {
    for (const [inner, outer] of this.#pairs) {
      inner.resetAndDestroy()
      outer.resetAndDestroy()
    }
    this.#pairs.clear()
  }

  #accept(inner: Socket): void {
    if (this.#state === 'cut') {
      inner.resetAndDestroy()
      return
    }
    const outer = connect({ ...this.#target, allowHalfOpen: true })
    const pair = [inner, outer] as const
    this.#pairs.add(pair)
    for (const socket of pair) {
      socket.setNoDelay(true)
      this.#open.add(socket)
      socket.once('close', () => this.#open.delete(socket))
    }
    this.#forward(inner, outer, true)
    this.#forward(outer, inner)
    for (const socket of pair) socket.once('close', () => this.#pairs.delete(pair))
  }

  /** Pieces stay in order, as timers of one length fire in the order they were set. */
  #forward(from: Socket, to: Socket, isOut = false): void {
    const later = (action: () => void) => {
      if (this.#state === 'silent') return
      setTimeout(() => {
        if (this.#state !== 'silent' && !to.destroyed) action()
      }, this.delayMs)
    }
    // What the other side has not taken yet stays where it is, as on a real line.
    to.on('drain', () => from.resume())
    from.on('data', (chunk: Buffer) =>
      later(() => {
        if (!to.write(chunk)) from.pause()
      }),
    )
    if (isOut) from.on('data', (chunk: Buffer) => this.#count(chunk.length))
    if (isOut) from.on('data', (chunk: Buffer) => this.#slow(from, chunk.length))
    from.on('end', () => later(() => to.end()))
    from.on('error', () => later(() => to.resetAndDestroy()))
  }
}
