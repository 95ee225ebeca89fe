import { Agent, type AgentOptions } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

type Create = Agent['createConnection']

const handedOut = new WeakSet<Duplex>()

/** Whether this connection was opened ahead, so that the other side may have closed it since. */
export function wasWarm(socket: Duplex): boolean {
  return handedOut.has(socket)
}

/**
 * Keeps connections for the next question, and can open one before the first: over a forward, each
 * connection costs a round trip of its own.
 */
export class WarmAgent extends Agent {
  readonly #warm = new Map<string, Socket>()

  constructor() {
    const options: AgentOptions = { keepAlive: true, maxSockets: 8, maxFreeSockets: 8 }
    super(options)
  }

  /** Opens a connection to this Unix socket; `onFailed` when it ends before anybody used it. */
  warm(path: string, onFailed: () => void): void {
    const socket = connect({ path })
    this.#warm.set(path, socket)
    socket.once('error', () => undefined)
    socket.once('close', () => {
      if (this.#warm.get(path) !== socket) return
      this.#warm.delete(path)
      onFailed()
    })
  }

  override createConnection(...[options, callback]: Parameters<Create>): Duplex {
    const path = options.socketPath ?? ''
    const socket = this.#warm.get(path)
    if (socket === undefined || socket.destroyed) {
      return super.createConnection(options, callback) as Duplex
    }
    this.#warm.delete(path)
    handedOut.add(socket)
    return socket
  }

  override destroy(): void {
    for (const socket of this.#warm.values()) socket.destroy()
    this.#warm.clear()
    super.destroy()
  }
}
