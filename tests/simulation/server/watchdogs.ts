import type { SimulatedKit } from './simulated-kit.ts'
import type { VirtualClock } from '../virtual-clock.ts'

const LOOK_MS = 1000

interface Surroundings {
  readonly clock: VirtualClock
  readonly boot: number
  readonly isDown: boolean
  watchdogRuns(): boolean
}

/**
 * The two watchdogs of a server: a process for each armed run, which a reboot ends, and the
 * container beside the proxy, which survives it but can only rename files.
 */
export class Watchdogs {
  /** Set to false, no process comes alive. */
  canStart = true
  /** Set to true, processes die, as by `kill -9` or by logging out. */
  processesDie = false
  readonly #at: Surroundings
  #killed = 0
  /** The boot in which the container looks after an app. */
  readonly #watched = new Map<SimulatedKit, number>()

  constructor(at: Surroundings) {
    this.#at = at
  }

  /** `kill -9` of the processes that there are now. */
  kill(): void {
    this.#killed += 1
  }

  /** Watches over what was just armed. */
  arm(kit: SimulatedKit): void {
    const { boot } = this.#at
    const killed = this.#killed
    const epoch = kit.state.deciding?.armed.epoch
    const isOver = (): boolean =>
      this.processesDie ||
      this.#killed !== killed ||
      this.#at.boot !== boot ||
      kit.state.deciding?.settled !== false ||
      kit.state.deciding.armed.epoch !== epoch
    this.#each(isOver, () => kit.takeOver('docker'))
    this.wake(kit)
  }

  /** The container looks as long as there is something to look at. */
  wake(kit: SimulatedKit): void {
    const { boot } = this.#at
    if (this.#watched.get(kit) === boot) return
    this.#watched.set(kit, boot)
    let hasTurned = false
    const isOver = (): boolean =>
      hasTurned || this.#at.boot !== boot || kit.state.deciding?.settled !== false
    const end = (): void => {
      if (this.#watched.get(kit) === boot) this.#watched.delete(kit)
    }
    const look = async (): Promise<void> => {
      if (!this.#at.watchdogRuns()) return
      await kit.takeOver('files')
      hasTurned = kit.state.deciding?.state !== 'pending'
    }
    this.#each(isOver, look, end)
  }

  #each(isOver: () => boolean, look: () => Promise<void>, end: () => void = () => undefined): void {
    this.#at.clock.after(LOOK_MS, () => {
      if (isOver()) return end()
      const again = (): void => this.#each(isOver, look, end)
      if (this.#at.isDown) return again()
      void look().then(again)
    })
  }
}
