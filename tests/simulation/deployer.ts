import { type Exchange, type FaultPlan, FREEZE_MS, NO_FAULTS } from './faults.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** One process of Belay: what it asks of its hosts passes through here, and it can die. */
export class Deployer {
  readonly clock: VirtualClock
  /** Resolves when the process dies: nothing it awaits ever goes on after that. */
  readonly died: Promise<void>
  readonly exchanges: Exchange[] = []
  isDead = false
  readonly #plan: FaultPlan
  #die: () => void = () => undefined
  #frozenUntil = 0

  constructor(clock: VirtualClock, plan: FaultPlan = NO_FAULTS) {
    this.clock = clock
    this.#plan = plan
    this.died = new Promise((resolve) => {
      this.#die = resolve
    })
  }

  die(): void {
    this.isDead = true
    this.#die()
  }

  /** Counts an exchange; says what is to go wrong with it. */
  meet(host: string, verb: string): ReturnType<FaultPlan> {
    const exchange = { number: this.exchanges.length + 1, host, verb }
    this.exchanges.push(exchange)
    return this.#plan(exchange)
  }

  freeze(): void {
    this.#frozenUntil = this.clock.monotonic() + FREEZE_MS
  }

  /** Goes on while the process lives; a dead one waits for ever, a frozen one until it thaws. */
  async live(): Promise<void> {
    const left = this.#frozenUntil - this.clock.monotonic()
    if (left > 0) await this.clock.sleep(left)
    if (this.isDead) await new Promise(() => undefined)
  }
}
