import type { Lease, Observed } from '../plan/observed.ts'
import { Asker } from './asking/asker.ts'
import { Connection, type Patience, type Repeat } from './connection.ts'
import { linkLost, overtaken } from './failures.ts'
import type {
  Action,
  ComposeParcel,
  Host,
  HostBuild,
  HttpAnswer,
  HttpQuestion,
  ImageFacts,
  JournalEntry,
  JournalNote,
  LeaseRequest,
  OnProgress,
  RunResult,
  Sample,
  SampleRequest,
  Scope,
} from './host.ts'
import { CODE, failureOfAction, isBusyWith, mustBeDone } from './kit-codes.ts'
import type { Link } from './links/link.ts'
import type { Reply, Request } from './links/session.ts'
import { Programs } from './programs.ts'
import { hostImages } from './shipping/host-images.ts'
import type { HostImages } from './shipping/images.ts'
import { doRequest } from './wire/action.ts'
import { composeConfigPayload, readComposeConfig } from './wire/compose-config.ts'
import { readDoor } from './wire/door.ts'
import { readImages } from './wire/image-facts.ts'
import { readJournal } from './wire/journal.ts'
import { readLease } from './wire/lease.ts'
import { readObserved } from './wire/observed.ts'
import { longestOf, readSample, samplePayload } from './wire/sample.ts'
import { linesOf, readSections, textOf } from './wire/sections.ts'

export interface HostOptions {
  readonly name: string
  readonly link: Link
  /** Whether bytes are dear between here and there. */
  readonly isFar: boolean
  readonly patience?: Patience
}

/** The kit waits up to a minute for its lock; what it does under it is quick. */
const QUICK_MS = 90_000
/** Each instruction of the lists has a limit of its own on the host. */
const SETTLE_MS = 20 * 60_000
/** How long an earlier request of ours may go on after its link broke. */
const BUSY_TRIES = 20

/** A host on the other end of a link, worked through the kit's session. */
export class RemoteHost implements Host {
  readonly name: string
  readonly images: HostImages
  readonly #link: Link
  readonly #connection: Connection
  readonly #asker: Asker
  readonly #programs: Programs
  #scope: Scope = { app: '', environment: '' }
  #signal: AbortSignal | undefined
  #kit = ''
  #state = ''
  #epoch = 0

  constructor({ name, link, isFar, patience }: HostOptions) {
    this.name = name
    this.#link = link
    this.#connection = new Connection(name, link, patience)
    const programs = new Programs({ name, link, isFar })
    this.#programs = programs
    this.#asker = new Asker(link, programs)
    this.images = hostImages(programs, {
      beside: (work) => this.#beside(work),
      folder: () => `${this.#state}/layers`,
      signal: () => this.#signal,
    })
  }

  get roundTrips(): number {
    return this.#connection.exchanges.count
  }

  async connect(scope: Scope, signal?: AbortSignal): Promise<Observed> {
    this.#scope = scope
    this.#signal = signal
    const observed = await this.#opened(scope, signal)
    const { stateRoot, kit } = observed.facts
    this.#kit = `${stateRoot}/kit/${kit}/kit.sh`
    this.#state = `${stateRoot}/${scope.app}/${scope.environment}`
    this.#asker.warmUp()
    return observed
  }

