import { describe, expect, test } from 'vitest'
import { readImageFacts } from './image-facts.ts'
import { readJournal } from './journal.ts'

const image = (config: unknown): unknown => ({
  Id: 'sha256:1',
  Architecture: 'arm64',
  // The second is of our own taking layers out of Docker.
  RepoDigests: ['shop@sha256:2', '127.0.0.1:47350/belay/layers@sha256:3'],
  RootFS: { Layers: ['sha256:a'] },
  Size: 1234,
  Config: config,
})

describe('readImageFacts', () => {
  test('what Docker tells must be kept', () => {
    const config = { User: '1001', Volumes: { '/var/b': {}, '/var/a': {} }, Healthcheck: null }
    expect(readImageFacts(image(config))).toEqual({
      id: 'sha256:1',
      architecture: 'arm64',
      digests: ['shop@sha256:2'],
      layers: ['sha256:a'],
      volumes: ['/var/a', '/var/b'],
      user: '1001',
      sizeBytes: 1234,
    })
  })

  test.each([
    [
      ['CMD', 'curl', '-f', 'x'],
      ['curl', '-f', 'x'],
    ],
    [
      ['CMD-SHELL', 'curl x || exit 1'],
      ['/bin/sh', '-c', 'curl x || exit 1'],
    ],
    [['NONE'], undefined],
    [[], undefined],
  ])('the healthcheck %j must be the command %j', (Test, command) => {
    expect(readImageFacts(image({ Healthcheck: { Test } })).healthCommand).toEqual(command)
  })

  test('an image may have its own shell', () => {
    const config = { Shell: ['/bin/bash', '-ec'], Healthcheck: { Test: ['CMD-SHELL', 'x'] } }
    expect(readImageFacts(image(config)).healthCommand).toEqual(['/bin/bash', '-ec', 'x'])
  })

  test('an image without a configuration must be taken as it is', () => {
    expect(readImageFacts({ Id: 'x', Architecture: 'amd64', Config: null })).toEqual({
      id: 'x',
      architecture: 'amd64',
      digests: [],
      layers: [],
      volumes: [],
      user: '',
      sizeBytes: 0,
    })
  })
})

describe('readJournal', () => {
  test('entries must come in order, and what cannot be read be left out', () => {
    const entries = readJournal([
      '1 7 boot 100 1767225600 0123456789abcdef {"type":"started","run":"x y"}',
      'rubbish',
      '2 7 boot 101 1767225601 0123456789abcdef {"type":"torn',
      '3 7 boot 101 1767225601 0123456789abcdef {"no":"type"}',
      '4 8 boot 102 1767225602 0123456789abcdef {"type":"ended"}',
    ])
    expect(entries).toEqual([
      { sequence: 1, epoch: 7, at: 1767225600, note: { type: 'started', run: 'x y' } },
      { sequence: 4, epoch: 8, at: 1767225602, note: { type: 'ended' } },
    ])
  })
})
