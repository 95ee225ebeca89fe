import { formatDuration } from '../../src/base/duration.ts'
import type { Failure } from '../../src/base/failure.ts'
import {
  actionFailed,
  actionTimedOut,
  fenced,
  imagePullFailed,
  leaseHeld,
  linkLost,
  outcomeUnknown,
  overtaken,
  watchdogNotAlive,
} from '../../src/hosts/failures.ts'
import { blameFor } from '../../src/hosts/kit-codes.ts'
import type * as Contract from '../../src/hosts/host.ts'
import type { HostImages } from '../../src/hosts/shipping/images.ts'
import { Exchanges } from '../../src/hosts/links/exchanges.ts'
import type { Lease, Observed } from '../../src/plan/observed.ts'
import type { Deployer } from './deployer.ts'
import { CUT_AFTER_MS, type Fault, LATER_MS } from './faults.ts'
import { answer } from './server/http.ts'
import { CODE, Refusal } from './server/kit-state.ts'
import { observe, sample } from './server/look.ts'
import { toyComposeConfig } from './server/compose-config.ts'
import { runProgram } from './server/programs.ts'
import type { SimulatedKit } from './server/simulated-kit.ts'
import type { SimulatedServer } from './server/simulated-server.ts'

/** As long as the real link tries to connect again. */
const PAUSES_MS = [0, 500, 1500, 4000, 8000]

/** How long a request and an answer are under way. */
const WIRE_MS = 1

/** What may be done about an exchange that broke: see `src/hosts/connection.ts`. */
type Repeat = 'reading' | 'resumable' | 'never'

