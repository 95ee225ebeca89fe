import type { Release } from '../../plan/release.ts'
import type { Observed } from '../../plan/observed.ts'
import { retention } from '../../rollouts/retention.ts'

/** What can go on one host, and what that frees. */
export interface TidyPlan {
  readonly host: string
  readonly releases: readonly Sized[]
  readonly images: readonly Sized[]
  /** Receipts of runs, and logs, older than thirty days. */
  readonly receipts: Counted
  readonly logs: Counted
  readonly freeBytes: number
  /** At most: images share layers. */
  readonly freesBytes: number
}

export interface Sized {
  readonly name: string
  readonly bytes: number
}

export interface Counted {
  readonly count: number
  readonly bytes: number
}

const KIB = 1024
/** A build on a server comes before the lease: a run that waits may be about to deploy it. */
const BUILT = 'belay/built/'
const FRESH_SECONDS = 3600

/** Reads what `server.sh look` told, beside what was observed. */
export function tidyPlan(observed: Observed, text: string, keep: number): TidyPlan {
  const lines = text.split('\n').map((line) => line.split(' '))
  const of = (word: string) => lines.filter(([key]) => key === word)
  const counted = (word: string): Counted => {
    const [, count = '0', size = '0'] = of(word)[0] ?? []
    return { count: Number(count), bytes: Number(size) * KIB }
  }
  const images = of('image')
    .filter(([, name = '', , tagged]) => {
      return !name.startsWith(BUILT) || observed.facts.clock - Number(tagged) > FRESH_SECONDS
    })
    .map(([, name = '', size]) => ({ name, bytes: Number(size) }))
  const releases = tooMany(observed, keep).map((name) => {
    const size = of('release').find(([, id]) => id === name)?.[2]
    return { name, bytes: Number(size ?? 0) * KIB }
  })
  const [receipts, logs] = [counted('runs'), counted('logs')]
  const all = [...images, ...releases, receipts, logs]
  return {
    host: observed.host,
    releases,
    images,
    receipts,
    logs,
    freeBytes: Number(of('free')[0]?.[1] ?? 0) * KIB,
    freesBytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

/** Beyond `keep`; never the serving one, nor the one that a rollback goes to. */
function tooMany(observed: Observed, keep: number): readonly string[] {
  const { current, previous } = observed
  if (current === undefined) return []
  return retention(observed, { keep, next: current }).forget.filter((id) => id !== previous)
}

/** Where this app's images are, for all that its releases say; those of databases are left alone. */
export function repositoriesOf(releases: readonly { readonly release: Release }[]): string[] {
  const names = releases.flatMap(({ release }) =>
    release.services.flatMap(({ image }) => [image.reference, image.keepTag]),
  )
  const repositories = names
    .filter((name) => !name.startsWith('sha256:'))
    .map((name) => name.replace(/@.*$/, '').replace(/:[^/:]*$/, ''))
  return [...new Set(repositories)].sort()
}

export function isNothing({ releases, images, receipts, logs }: TidyPlan): boolean {
  return releases.length + images.length + receipts.count + logs.count === 0
}
