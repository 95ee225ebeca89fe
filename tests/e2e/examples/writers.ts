import type { Traffic } from '../../load/requests.ts'

/** Clients of a bot: most have something written, the others look. Each is written under its id. */
export class Writers implements Traffic {
  readonly #path: string
  readonly #body: (id: string) => object
  /** What was acknowledged. */
  readonly written = new Set<string>()

  constructor(path: string, body: (id: string) => object) {
    this.#path = path
    this.#body = body
  }

  make: Traffic['make'] = (id, _role, n) => {
    const rest = { id, pauseMs: 0, sleepMs: 0 }
    if (n % 3 === 0) return { ...rest, method: 'GET', path: '/', pieces: [] }
    const body = Buffer.from(JSON.stringify(this.#body(id)))
    return { ...rest, method: 'POST', path: this.#path, pieces: [body] }
  }

  faultOf: Traffic['faultOf'] = (request, answer) => {
    if (answer.status !== 200) return `status ${answer.status}`
    if (answer.headers.get('x-request-id') !== request.id) return 'the answer to another request'
    if (request.method === 'GET') return undefined
    const { id, status } = JSON.parse(answer.body.toString('utf8'))
    if (id !== request.id || status !== 'done') return `not written: ${id} ${status}`
    this.written.add(id)
    return undefined
  }
}
