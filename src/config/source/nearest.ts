/** The known word that was probably meant, or undefined when none is close enough. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: { word: string; distance: number } | undefined
  for (const candidate of known) {
    const distance = distanceBetween(word, candidate)
    if (distance !== undefined && (best === undefined || distance < best.distance)) {
      best = { word: candidate, distance }
    }
  }
  return best?.word
}

/** `; did you mean "health"?`, or nothing. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const found = nearest(word, known)
  return found === undefined ? '' : `; did you mean ${JSON.stringify(found)}?`
}

/** How far apart two words are; undefined when no reader would take one for the other. */
function distanceBetween(typed: string, known: string): number | undefined {
  const a = plain(typed)
  const b = plain(known)
  // `healthcheck` for `health`, `smokes` for `smoke`: one begins with the other.
  const [short, long] = a.length < b.length ? [a, b] : [b, a]
  if (short.length >= 3 && long.startsWith(short)) return 0.5 + (long.length - short.length) / 100
  const limit = Math.max(1, Math.floor(Math.max(a.length, b.length) / 3))
  if (a.length > 60 || Math.abs(a.length - b.length) > limit) return undefined
  const distance = edits(a, b)
  return distance <= limit ? distance : undefined
}

/** `startTimeout`, `start_timeout` and `Start-Timeout` are all slips for `start-timeout`. */
function plain(word: string): string {
  return word.replaceAll(/[-_ ]/g, '').toLowerCase()
}

/** Insertions, deletions, replacements and swaps of neighbours that lead from one to the other. */
function edits(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      let cost = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
      )
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, at(beforeLast, column - 2) + 1)
      }
      current.push(cost)
    }
    beforeLast = last
    last = current
  }
  return at(last, b.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY
}
