import { byAge, releaseNumber } from '../base/names.ts'
import type { Observed } from '../plan/observed.ts'

/** What a confirmed release lets go of. */
export interface Retention {
  /** Containers and network go; folder and images stay, so that it can be brought up again. */
  readonly fold: readonly string[]
  /** Gone for good. */
  readonly forget: readonly string[]
}

/**
 * Keeps `keep` good releases, the next one included, and what a rollback needs: the serving one is
 * the next one's predecessor, and keeps its containers. Of a release and its restarts, which are
 * the same thing, the last counts. What never proved itself goes first.
 */
export function retention(
  { releases, current }: Observed,
  { keep, next }: { keep: number; next: string },
): Retention {
  const held = current === undefined ? [next] : [next, current]
  const others = releases.filter(({ id }) => !held.includes(id)).sort((a, b) => byAge(b.id, a.id))
  const numbers = new Set(held.map(releaseNumber))
  const kept = others
    .filter(({ mark, id }) => mark === 'good' && isNew(releaseNumber(id), numbers))
    .slice(0, Math.max(0, keep - new Set(held.map(releaseNumber)).size))
  // The newest failure stays for a look, and so that the very same thing is not tried again.
  const newestFailure = others.find(({ mark }) => mark !== 'good')
  const forget = others.filter((each) => !kept.includes(each) && each !== newestFailure)
  return {
    fold: kept.map(({ id }) => id),
    forget: forget.map(({ id }) => id).sort(byAge),
  }
}

function isNew(number: number, seen: Set<number>): boolean {
  const size = seen.size
  return seen.add(number).size > size
}
