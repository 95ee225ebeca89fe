import { describe, expect, it } from 'vitest'
import type { Fault, FaultPlan } from './faults.ts'
import { Random } from './random.ts'
import { type Behaviour, behaves } from './server/behaviour.ts'
import { servesOnly } from './serving.ts'
import { type Deployment, type End, SimulatedFleet } from './simulated-fleet.ts'
import type { Shop } from './shop.ts'

/** How many seeds an ordinary run tries; SEEDS=100000 SEED=1 tries as many from there on. */
const SEEDS = Number(process.env['SEEDS'] ?? 200)
const FIRST = Number(process.env['SEED'] ?? 1)
const PER_TEST = 50

/** Long enough for every lease to lapse, every server to boot, and every watchdog to act. */
const CALM_MS = 300_000

const FAULTS: readonly Fault[] = [
  'lose-request',
  'lose-answer',
  'die-before',
  'die-after',
  'freeze',
]

const BAD: readonly Behaviour[] = [
  behaves.exitsAtOnce,
  behaves.neverHealthy,
  behaves.answers(500),
  behaves.healthyAfter(8000),
]

const GOOD: readonly Behaviour[] = [
  behaves.healthy,
  behaves.healthyAfter(1500),
  behaves.stopsSlowly(2500),
  behaves.stopsSlowly(60_000),
]

describe('whatever goes wrong, clients are served and the next deployment works', () => {
  for (let from = FIRST; from < FIRST + SEEDS; from += PER_TEST) {
    const to = Math.min(from + PER_TEST, FIRST + SEEDS)
    it(`seeds ${from} to ${to - 1}`, async () => {
      const failed: string[] = []
      for (let seed = from; seed < to; seed += 1) {
        const problems = await troubledTimes(seed)
        if (problems.length > 0) failed.push(`SEED=${seed} SEEDS=1: ${problems.join('; ')}`)
      }
      expect(failed).toEqual([])
    })
  }
})

/** Some deployments in which much goes wrong, then a quiet one. Returns what must not be. */
async function troubledTimes(seed: number): Promise<string[]> {
  const random = new Random(seed)
  const fleet = new SimulatedFleet(someShop(random), { silenceMs: 90_000 })
  const ends = [await fleet.deploy({ version: 1 })]
  for (let version = 2; version <= 3; version += 1) {
    fleet.add(version, random.pick(random.isLucky(0.7) ? GOOD : BAD))
    ends.push(...(await trouble(fleet, random, version)))
    await fleet.clock.pass(random.below(150_000))
  }
  await fleet.clock.pass(CALM_MS)
  const last = await fleet.deploy({ version: 100 })
  const bugs = [...ends, last].filter(({ exit }) => exit === 1)
  return [
    ...bugs.map(({ bug }) => `a bug: ${bug instanceof Error ? bug.stack : String(bug)}`),
    ...(last.exit === 0 ? [] : [`the last deployment ended ${last.exit}: ${last.codes.join()}`]),
    ...servesOnly(fleet, 100),
    ...fleet.checker.complaints.slice(0, 3),
  ]
}

function someShop(random: Random): Partial<Shop> {
  const rollout = random.pick(['overlap', 'handover', 'rolling'] as const)
  return {
    rollout,
    replicas: rollout === 'rolling' ? 2 + random.below(2) : 1,
    hosts: ['one', 'two', 'three', 'four', 'five'].slice(0, random.pick([1, 1, 1, 1, 2, 3])),
    isWhole: random.isLucky(0.3),
    wave: random.pick([{ kind: 'all' }, { kind: 'count', hosts: 1 }] as const),
  }
}

/** One deployment, or two at once, each with faults of its own. */
async function trouble(fleet: SimulatedFleet, random: Random, version: number): Promise<End[]> {
  const operation = random.pick(['deploy', 'deploy', 'deploy', 'rollback', 'restart'] as const)
  const request = { again: true }
  const one: Deployment = { version, operation, faults: someFaults(random), request }
  if (random.isLucky(0.75)) return [await fleet.deploy(one)]
  const steal = random.isLucky(0.5)
  const other: Deployment = {
    version: version + 50,
    owner: 'bob@desk',
    faults: someFaults(random),
    request: { again: true, steal, waitMs: random.pick([0, 30_000]) },
  }
  const later = fleet.clock.sleep(random.below(6000)).then(() => fleet.begin(other))
  return fleet.clock.run(Promise.all([fleet.begin(one), later]))
}

function someFaults(random: Random): FaultPlan {
  const chance = random.pick([0, 0.01, 0.05])
  return () => (random.isLucky(chance) ? random.pick(FAULTS) : undefined)
}
