import { expect, test } from 'vitest'
import { type BuildTrouble, troubleIn } from './trouble.ts'

/** As buildx 0.13, Compose 2.26 and the classic builder of Docker 20.10 say it. */
const SAID: readonly (readonly [BuildTrouble, string])[] = [
  ['many-platforms', 'Multi-platform build is not supported for the docker driver.'],
  [
    'many-platforms',
    'ERROR: multiple platforms feature is currently not supported for docker driver.',
  ],
  ['many-platforms', 'docker exporter does not currently support exporting manifest lists'],
  ['cache-export', 'Cache export is not supported for the docker driver.'],
  ['cache-export', 'cache export feature is currently not supported for docker driver'],
  ['other-machine', '#5 0.2 exec /bin/sh: exec format error'],
  ['disk', 'write /var/lib/docker/tmp/x: no space left on device'],
  [
    'not-in-commit',
    'COPY failed: file not found in build context or excluded by .dockerignore: stat dist',
  ],
  ['not-in-commit', 'failed to solve: failed to compute cache key: "/dist": not found'],
  ['not-in-commit', 'failed to calculate checksum of ref a::b: "/dist": not found'],
  ['not-in-commit', 'failed to read dockerfile: open Dockerfile: no such file or directory'],
  ['recipe', '#6 0.341 npm ERR! missing script: build'],
]

test.each(SAID)('%s must be seen in %j', (trouble, line) => {
  const lines = ['#1 [internal] load build definition', line, 'the last line']
  expect(troubleIn(lines, { isFromCommit: true })).toBe(trouble)
})

test('a file that is missing in the folder itself must be the recipe’s own mistake', () => {
  const line = 'failed to compute cache key: "/dist": not found'
  expect(troubleIn([line], { isFromCommit: false })).toBe('recipe')
})
