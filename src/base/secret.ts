/**
 * Knows the values that must be printed nowhere. Everything that leaves the process as text
 * (terminal, events, journal, errors) passes through `scrub`.
 */
export class Secrets {
  readonly #values = new Set<string>()
  readonly #spared = new Set<string>()
  #pattern: RegExp | undefined

  /** Values shorter than four characters would blank out ordinary text, and hide nothing. */
  add(value: string): void {
    for (const form of [value, JSON.stringify(value).slice(1, -1), ...value.split('\n')]) {
      if (form.length >= 4 && !this.#values.has(form)) {
        this.#values.add(form)
        this.#pattern = undefined
      }
    }
  }

  /** A word that is in the open already, such as a name on a server: hiding it would only confuse. */
  spare(word: string): void {
    this.#spared.add(word)
  }

  scrub(text: string): string {
    if (this.#values.size === 0) return text
    this.#pattern ??= patternOf(this.#values)
    return text.replace(this.#pattern, (found) => (this.#spared.has(found) ? found : '•••'))
  }

  /** A deep copy of plain data with every text scrubbed. */
  scrubData<T>(data: T): T {
    if (this.#values.size === 0) return data
    return JSON.parse(JSON.stringify(data, (_, v) => (typeof v === 'string' ? this.scrub(v) : v)))
  }
}

/** One alternation, longest first, so that a secret which contains another is hidden whole. */
function patternOf(values: Iterable<string>): RegExp {
  const escaped = [...values]
    .sort((a, b) => b.length - a.length)
    .map((value) => value.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  return new RegExp(escaped.join('|'), 'g')
}
