import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../base/failure.ts'
import { linkLost, outcomeUnknown } from './failures.ts'
import type { Scope } from './host.ts'
import { Exchanges } from './links/exchanges.ts'
import type { Link } from './links/link.ts'
import { LinkBroken, type Reply, type Request, type Session } from './links/session.ts'

/** What may happen to a request whose link broke before it was answered. */
export type Repeat =
  /** It only looks: asked again over a new link. */
  | 'reading'
  /** The host knows what became of it: asked again, it tells. */
  | 'resumable'
  /** Asked twice, it would mean something else. */
  | 'never'

export interface Patience {
  /** Pauses before each try to connect again. */
  readonly pausesMs: readonly number[]
}

const PATIENCE: Patience = { pausesMs: [0, 500, 1500, 4000, 8000] }
const REPEATS_MAX = 5
const RECONNECT_MS = 45_000

/** Worth another try: the network's own failures, not those that a person must look into. */
const PASSING = ['HOST_UNREACHABLE', 'SSH_FAILED']

/** The session with one host, one request after another, made anew when the link breaks. */
export class Connection {
  readonly exchanges = new Exchanges()
  readonly #name: string
  readonly #link: Link
  readonly #patience: Patience
  #scope: Scope | undefined
  #session: Session | undefined
  /** It was tried again and again, in vain. */
  #isGone = false
  #turn: Promise<unknown> = Promise.resolve()
  #unanswered = 0

  constructor(name: string, link: Link, patience: Patience = PATIENCE) {
    this.#name = name
    this.#link = link
    this.#patience = patience
  }

  /** The kit's first answer: the output of `observe`. */
  open(scope: Scope, signal?: AbortSignal): Promise<Reply> {
    return this.exchanges.during(async () => {
      this.#scope = scope
      this.#session = await this.#link.open(scope, signal)
      return this.#session.opening
    })
  }

  /** Whoever asks now waits for others: one is under way, or asked again over a new link. */
  get isBusy(): boolean {
    return this.#unanswered > 0
  }

  request(request: Request, repeat: Repeat): Promise<Reply> {
    const work = (): Promise<Reply> => this.exchanges.during(() => this.#send(request, repeat))
    this.#unanswered += 1
    const mine = this.#turn.then(work, work).finally(() => (this.#unanswered -= 1))
    this.#turn = mine.catch(() => undefined)
    return mine
  }

  /** For what goes beside the session: a link that broke meanwhile is made anew first. */
  async ensure(): Promise<void> {
    if (this.#session?.isBroken === true) await this.#reopen('a look at it', 'reading')
  }

  async close(): Promise<void> {
    this.#session = undefined
    await this.#link.close()
  }

  async #send(request: Request, repeat: Repeat): Promise<Reply> {
    const begun = performance.now()
    for (let tries = 1; ; tries++) {
      const session = await this.#whole(request.verb, repeat)
      try {
        return await session.request(request)
      } catch (cause) {
        if (!(cause instanceof LinkBroken)) throw cause
        if (repeat === 'never' || tries === REPEATS_MAX) {
          throw this.#lost(request.verb, repeat, { cause, begun })
        }
      }
    }
  }

  async #whole(verb: string, repeat: Repeat): Promise<Session> {
    if (this.#session === undefined) throw new Error(`${this.#name} is not connected`)
    if (this.#session.isBroken) await this.#reopen(verb, repeat)
    return this.#session
  }

  async #reopen(verb: string, repeat: Repeat): Promise<void> {
    const begun = performance.now()
    let last: unknown
    // What is left to say to a host that is gone must not take minutes: it is asked once each time.
    const { pausesMs } = this.#patience
    for (const pause of this.#isGone ? pausesMs.slice(0, 1) : pausesMs) {
      // A try may take long itself, where nothing answers at all.
      if (performance.now() - begun > RECONNECT_MS) break
      await sleep(pause)
      try {
        this.#session = await this.#link.open(this.#scope!)
        this.#isGone = false
        return
      } catch (cause) {
        last = cause
        if (!(cause instanceof Failure) || !PASSING.includes(cause.code)) throw cause
      }
    }
    this.#isGone = true
    throw this.#lost(verb, repeat, { cause: last, begun })
  }

  #lost(
    during: string,
    repeat: Repeat,
    { cause, begun }: { cause: unknown; begun: number },
  ): Failure {
    const extras = { cause, evidence: this.#link.lastWords().slice(-10) }
    if (repeat === 'reading') return linkLost({ host: this.#name, during }, extras)
    const seconds = Math.round((performance.now() - begun) / 1000)
    return outcomeUnknown({ host: this.#name, during, seconds }, extras)
  }
}