  /** A host that cannot be worked with is left at once. */
  async #opened(scope: Scope, signal: AbortSignal | undefined): Promise<Observed> {
    const reply = await this.#connection.open(scope, signal)
    try {
      return this.#observed(reply)
    } catch (error) {
      await this.close()
      throw error
    }
  }

  async observe(): Promise<Observed> {
    return this.#observed(await this.#ask('observe', [], 'reading'))
  }

  /** Asked again by the same run, the kit gives the same epoch: so this is resumable too. */
  async acquire({ owner, purpose, run, ttlSeconds, steal }: LeaseRequest): Promise<Observed> {
    const payload = textOf([owner, purpose].map((text) => text.replaceAll(/\s+/g, ' ')))
    const words = [String(ttlSeconds), run, ...(steal ? [`steal=${steal.join(',')}`] : [])]
    const observed = this.#observed(await this.#ask('acquire', words, 'resumable', { payload }))
    this.#epoch = observed.epoch
    return observed
  }

  /** Beside an action over a channel of its own: it waits for neither that nor a link made anew. */
  async renew(ttlSeconds: number): Promise<void> {
    const words = [String(this.#epoch), String(ttlSeconds)]
    const reply = this.#connection.isBusy
      ? await this.#once('renew', words)
      : await this.#ask('renew', words, 'reading')
    if (reply === undefined) throw linkLost({ host: this.name, during: 'renew' })
    this.#checked(reply)
  }

  async release(): Promise<void> {
    if (this.#epoch === 0) return
    this.#checked(await this.#ask('release', [String(this.#epoch)], 'reading'))
    this.#epoch = 0
  }

  async breakLease(): Promise<Lease | undefined> {
    const reply = this.#checked(await this.#ask('break', [], 'never'))
    return readLease(linesOf(readSections(reply.lines), 'lease'))
  }

  async act(action: Action): Promise<void> {
    const { words, payload } = doRequest(action, this.#epoch)
    const cancel = (): void => void this.#once('cancel', [String(this.#epoch)])
    this.#signal?.addEventListener('abort', cancel)
    try {
      const reply = await this.#untilFree('do', words, {
        payload,
        // An earlier try of the same may have to end first.
        timeoutMs: (2 * action.timeoutSeconds + 60) * 1000,
        ...(action.onProgress === undefined ? {} : { onProgress: action.onProgress }),
      })
      this.#checkAction(reply, action.title, action.timeoutSeconds)
    } finally {
      this.#signal?.removeEventListener('abort', cancel)
    }
  }

  async decide(wish: 'commit' | 'rollback', note: JournalNote): Promise<'commit' | 'rollback'> {
    const words = [String(this.#epoch), wish]
    const payload = textOf([JSON.stringify(note)])
    const reply = await this.#untilFree('decide', words, { payload })
    // What was never armed cannot be kept; leaving it is all that there is.
    if (reply.code === CODE.nothingThere) {
      if (wish === 'rollback') return wish
      throw overtaken({ host: this.name })
    }
    const { lines } = this.#checked(reply)
    const stands = lines.at(-1)
    if (stands === 'commit' || stands === 'rollback') return stands
    throw new Error(`${this.name} decided ${JSON.stringify(stands)}`)
  }

  async settle(onProgress?: OnProgress): Promise<void> {
    const reply = await this.#untilFree('settle', [String(this.#epoch)], {
      timeoutMs: SETTLE_MS,
      ...(onProgress === undefined ? {} : { onProgress }),
    })
    if (reply.code === CODE.nothingThere) return
    this.#checkAction(reply, 'carrying out the decision', SETTLE_MS / 1000)
  }

  async sample(request: SampleRequest): Promise<Sample> {
    const timeoutMs = 30_000 + longestOf(request) * 1000
    const payload = samplePayload(request)
    const reply = await this.#ask('sample', [], 'reading', { payload, timeoutMs })
    return readSample(this.#checked(reply).lines)
  }

  async ask(question: HttpQuestion): Promise<HttpAnswer> {
    await this.#connection.ensure()
    // A proxy that was started since: only the host knows its ports.
    if (question.through.kind === 'front-door' && !this.#asker.knowsDoor) await this.observe()
    return this.#connection.exchanges.during(() => this.#asker.ask(question))
  }

  async imageIds(references: readonly string[]): Promise<Record<string, ImageFacts | null>> {
    if (references.length === 0) return {}
    const payload = textOf(references)
    const { lines } = this.#checked(await this.#ask('images', [], 'reading', { payload }))
    return readImages(references, lines)
  }

  async composeConfig(parcel: ComposeParcel): Promise<RunResult> {
    const payload = composeConfigPayload(parcel)
    const reply = await this.#ask('compose-config', [], 'reading', { payload })
    return readComposeConfig(this.#checked(reply).lines)
  }

  buildImages(build: HostBuild): Promise<void> {
    return this.#beside(() => this.#programs.buildImages(build))
  }

  async note(note: JournalNote): Promise<void> {
    const payload = textOf([JSON.stringify(note)])
    this.#checked(await this.#ask('note', [String(this.#epoch)], 'reading', { payload }))
  }

  async journal(lines: number): Promise<JournalEntry[]> {
    return readJournal(this.#checked(await this.#ask('journal', [String(lines)], 'reading')).lines)
  }

  readonly writeReceipt = (run: string, text: string) => this.#store('put-receipt', run, text)
  readonly readReceipt = (run: string) => this.#stored('receipt', run)
  readonly writeLog = (run: string, text: string) => this.#store('put-log', run, text)
  readonly readLog = (run: string) => this.#stored('log', run)

  async #store(verb: string, run: string, text: string): Promise<void> {
    this.#checked(await this.#ask(verb, [run], 'reading', { payload: textOf([text]) }))
  }

  async #stored(verb: 'receipt' | 'log', run: string): Promise<string | undefined> {
    const reply = await this.#ask(verb, [run], 'reading')
    if (reply.code === CODE.nothingThere) return undefined
    return this.#checked(reply).lines.join('\n')
  }

  attach(argv: readonly string[], options: { tty: boolean }): Promise<number> {
    return this.#beside(() => this.#programs.attach(argv, options))
  }

  run(argv: readonly string[], input?: Uint8Array): Promise<RunResult> {
    return this.#beside(() => this.#programs.run(argv, input))
  }

  async close(): Promise<void> {
    this.#asker.close()
    await this.#connection.close()
  }

  #ask(
    verb: string,
    words: readonly string[],
    ...[repeat, more]: [Repeat, Partial<Request>?]
  ): Promise<Reply> {
    return this.#connection.request({ timeoutMs: QUICK_MS, ...more, verb, words }, repeat)
  }

  /** After a broken link, an earlier request of ours may still be under way: its end is awaited. */
  async #untilFree(verb: string, words: readonly string[], more: Partial<Request>): Promise<Reply> {
    for (let tries = 1; ; tries++) {
      const reply = await this.#ask(verb, words, 'resumable', more)
      if (tries === BUSY_TRIES || !isBusyWith(reply, this.#epoch)) return reply
    }
  }

  /** A verb over a second channel; undefined when there is none to be had. */
  async #once(verb: string, words: readonly string[]): Promise<Reply | undefined> {
    const { app, environment } = this.#scope
    const argv = ['sh', this.#kit, 'once', app, environment, verb, ...words]
    const { code, stdout } = await this.#link.run(argv, { timeoutMs: 30_000 })
    const isKits = code === CODE.done || (code >= 70 && code <= 81)
    return isKits ? { code, lines: stdout.split('\n') } : undefined
  }

  async #beside<T>(work: () => Promise<T>): Promise<T> {
    await this.#connection.ensure()
    return this.#connection.exchanges.during(work)
  }

  #observed(reply: Reply): Observed {
    const { lines } = this.#checked(reply)
    const observed = readObserved(this.name, lines)
    const { stateRoot, user } = observed.facts
    this.#programs.meet(user)
    this.#asker.meet(stateRoot, observed.proxy.running ? readDoor(lines) : undefined)
    return observed
  }

  #checked(reply: Reply): Reply {
    return mustBeDone(this.name, reply)
  }

  #checkAction(reply: Reply, title: string, seconds: number): void {
    const failure = failureOfAction({ host: this.name, title, seconds }, reply)
    if (failure !== undefined) throw failure
    this.#checked(reply)
  }
}