/** A deployer's link to a simulated server: the `Host` that the engine gets in a simulation. */
export class SimulatedHost implements Contract.Host {
  readonly name: string
  readonly #server: SimulatedServer
  readonly #deployer: Deployer
  readonly #exchanges = new Exchanges()
  #kit: SimulatedKit | undefined
  #epoch = 0
  /** It was tried again and again, in vain: from then on once each time. */
  #isGone = false
  /** A session answers one request after another. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(server: SimulatedServer, deployer: Deployer) {
    this.name = server.name
    this.#server = server
    this.#deployer = deployer
  }

  get roundTrips(): number {
    return this.#exchanges.count
  }

  connect(scope: Contract.Scope): Promise<Observed> {
    this.#kit = this.#server.kit(scope)
    return this.#session('connect', 'reading', (kit) => observe(this.#server, kit.state))
  }

  observe(): Promise<Observed> {
    return this.#session('observe', 'reading', (kit) => observe(this.#server, kit.state))
  }

  acquire(request: Contract.LeaseRequest): Promise<Observed> {
    return this.#session('acquire', 'resumable', async (kit) => {
      this.#epoch = await kit.acquire(request)
      return observe(this.#server, kit.state)
    })
  }

  renew(ttlSeconds: number): Promise<void> {
    return this.#beside('renew', 'resumable', (kit) => kit.renew(this.#epoch, ttlSeconds))
  }

  release(): Promise<void> {
    return this.#session('release', 'resumable', (kit) => kit.release(this.#epoch))
  }

  breakLease(): Promise<Lease | undefined> {
    return this.#session('break', 'never', (kit) => kit.break())
  }

  async act(action: Contract.Action): Promise<void> {
    const { title, timeoutSeconds } = action
    const { code, lines } = await this.#session('do', 'resumable', (kit) => {
      return kit.do(this.#epoch, action)
    })
    if (code === CODE.late) {
      throw actionTimedOut({ host: this.name, title, seconds: timeoutSeconds }, { evidence: lines })
    }
    if (code !== 0) throw this.#failed(title, lines)
  }

  async decide(
    wish: 'commit' | 'rollback',
    note: Contract.JournalNote,
  ): Promise<'commit' | 'rollback'> {
    const decide = (kit: SimulatedKit) => kit.decide(this.#epoch, wish, note)
    try {
      return await this.#session('decide', 'resumable', decide)
    } catch (error) {
      const nothingArmed = error instanceof Refusal && error.code === CODE.nothing
      if (!nothingArmed) throw error
      if (wish === 'commit') throw overtaken({ host: this.name })
      return 'rollback'
    }
  }

  async settle(): Promise<void> {
    try {
      await this.#session('settle', 'resumable', (kit) => kit.settle(this.#epoch))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      if (error.code !== CODE.nothing) throw this.#failed('settling', error.lines)
    }
  }

  sample(request: Contract.SampleRequest): Promise<Contract.Sample> {
    return this.#session('sample', 'reading', () => sample(this.#server, request))
  }

  ask(question: Contract.HttpQuestion): Promise<Contract.HttpAnswer> {
    return this.#beside('ask', 'reading', () => answer(this.#server, question))
  }

  imageIds(references: readonly string[]): Promise<Record<string, Contract.ImageFacts | null>> {
    return this.#session('images', 'reading', () => this.#server.docker.factsOf(references))
  }

  composeConfig(parcel: Contract.ComposeParcel): Promise<Contract.RunResult> {
    return this.#session('compose-config', 'reading', () => toyComposeConfig(parcel))
  }

  readonly images: HostImages = {
    pull: (reference) =>
      this.#beside('pull', 'never', () => {
        const image = this.#server.registry.imageOf(reference)
        if (image === undefined) throw imagePullFailed({ host: this.name, image: reference })
        this.#server.docker.addImage(reference, image.facts, image.behaviour)
      }),
    load: async (archive) => {
      const chunks: string[] = []
      for await (const chunk of archive) chunks.push(chunk.toString())
      await this.#beside('load', 'never', () => this.#server.docker.load(chunks.join('')))
    },
    save: () => Promise.reject(new Error('nothing is saved in a simulation')),
    layers: () =>
      Promise.resolve({ chains: new Set<string>(), store: 'classic' as const, pieces: new Map() }),
    pullThrough: () => Promise.reject(new Error('no registry asks for a login in a simulation')),
    pushThrough: () => Promise.reject(new Error('nothing is pushed in a simulation')),
    send: () => Promise.reject(new Error('no layers are sent in a simulation')),
  }

  buildImages(): Promise<void> {
    return Promise.reject(new Error('nothing is built in a simulation'))
  }

  note(note: Contract.JournalNote): Promise<void> {
    return this.#session('note', 'never', (kit) => kit.note(this.#epoch, note))
  }

  journal(lines: number): Promise<Contract.JournalEntry[]> {
    return this.#session('journal', 'reading', ({ state }) => state.journal.slice(-lines))
  }

  writeReceipt(run: string, text: string): Promise<void> {
    return this.#session('put-receipt', 'resumable', ({ state }) => {
      state.receipts.set(run, text)
    })
  }

  readReceipt(run: string): Promise<string | undefined> {
    return this.#session('receipt', 'reading', ({ state }) => state.receipts.get(run))
  }

  writeLog(run: string, text: string): Promise<void> {
    return this.#session('put-log', 'resumable', ({ state }) => {
      state.logs.set(run, text)
    })
  }

  readLog(run: string): Promise<string | undefined> {
    return this.#session('log', 'reading', ({ state }) => state.logs.get(run))
  }

  attach(): Promise<number> {
    return this.#beside('attach', 'never', () => 0)
  }

  run(argv: readonly string[]): Promise<Contract.RunResult> {
    return this.#beside('run', 'reading', () => runProgram(this.#server, argv))
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #session<T>(verb: string, repeat: Repeat, serve: Serve<T>): Promise<T> {
    const mine = this.#turn.then(() => this.#beside(verb, repeat, serve))
    this.#turn = mine.catch(() => undefined)
    return mine
  }

  async #beside<T>(verb: string, repeat: Repeat, serve: Serve<T>): Promise<T> {
    const kit = this.#kit
    if (kit === undefined) throw new Error(`${this.name} is not connected`)
    return this.#exchanges.during(async () => {
      for (const pause of this.#isGone ? PAUSES_MS.slice(0, 1) : PAUSES_MS) {
        await this.#server.clock.sleep(pause)
        const outcome = await this.#exchange(verb, repeat, () => serve(kit))
        this.#isGone &&= 'broken' in outcome
        if ('answer' in outcome) return outcome.answer
        if ('error' in outcome) throw outcome.error
        if (repeat === 'never') break
      }
      const seconds = 14
      this.#isGone ||= repeat !== 'never'
      throw repeat === 'reading'
        ? linkLost({ host: this.name, during: verb })
        : outcomeUnknown({ host: this.name, during: verb, seconds })
    })
  }

  /** One request and its answer, unless something comes between. */
  async #exchange<T>(
    verb: string,
    repeat: Repeat,
    serve: () => T | Promise<T>,
  ): Promise<Outcome<T>> {
    const server = this.#server
    const deployer = this.#deployer
    await deployer.live()
    const fault = deployer.meet(this.name, verb)
    if (fault === 'freeze') deployer.freeze()
    if (fault === 'die-before') deployer.die()
    await deployer.live()
    await server.clock.sleep(WIRE_MS)
    if (fault === 'lose-request' || server.isDown) return BROKEN
    const { outage } = server
    const served = this.#delivered(serve, repeat === 'never' ? undefined : fault)
    const cutMs = Object.entries(CUT_AFTER_MS).find(([name]) => name === fault)?.[1]
    if (cutMs !== undefined) server.clock.after(cutMs, () => server.losePower())
    const outcome = await Promise.race([served, outage.then(() => BROKEN)])
    if (fault === 'die-after') deployer.die()
    await server.clock.sleep(WIRE_MS)
    await deployer.live()
    return fault === 'lose-answer' ? BROKEN : outcome
  }

  /** Once, unless the link gives it to the host a second time. */
  async #delivered<T>(serve: () => T | Promise<T>, fault: Fault | undefined): Promise<Outcome<T>> {
    const { clock } = this.#server
    const outcome = await this.#served(serve)
    if (fault === 'twice') return this.#served(serve)
    if (fault === 'again-later') {
      clock.after(LATER_MS, () => void (this.#server.isDown || this.#served(serve)))
    }
    return outcome
  }

  async #served<T>(serve: () => T | Promise<T>): Promise<Outcome<T>> {
    try {
      return { answer: await serve() }
    } catch (error) {
      return { error: error instanceof Refusal ? (this.#failureOf(error) ?? error) : error }
    }
  }

  #failureOf({ code }: Refusal): Failure | undefined {
    const host = this.name
    if (code === CODE.fenced) return fenced({ host })
    if (code === CODE.overtaken) return overtaken({ host })
    if (code === CODE.unwatched) return watchdogNotAlive({ host })
    return code === CODE.held ? this.#held() : undefined
  }

  #held(): Failure {
    const lease = this.#kit?.state.leaseSeen(this.#server)
    if (lease === undefined) throw new Error('held by nobody')
    const { owner, purpose, run, ageSeconds, secondsLeft } = lease
    const since = formatDuration(ageSeconds * 1000)
    const left = formatDuration(secondsLeft * 1000)
    return leaseHeld({ host: this.name, owner, purpose, run, since, left })
  }

  #failed(title: string, lines: readonly string[]): Failure {
    const instruction = /^failed \d+ (\S+)$/.exec(lines.at(-1) ?? '')?.[1] ?? ''
    const evidence = lines.slice(0, -1)
    const blame = blameFor([instruction], evidence)
    return actionFailed({ host: this.name, title, instruction, blame }, { evidence })
  }
}

type Serve<T> = (kit: SimulatedKit) => T | Promise<T>

type Outcome<T> = { readonly answer: T } | { readonly error: unknown } | { readonly broken: true }

const BROKEN = { broken: true } as const
