import type { Clock } from '../../src/base/clock.ts'

/** When every simulation begins: 2026-01-01, midnight UTC. */
const BEGIN = Date.UTC(2026, 0, 1)

/** Turns of the event loop without a timer, after which a simulation counts as stuck. */
const IDLE_TURNS_MAX = 200

interface Timer {
  readonly at: number
  readonly wake: () => void
}

/**
 * Time that passes only when everything waits for it. `run` lets work go on until nothing but
 * sleepers are left, jumps to the first of them, and so on: an hour takes as long as its events.
 */
export class VirtualClock implements Clock {
  #passed: number
  #wrongBy = 0
  /** By time, then by age. */
  readonly #timers: Timer[] = []

  /** Begins at a later moment where so much has passed already. */
  constructor(passed = 0) {
    this.#passed = passed
  }

  now(): number {
    return BEGIN + this.#wrongBy + this.#passed
  }

  /** Somebody sets the clock on the wall: no time passes. */
  jump(ms: number): void {
    this.#wrongBy += ms
  }

  monotonic(): number {
    return this.#passed
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener('abort', wake)
        forget()
        resolve()
      }
      const forget = this.after(ms, wake)
      signal?.addEventListener('abort', wake, { once: true })
    })
  }

  /** Calls back once, later. What it returns takes that back. */
  after(ms: number, wake: () => void): () => void {
    const timer = { at: this.#passed + Math.max(0, ms), wake }
    const place = this.#timers.findIndex(({ at }) => at > timer.at)
    this.#timers.splice(place === -1 ? this.#timers.length : place, 0, timer)
    return () => {
      const index = this.#timers.indexOf(timer)
      if (index !== -1) this.#timers.splice(index, 1)
    }
  }

  /** Lets time pass until the work has settled; fails when it waits for more than `limitMs`. */
  async run<T>(work: Promise<T>, limitMs = 3_600_000): Promise<T> {
    const end = this.#passed + limitMs
    let settled = false
    const note = (): void => {
      settled = true
    }
    work.then(note, note)
    for (let idle = 0; ; ) {
      await turn()
      if (settled) return work
      idle = this.#jump(end) ? 0 : idle + 1
      if (idle > IDLE_TURNS_MAX) throw new Error(`stuck after ${this.#passed} ms of virtual time`)
    }
  }

  /** Lets some time pass. */
  async pass(ms: number): Promise<void> {
    await this.run(this.sleep(ms), ms)
  }

  /** Wakes whoever waits for the next moment; false when nobody does until `end`. */
  #jump(end: number): boolean {
    const [first] = this.#timers
    if (first === undefined || first.at > end) return false
    this.#passed = Math.max(this.#passed, first.at)
    this.#timers.shift()
    first.wake()
    return true
  }
}

/** One turn of the event loop: every promise that can go on has gone on. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
