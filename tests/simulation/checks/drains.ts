import type { Instruction } from '../../../src/plan/instruction.ts'
import { DRAIN_MS } from '../server/instructions.ts'

/** Remembers who got requests until when, as those must end before it is stopped. */
export class Drains {
  #takers: ReadonlySet<string> = new Set()
  readonly #left = new Map<string, number>()

  /** Who gets requests from now on. */
  given(takers: ReadonlySet<string>, now: number): void {
    for (const name of this.#takers) if (!takers.has(name)) this.#left.set(name, now)
    this.#takers = takers
  }

  /** What is wrong with an instruction that stops containers now. */
  problemsWith(instruction: Instruction, now: number): string[] {
    if (instruction.do !== 'stop') return []
    return instruction.containers.flatMap((name) => {
      const left = this.#left.get(name)
      const isDrained = left === undefined || now - left >= DRAIN_MS
      return isDrained ? [] : [`${name} was stopped ${now - left} ms after its last request`]
    })
  }
}
