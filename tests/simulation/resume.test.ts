import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type Fault, nthExchange } from './faults.ts'
import { ALONE, OVERLAP, ROLLOUTS, type Shop, TOGETHER } from './shop.ts'
import type { SimulatedFleet } from './simulated-fleet.ts'
import { serving } from './standing.ts'
import { endsOf, nextWorks, type Snapshots, sweep } from './sweep.ts'

/** Long enough for a lease to lapse, and for a watchdog to act on it. */
const LAPSE_MS = 90_000

const TWO = { ...OVERLAP, hosts: ['one', 'two'], samples: 1 }

const NOW = { version: 2, operation: 'resume', request: { steal: true } } as const

/** A fleet as a whole stands where it did, or where it was to get to: never in between. */
function standsOnOneEnd(ends: readonly Snapshots[], fleet: SimulatedFleet): string[] {
  const after = fleet.snapshot()
  if (ends.some((end) => isDeepStrictEqual(end, after))) return []
  return [`stands on neither end: ${JSON.stringify(after)}`]
}

async function resumed(fleet: SimulatedFleet, ends: readonly Snapshots[]): Promise<string[]> {
  const { exit, codes } = await fleet.deploy(NOW)
  const ended = exit === 0 ? [] : [`resume ended ${exit}, ${codes.join()}`]
  return [...ended, ...standsOnOneEnd(ends, fleet)]
}

describe.each([...ALONE, ...TOGETHER])('$rollout on $hosts', (shop) => {
  it.each(['die-before', 'die-after'] as const)(
    'resume ends on one of the two worlds, whichever exchange the deployer dies at (%s)',
    async (fault) => {
      const ends = await endsOf(shop)
      const { exchanges, problems } = await sweep(shop, fault, async ({ fleet }) => [
        ...(await resumed(fleet, ends)),
        ...(await nextWorks(fleet)),
      ])
      expect(problems).toEqual([])
      expect(exchanges).toBeGreaterThan(10)
    },
  )

  it('resume ends on one of the two worlds once the watchdogs have acted', async () => {
    const ends = await endsOf(shop)
    const { problems } = await sweep(shop, 'die-after', async ({ fleet }) => {
      await fleet.clock.pass(LAPSE_MS)
      return resumed(fleet, ends)
    })
    expect(problems).toEqual([])
  })
})

/** The anchor has committed, and the other host has not heard of it. */
async function split(shop: Partial<Shop>, fault: Fault): Promise<SimulatedFleet> {
  const fleet = await serving(shop)
  let decided = false
  const faults = ({ host, verb }: { host: string; verb: string }): Fault | undefined => {
    if (verb !== 'decide' || host !== 'one' || decided) return undefined
    decided = true
    return fault
  }
  expect((await fleet.deploy({ version: 2, faults })).exit).toBe('died')
  return fleet
}

