import { expect, test } from 'vitest'
import type { RegistryConfig } from '../../config/pipeline/registries/registry.ts'
import type { Draft } from '../draft/draft.ts'
import { pushTargets } from './targets.ts'

const built = (service: string, over: object = {}) => ({
  service,
  reference: `belay/shop/${service}:build-1`,
  build: {
    contexts: new Map([['.', { hash: '1', dirty: [], from: { kind: 'commit' }, ...over }]]),
  },
})
const draftOf = (...images: readonly object[]) =>
  ({ images, source: { commit: { id: '1a2b3c4d5e6f' } } }) as unknown as Draft
const through = (repository?: string): RegistryConfig[] => [
  { server: 'r.io', timeoutMs: 1, ...(repository === undefined ? {} : { repository }) },
]
const namesOf = (draft: Draft, registries: readonly RegistryConfig[]) =>
  [...pushTargets(draft, registries).values()].map(({ target }) => target)

test('a built image must be called by the commit; several in one repository by their service too', () => {
  const pulled = { service: 'cache', reference: 'redis:7', build: undefined }
  expect(namesOf(draftOf(built('web'), pulled), through('acme/shop'))).toEqual([
    'r.io/acme/shop:1a2b3c4',
  ])
  const both = draftOf(built('web'), built('Worker'))
  expect(namesOf(both, through('acme/shop'))).toEqual([
    'r.io/acme/shop:web-1a2b3c4',
    'r.io/acme/shop:worker-1a2b3c4',
  ])
  expect(namesOf(both, through('acme/{service}'))).toEqual([
    'r.io/acme/web:1a2b3c4',
    'r.io/acme/worker:1a2b3c4',
  ])
})

test('what is not of the commit must not be called by it; without a repository nothing is pushed', () => {
  const dirty = draftOf(built('web', { dirty: ['a'] }))
  expect(namesOf(dirty, through('shop'))).toEqual(['r.io/shop:build-1'])
  expect(namesOf(dirty, through())).toEqual([])
})
