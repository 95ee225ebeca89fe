import type { Event, StampedEvent } from '../../base/event.ts'
import { failedEvent } from '../../base/failed-event.ts'
import { Failure } from '../../base/failure.ts'
import type { Moment } from '../../base/moment.ts'
import type { AppConfig } from '../../config/app-config.ts'
import { type Post, openPost } from '../../notifications/post.ts'
import { momentOf, receiptOf } from '../../notifications/receipts/receipt.ts'
import { type Fleet, anchorOf, closeFleet, hostNamed } from '../fleet.ts'
import { hasCode, messageOf } from '../messages.ts'
import type { Outcome, World } from '../world.ts'
import type { Verdict } from './conclude.ts'
import { type RecordedWorld, recording } from './recording.ts'

/** One execution of an operation, from its first word to its last. */
export interface Run {
  readonly id: string
  readonly world: RecordedWorld
  /** By the clock that only grows. */
  readonly begun: number
  /** Its hosts: from here on they are closed at its end. */
  meet(fleet: Fleet): void
  /** It was agreed to, and begins to act. */
  begin(): void
  /** It holds the lease: from here on it leaves a receipt. */
  hold(): void
}

interface About {
  readonly config: AppConfig
  readonly purpose: string
  readonly dryRun: boolean
}

/** How long the end of a run waits for its messages. */
const PATIENCE_MS = 5_000
/** A person is needed: getting through to one is worth more. */
const CRITICAL_PATIENCE_MS = 15_000

/**
 * Carries out an operation, tells whoever is to be told, and leaves receipt and log on the anchor.
 * None of that can make a good run fail, nor holds it up for long.
 */
export async function oneRun(
  outer: World,
  about: About,
  act: (run: Run) => Promise<Verdict>,
): Promise<Outcome> {
  const story = new Story(outer, about)
  try {
    return await story.end(await act(story).catch((error: unknown) => story.fail(error)))
  } finally {
    await story.close()
  }
}

class Story implements Run {
  readonly id: string
  readonly world: RecordedWorld
  readonly begun: number
  readonly #config: AppConfig
  readonly #isSilent: boolean
  readonly #post: Post
  #fleet: Fleet | undefined
  #isLeased = false
  #isWarned = false

  constructor(outer: World, { config, purpose, dryRun }: About) {
    const world = recording(outer)
    this.world = world
    this.id = world.newRun()
    this.begun = world.clock.monotonic()
    this.#config = config
    this.#isSilent = dryRun
    this.#post = openPost({ ...world, channels: dryRun ? [] : config.notify })
    const { app, environment } = config
    const { id: run } = this
    world.tell({ type: 'run-started', run, purpose, app, environment, owner: world.owner })
  }

  meet(fleet: Fleet): void {
    this.#fleet = fleet
  }

  begin(): void {
    this.#send()
  }

  hold(): void {
    this.#isLeased = true
  }

  async end({ outcome, exit, serving, text }: Verdict): Promise<Outcome> {
    const { id: run, world } = this
    const durationMs = world.clock.monotonic() - this.begun
    const end: Event = { type: 'run-finished', run, outcome, exit, serving, durationMs, text }
    await this.#leave(end)
    world.tell(end)
    return { exit }
  }

  /** Nobody needs to be told that they said no. */
  async fail(error: unknown): Promise<never> {
    if (!hasCode(error, 'DECLINED')) await this.#leave(eventOf(error))
    throw error
  }

  async close(): Promise<void> {
    if (this.#fleet !== undefined) await closeFleet(this.#fleet)
  }

  /** `end`: the event that ends the run, which is told to everybody only after this. */
  async #leave(end: Event): Promise<void> {
    if (this.#isSilent) return
    const moment = this.#send(this.world.stamp(end))
    await this.#post.close(moment === 'critical' ? CRITICAL_PATIENCE_MS : PATIENCE_MS)
    if (!this.#isLeased || this.#fleet === undefined) return
    const last = this.world.stamp(end)
    await keepRecord(this.world, { run: this.id, fleet: this.#fleet, last })
  }

  #send(last?: StampedEvent): Moment {
    if (!this.#isWarned) warnOfOff(this.world, this.#config)
    this.#isWarned = true
    const receipt = receiptOf([...this.world.recorded(), ...(last === undefined ? [] : [last])])
    const moment = momentOf(receipt)
    this.#post.send({ moment, receipt })
    return moment
  }
}

function warnOfOff({ tell }: World, { notify }: AppConfig): void {
  for (const each of notify) {
    if (each.state !== 'off') continue
    const text = `${each.title} is not told of this run: ${each.because}`
    tell({ type: 'warning', code: 'NOTIFY_OFF', text })
  }
}

/** The receipt as events, one a line, and the log for people. */
async function keepRecord(
  world: RecordedWorld,
  { run, fleet, last }: { run: string; fleet: Fleet; last: StampedEvent },
): Promise<void> {
  const anchor = hostNamed(fleet, anchorOf(fleet))
  const lines = [...world.recorded(), last].map((event) => JSON.stringify(event))
  const written = await Promise.allSettled([
    anchor.writeReceipt(run, lines.join('\n')),
    anchor.writeLog(run, world.runLog(last)),
  ])
  for (const each of written) {
    if (each.status === 'fulfilled') continue
    const text = `the record of the run could not be written: ${messageOf(each.reason)}`
    world.tell({ type: 'warning', code: 'RECEIPT_NOT_WRITTEN', text })
  }
}

/** What was thrown, as an event: the command line tells it, and the receipt has it too. */
function eventOf(error: unknown): Event {
  if (error instanceof Failure) return failedEvent(error)
  const message = `Belay itself went wrong: ${messageOf(error)}`
  const hint = 'the output of the run has the lines to report it with'
  return { type: 'failed', code: 'BUG', message, hint, evidence: [], details: {} }
}