describe('a host that missed the commit of the others', () => {
  it.each(ROLLOUTS)('follows it, though its watchdog went back ($rollout)', async (rollout) => {
    const shop = { ...TWO, ...rollout }
    const [, confirmed] = await endsOf(shop)
    const fleet = await split(shop, 'die-after')
    await fleet.clock.pass(LAPSE_MS)
    expect(fleet.snapshot()['two']?.current).toBe('r1')
    const end = await fleet.deploy(NOW)
    expect(end.exit).toBe(0)
    expect(end.events.at(-1)).toMatchObject({
      outcome: 'confirmed',
      serving: 'r2',
      text: 'two followed the others: r2 serves, and passes its checks',
    })
    expect(fleet.snapshot()).toEqual(confirmed)
    expect(fleet.checker.complaints).toEqual([])
  })

  it('goes back to what it served when it cannot follow, and that is said', async () => {
    const fleet = await split(TWO, 'die-after')
    await fleet.clock.pass(LAPSE_MS)
    const before = fleet.snapshot()
    const [, two] = fleet.servers
    two!.sabotage = (instruction, when) =>
      when === 'action' && instruction.do === 'up' ? 'no luck' : undefined
    const end = await fleet.deploy(NOW)
    expect([end.exit, end.codes]).toEqual([5, ['ACTION_FAILED', 'STILL_SPLIT']])
    expect(fleet.snapshot()).toEqual(before)
    expect(fleet.checker.complaints).toEqual([])
  })

  it('does not run a job again there, as it ran before the others were told', async () => {
    const fleet = await split({ ...TWO, isWhole: true }, 'die-after')
    await fleet.clock.pass(LAPSE_MS)
    expect((await fleet.deploy(NOW)).exit).toBe(0)
    expect(fleet.snapshot()['two']?.current).toBe('r2')
    const names = fleet.servers.map(({ docker }) =>
      [...docker.containers.values()].map(({ name }) => name).filter((name) => /r2-job/.test(name)),
    )
    expect(names).toEqual([['shop-r2-job-1'], []])
  })

  it('is told to be deployed to when the release is not there', async () => {
    const fleet = await split(TWO, 'die-after')
    await fleet.clock.pass(LAPSE_MS)
    fleet.servers[1]!.kit({ app: 'shop', environment: 'production' }).state.folders.delete('r2')
    const before = fleet.snapshot()
    const end = await fleet.deploy(NOW)
    expect([end.exit, end.codes]).toEqual([5, ['STILL_SPLIT']])
    expect(fleet.snapshot()).toEqual(before)
  })
})

describe('resume', () => {
  it('can be killed at any exchange, and be resumed', async () => {
    const ends = await endsOf(TWO)
    const problems: string[] = []
    for (let nth = 1; nth < 100; nth += 1) {
      const fleet = await split(TWO, 'die-after')
      await fleet.clock.pass(LAPSE_MS)
      const end = await fleet.deploy({ ...NOW, faults: nthExchange(nth, 'die-after') })
      if (end.exit !== 'died') break
      const found = [...(await resumed(fleet, ends)), ...fleet.checker.complaints]
      problems.push(...found.map((text) => `at ${nth}: ${text}`))
    }
    expect(problems).toEqual([])
  })

  it('changes nothing where nothing is left, and says so', async () => {
    const fleet = await serving(TWO)
    const before = fleet.snapshot()
    const end = await fleet.deploy({ ...NOW, request: {} })
    expect(end.exit).toBe(0)
    expect(end.events.at(-1)).toMatchObject({
      outcome: 'nothing-to-do',
      serving: 'r1',
      text: 'nothing is left unfinished',
    })
    expect(end.deployer.exchanges.map(({ verb }) => verb)).toEqual(['connect', 'connect'])
    expect(fleet.snapshot()).toEqual(before)
  })

  it('shows what it would do, and does not (--dry-run)', async () => {
    const fleet = await split(TWO, 'die-before')
    const before = fleet.snapshot()
    const end = await fleet.deploy({ ...NOW, request: { dryRun: true } })
    expect(end.exit).toBe(0)
    const told = end.events.flatMap((each) => (each.type === 'plan-made' ? each.lines : []))
    expect(told).toEqual([
      'on one the run run-2 of r2 was cut off before anything was decided: r1 is put back',
      'on two the run run-2 of r2 was cut off before anything was decided: r1 is put back',
    ])
    expect(fleet.snapshot()).toEqual(before)
  })

  it('leaves a run alone that may be alive, and waits for its lease when asked to', async () => {
    const [old] = await endsOf(TWO)
    const fleet = await split(TWO, 'die-before')
    const held = await fleet.deploy({ ...NOW, request: {} })
    expect([held.exit, held.codes]).toEqual([3, ['LEASE_HELD']])
    const waited = await fleet.deploy({ ...NOW, request: { waitMs: LAPSE_MS } })
    expect(waited.exit).toBe(0)
    expect(fleet.snapshot()).toEqual(old)
  })
})
