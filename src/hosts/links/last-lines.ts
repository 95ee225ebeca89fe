import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

const LINES_MAX = 100
const LINE_MAX = 500

/** The last lines that a program wrote to a stream. */
export class LastLines {
  #lines: string[] = []

  constructor(stream: Readable) {
    const reader = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })
    reader.on('line', (line) => {
      this.#lines = [...this.#lines, line.trimEnd().slice(0, LINE_MAX)].slice(-LINES_MAX)
    })
  }

  get lines(): readonly string[] {
    return this.#lines
  }

  /** Removes the first line that fits, and returns it. */
  take(pattern: RegExp): string | undefined {
    const at = this.#lines.findIndex((line) => pattern.test(line))
    return at === -1 ? undefined : this.#lines.splice(at, 1)[0]
  }
}
