/** One line of the result: what is promised, and what was measured. */
export type Figure = {
  readonly what: string
  readonly target: string
  readonly measured: string
  readonly isReached: boolean
  /** What the line means, for the page that is kept. */
  readonly meaning: string
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const high = sorted[Math.floor(middle)]
  if (high === undefined) throw new Error('nothing was measured')
  const low = Number.isInteger(middle) ? (sorted[middle - 1] ?? high) : high
  return (low + high) / 2
}

/** `1.42 s`, and from where to where the runs went. */
export function seconds(values: readonly number[]): string {
  return `${inSeconds(median(values))} s (${spread(values)})`
}

export function spread(values: readonly number[]): string {
  return `${inSeconds(Math.min(...values))}–${inSeconds(Math.max(...values))}`
}

export function inSeconds(ms: number): string {
  return (ms / 1000).toFixed(2)
}

/** A duration that must not be longer than so many seconds. */
export function limitFigure(
  values: readonly number[],
  about: { readonly what: string; readonly limitMs: number; readonly meaning: string },
): Figure {
  const { what, limitMs, meaning } = about
  return {
    what,
    meaning,
    target: `≤ ${inSeconds(limitMs)} s`,
    measured: seconds(values),
    isReached: median(values) <= limitMs,
  }
}

export function tableOf(figures: readonly Figure[]): string {
  const head = ['', 'target', 'measured', '']
  const lines = figures.map((it) => [it.what, it.target, it.measured, verdictOf(it)])
  const widths = head.map((_, at) =>
    Math.max(...[head, ...lines].map((line) => (line[at] ?? '').length)),
  )
  return [head, ...lines]
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .join('\n')
}

export function verdictOf({ isReached }: Figure): string {
  return isReached ? 'reached' : 'missed'
}
