import { expect, test } from 'vitest'
import { releaseOf } from '../../../tests/support/releases.ts'
import { compareReleases, type KeptFiles } from './compare-releases.ts'
import type { ComposeService } from '../compose-model.ts'

function kept(id: string, over: ComposeService = {}, more: Partial<KeptFiles> = {}): KeptFiles {
  const release = releaseOf(id)
  const [service] = release.services
  const key = service?.key ?? ''
  const definition = {
    image: 'sha256:1',
    container_name: `${release.project}-${service?.name}-1`,
    labels: { 'belay.release': id },
    environment: { MODE: 'x', KEY: 'secret-1' },
    ...over,
  }
  return {
    release,
    compose: { name: release.project, services: { [key]: definition } },
    base: { services: { db: { image: 'postgres:17' } } },
    files: { 'files/a.conf': 'one' },
    ...more,
  }
}

const digest = (value: string) => `<${value.length}>`

test('releases that differ in their number alone must be the same', () => {
  expect(compareReleases(kept('r41'), kept('r42'), digest)).toEqual({
    images: [],
    values: [],
    compose: [],
    files: [],
  })
})

test('what changed, came or went must be told, values only as hashes', () => {
  const before = kept('r41', { mem_limit: '1g', command: ['a'] })
  const after = kept(
    'r42',
    { environment: { KEY: 'secret-22', NEW: 'n' }, command: ['b'], cpus: 2 },
    {
      base: { services: { db: { image: 'postgres:18', environment: { A: 'b' } } } },
      files: { 'files/a.conf': 'two', 'files/sub/b.conf': 'x' },
    },
  )
  const { name } = after.release.services[0]!
  const found = compareReleases(before, after, digest)
  expect(found).toEqual({
    images: [{ service: 'db', difference: 'changed', from: 'postgres:17', to: 'postgres:18' }],
    values: [
      { service: 'db', name: 'A', difference: 'added', from: null, to: '<1>' },
      { service: name, name: 'KEY', difference: 'changed', from: '<8>', to: '<9>' },
      { service: name, name: 'MODE', difference: 'removed', from: '<1>', to: null },
      { service: name, name: 'NEW', difference: 'added', from: null, to: '<1>' },
    ],
    compose: [
      { place: `${name}.command`, difference: 'changed' },
      { place: `${name}.cpus`, difference: 'added' },
      { place: `${name}.mem_limit`, difference: 'removed' },
    ],
    files: [
      { place: 'a.conf', difference: 'changed' },
      { place: 'sub/b.conf', difference: 'added' },
    ],
  })
  expect(JSON.stringify(found)).not.toContain('secret')
})
