import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

export interface Asked {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly at: number
}

/** What the services here look at in a body; every part of it may be missing. */
export interface Sent {
  readonly [key: string]: unknown
  readonly text?: string
  readonly content?: string
  readonly blocks?: readonly {
    readonly type: string
    readonly text?: { readonly type: string; readonly text: string }
  }[]
  readonly embeds?: readonly { readonly title?: string; readonly description?: string }[]
}

export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** What goes wrong instead of an answer. */
export type Trouble = 'hang' | 'close' | 'close-midway' | Reply

/**
 * An HTTP server on loopback that answers as a service's API would: `answer` holds each request
 * against what the API demands. Troubles come first, one for each request.
 */
export class StandIn {
  readonly asked: Asked[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #troubles: Trouble[] = []

  private constructor(answer: (asked: Asked) => Reply) {
    this.#server = createServer((request, response) => {
      void this.#meet(request, response, answer)
    })
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  static async open(answer: (asked: Asked) => Reply, host = '127.0.0.1'): Promise<StandIn> {
    const standIn = new StandIn(answer)
    await new Promise<void>((done) => standIn.#server.listen(0, host, done))
    return standIn
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** The bodies of what was asked, as JSON. */
  get bodies(): readonly Sent[] {
    return this.asked.map(({ body }) => JSON.parse(body) as Sent)
  }

  /** Before it answers again, this goes wrong, as often as it is given. */
  trouble(...troubles: readonly Trouble[]): this {
    this.#troubles.push(...troubles)
    return this
  }

  forget(): void {
    this.asked.length = 0
    this.#troubles.length = 0
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((done) => this.#server.close(done))
  }

  async #meet(
    request: IncomingMessage,
    response: ServerResponse,
    answer: (asked: Asked) => Reply,
  ): Promise<void> {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    const { method = '', url: path = '' } = request
    const headers = request.headers as Record<string, string>
    const asked = { method, path, headers, body, at: performance.now() }
    this.asked.push(asked)
    const trouble = this.#troubles.shift()
    if (trouble === 'hang') return
    if (trouble === 'close') return void request.socket.destroy()
    if (trouble === 'close-midway') {
      response.writeHead(200, { 'content-length': '500' })
      response.write('{"ok":')
      return void setImmediate(() => request.socket.destroy())
    }
    const reply = trouble ?? answer(asked)
    response.writeHead(reply.status, reply.headers ?? {})
    response.end(reply.body ?? '')
  }
}

export function json(status: number, data: unknown): Reply {
  const headers = { 'content-type': 'application/json' }
  return { status, headers, body: JSON.stringify(data) }
}

/** The body, where it is a POST of JSON; undefined for anything else. */
export function postedJson({ method, headers, body }: Asked): Sent | undefined {
  if (method !== 'POST' || !/^application\/json\b/.test(headers['content-type'] ?? '')) {
    return undefined
  }
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
