import { expect, it } from 'vitest'
import { DEFAULTS } from '../../src/config/defaults.ts'
import { HANDOVER, OVERLAP } from './shop.ts'
import { serving } from './standing.ts'

/** Over a real network each one is time that nothing else can win back. */
const ROUND_TRIPS_MAX = 10

it.each([OVERLAP, HANDOVER])(
  'takes at most ten round trips from the lease to the commit ($rollout)',
  async (shop) => {
    const fleet = await serving({ ...shop, samples: DEFAULTS.proof.samples })
    const { events, deployer } = await fleet.deploy({ version: 2 })
    const decided = events.find((event) => event.type === 'decided')
    expect(decided).toMatchObject({ decision: 'commit' })
    const told = decided?.roundTrips ?? Number.NaN
    expect(told).toBeLessThanOrEqual(ROUND_TRIPS_MAX)
    // Nothing is left out of the count: all that the session was asked in between is in it.
    const verbs = deployer.exchanges.map(({ verb }) => verb)
    const between = verbs.slice(verbs.indexOf('acquire'), verbs.indexOf('decide') + 1)
    expect(told).toBe(between.filter((verb) => verb !== 'ask').length)
  },
)
