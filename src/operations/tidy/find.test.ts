import { expect, test } from 'vitest'
import { observedOf, releaseOf } from '../../../tests/support/releases.ts'
import type { KeptRelease, Observed } from '../../plan/observed.ts'
import { isNothing, repositoriesOf, tidyPlan } from './find.ts'

const ids = ['r1', 'r2', 'r3', 'r4']
const kept = ids.map((id): KeptRelease => ({ id, mark: 'good', release: releaseOf(id) }))
const observed: Observed = {
  ...observedOf('a', releaseOf('r4')),
  current: 'r4',
  previous: 'r1',
  releases: kept,
}
const SAID = `image acme/page:v1 2097152 -62135596800
image sha256:abc 1024 5
image belay/built/web:build-1 10 ${observed.facts.clock - 60}
image belay/built/web:build-0 20 ${observed.facts.clock - 7200}
runs 3 12
release r2 40
release r3 8
free 1000
`

test('what serves, and what a rollback goes to, must never be among what can go', () => {
  const names = (keep: number) => tidyPlan(observed, '', keep).releases.map(({ name }) => name)
  expect(names(2)).toEqual(['r2'])
  expect(names(3)).toEqual([])
  expect(names(5)).toEqual([])
})

test('each thing must be told with its size, and all that it frees', () => {
  const plan = tidyPlan(observed, SAID, 2)
  expect(plan).toEqual({
    host: 'a',
    releases: [{ name: 'r2', bytes: 40 * 1024 }],
    images: [
      { name: 'acme/page:v1', bytes: 2_097_152 },
      { name: 'sha256:abc', bytes: 1024 },
      { name: 'belay/built/web:build-0', bytes: 20 },
    ],
    receipts: { count: 3, bytes: 12 * 1024 },
    logs: { count: 0, bytes: 0 },
    freeBytes: 1_024_000,
    freesBytes: 40 * 1024 + 2_097_152 + 1024 + 20 + 12 * 1024,
  })
  expect(isNothing(plan)).toBe(false)
  expect(isNothing(tidyPlan(observed, 'free 5\n', 5))).toBe(true)
})

test('only repositories of the services of the app must be looked through', () => {
  const [service] = releaseOf('r1').services
  const releaseWith = (reference: string) => ({
    release: {
      ...releaseOf('r1'),
      services: [
        { ...service!, image: { ...service!.image, reference, keepTag: 'belay/a-b/web:r1' } },
      ],
    },
  })
  const found = repositoriesOf(
    ['registry:5000/a/b:v1', 'registry:5000/c', 'shop@sha256:1', 'sha256:22'].map(releaseWith),
  )
  expect(found).toEqual(['belay/a-b/web', 'registry:5000/a/b', 'registry:5000/c', 'shop'])
})
