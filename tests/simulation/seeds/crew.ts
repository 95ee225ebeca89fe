import { type ChildProcess, fork } from 'node:child_process'
import type { Portion, Word } from './worker.ts'

/** Seeds that are given to a worker at once. */
const PORTION = 100
/** A seed takes milliseconds: one that takes longer than this hangs. */
const PATIENCE_MS = 120_000

export interface Shift extends Portion {
  readonly workers: number
  /** The program that calls `work`, and what it is to be called with. */
  readonly program: string
  readonly failed: (seed: number, problems: readonly string[]) => void
  readonly progress: (done: number) => void
}

/** Gives seeds to as many processes as there are hands, and hears what is wrong with any. */
export class Crew {
  readonly #shift: Shift
  #next: number
  #done = 0

  constructor(shift: Shift) {
    this.#shift = shift
    this.#next = shift.from
  }

  async work(): Promise<void> {
    const { seeds, workers } = this.#shift
    const hands = Math.min(workers, Math.ceil(seeds / PORTION))
    await Promise.all(Array.from({ length: hands }, () => this.#hand()))
  }

  /** One worker after another, as one that breaks is replaced. */
  async #hand(): Promise<void> {
    while (this.#next < this.#end) await this.#oneWorker()
  }

  get #end(): number {
    return this.#shift.from + this.#shift.seeds
  }

  /** Until there are no more seeds, or it breaks: then the seed that broke it has failed. */
  #oneWorker(): Promise<void> {
    const worker = fork(this.#shift.program, ['--worker'], {
      execArgv: ['--max-semi-space-size=32'],
    })
    let mine: Portion = { from: 0, seeds: 0 }
    let trying: number | undefined
    let patience = impatient(worker)
    worker.on('message', (said: Word) => {
      clearTimeout(patience)
      patience = impatient(worker)
      if (said.word === 'trying') trying = said.seed
      if (said.word === 'failed') this.#shift.failed(said.seed, said.problems)
      if (said.word !== 'ready') return
      trying = undefined
      this.#finished(mine.seeds)
      mine = this.#take()
      if (mine.seeds > 0) worker.send(mine)
      else worker.disconnect()
    })
    return new Promise((resolve, reject) => {
      worker.once('error', reject)
      worker.once('exit', (code, signal) => {
        clearTimeout(patience)
        if (trying !== undefined) this.#broke(mine, trying, `${code ?? signal}`)
        else if (code !== 0) return reject(new Error(`a worker ended with ${code ?? signal}`))
        resolve()
      })
    })
  }

  #take(): Portion {
    const from = this.#next
    const seeds = Math.min(PORTION, this.#end - from)
    this.#next += seeds
    return { from, seeds }
  }

  #finished(seeds: number): void {
    if (seeds === 0) return
    this.#done += seeds
    this.#shift.progress(this.#done)
  }

  /** What it had not tried yet is lost with it, and said so. */
  #broke({ from, seeds }: Portion, seed: number, how: string): void {
    const left = from + seeds - seed - 1
    const rest = left === 0 ? '' : `; the ${left} seeds after it were not tried`
    this.#shift.failed(seed, [`the process ended (${how}), or hung, while it tried this${rest}`])
    this.#finished(seeds)
  }
}

function impatient(worker: ChildProcess): NodeJS.Timeout {
  return setTimeout(() => worker.kill('SIGKILL'), PATIENCE_MS)
}
