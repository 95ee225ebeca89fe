import { describe, expect, it } from 'vitest'
import type { Flaw } from '../server/flaws.ts'
import { troubledTimes } from './troubled-times.ts'

/** Each is found by one of the first seeds, in one of these words. */
const FLAWS: readonly (readonly [Flaw, RegExp])[] = [
  ['no fence', /of epoch \d+ after one of|clients got no answer|runs twice/],
  ['no guard', /with nothing armed|is not as it was|clients got no answer/],
  ['armed late', /with nothing armed/],
  ['decision not durable', /was decided commit, and then rollback/],
  ['decided twice', /nothing on the host says so/],
  ['no drain', /ms after its last request/],
  ['wall clock', /the last deployment ended 3: LEASE_HELD/],
  ['no watchdog', /nobody ended the run/],
  ['no way back', /is not as it was|clients got no answer/],
  ['no intent', /nothing on the host says so/],
  ['no scrubbing', /a run told a secret/],
]
/** Ten times as many as the rarest of them takes. */
const SEEDS_MAX = 1000

describe('a test of the tests: seeds find out', () => {
  it.each(FLAWS)('a fleet that has the flaw "%s"', { timeout: 300_000 }, async (flaw, expected) => {
    const found: string[] = []
    for (let seed = 1; seed <= SEEDS_MAX && found.length === 0; seed += 1) {
      found.push(...(await troubledTimes(seed, flaw)))
    }
    expect(found.join('\n')).toMatch(expected)
  })
})
