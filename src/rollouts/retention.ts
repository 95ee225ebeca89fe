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
 * the next one's predecessor, and keeps its containers. What never proved itself goes first.
 */
export function retention(
  { releases, current }: Observed,
  { keep, next }: { keep: number; next: string },
): Retention {
  const others = releases.filter(({ id }) => id !== next && id !== current)
  const good = others
    .filter(({ mark }) => mark === 'good')
    .sort((a, b) => numberOf(b.id) - numberOf(a.id))
  // The next and the serving one are kept in any case.
  const kept = good.slice(0, Math.max(0, keep - 2))
  const failed = others.filter(({ mark }) => mark !== 'good')
  // The newest failure stays for a look, and so that the very same thing is not tried again.
  const newestFailure = failed.sort((a, b) => numberOf(b.id) - numberOf(a.id))[0]
  const forget = others.filter((each) => !kept.includes(each) && each !== newestFailure)
  return { fold: kept.map(({ id }) => id), forget: forget.map(({ id }) => id) }
}

function numberOf(release: string): number {
  return Number.parseFloat(release.slice(1))
}
