import { isDeepStrictEqual } from 'node:util'
import { secretsKeptOn } from '../checks/secrets.ts'
import { type Fault, type FaultPlan, nthExchange } from '../faults.ts'
import { Random } from '../random.ts'
import { type Behaviour, behaves } from '../server/behaviour.ts'
import type { Flaw } from '../server/flaws.ts'
import { WATCHDOG_CONTAINER } from '../server/simulated-server.ts'
import { servesOnly } from '../serving.ts'
import { SCOPE, SECRET, type Shop } from '../shop.ts'
import type { Deployment, End, SimulatedFleet } from '../simulated-fleet.ts'
import { type ServerSnapshot, snapshotOf } from '../snapshot.ts'
import { serving } from '../standing.ts'
import { leaveServersAlone, troubleServers } from './troubles.ts'

/** Long enough for every lease to lapse, every server to boot, and every watchdog to act. */
const CALM_MS = 300_000
/** A run that asks its hosts more than this does not come to an end. */
const EXCHANGES_MAX = 2000

const FAULTS: readonly Fault[] = [
  'lose-request',
  'lose-answer',
  'die-before',
  'die-after',
  'freeze',
  'twice',
  'again-later',
]

const BAD: readonly Behaviour[] = [
  { ...behaves.exitsAtOnce, says: `no luck with ${SECRET}` },
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

/**
 * Some deployments in which much goes wrong, then a quiet one. Returns what must not be; with a flaw
 * in the servers, that should be something.
 */
export async function troubledTimes(seed: number, flaw?: Flaw): Promise<string[]> {
  try {
    return await live(new Random(seed), new Set(flaw === undefined ? [] : [flaw]))
  } catch (error) {
    return [`it did not end well: ${error instanceof Error ? error.stack : String(error)}`]
  }
}

async function live(random: Random, flaws: ReadonlySet<Flaw>): Promise<string[]> {
  const isRough = random.isLucky(0.5)
  // Without power, or with its start failing, nothing serves in a hand-over until somebody comes.
  const fleet = await serving(someShop(random), { silenceMs: isRough ? Infinity : 90_000 })
  for (const server of fleet.servers) server.flaws = flaws
  const ends: End[] = []
  const problems: string[] = []
  for (let version = 2; version <= 3; version += 1) {
    fleet.add(version, random.pick(random.isLucky(0.7) ? GOOD : BAD))
    // One without power looks like nothing that it could come back to.
    const before = snapshotOf(fleet.servers.filter(({ isDown }) => !isDown))
    if (isRough) troubleServers(fleet, random)
    const met = await trouble(fleet, random, version)
    await fleet.clock.pass(random.below(150_000))
    leaveServersAlone(fleet)
    if (met.length === 1) problems.push(...notAsTold(fleet, met[0]!, { before, version }))
    ends.push(...met)
  }
  await fleet.clock.pass(CALM_MS)
  if (!isRough) problems.push(...leftOpen(fleet))
  ends.push(await fleet.deploy({ version: 100 }))
  return [...problems, ...problemsAtTheEnd(fleet, ends)]
}

function problemsAtTheEnd(fleet: SimulatedFleet, ends: readonly End[]): string[] {
  const last = ends.at(-1)
  const bugs = ends.filter(({ exit }) => exit === 1)
  const endless = ends.filter(({ deployer }) => deployer.exchanges.length > EXCHANGES_MAX)
  const leaks = ends.filter(({ isIndiscreet }) => isIndiscreet)
  return [
    ...bugs.map(({ bug }) => `a bug: ${bug instanceof Error ? bug.stack : String(bug)}`),
    ...endless.map(({ deployer }) => `a run asked ${deployer.exchanges.length} times`),
    ...leaks.map(() => 'a run told a secret'),
    ...fleet.servers.flatMap(secretsKeptOn),
    ...(last?.exit === 0 ? [] : [`the last deployment ended ${last?.exit}: ${last?.codes.join()}`]),
    ...servesOnly(fleet, 100),
    ...fleet.checker.complaints.slice(0, 3),
  ]
}

/** A server on which nothing was confirmed is as it was; one that nobody took anything away from. */
function notAsTold(
  fleet: SimulatedFleet,
  { exit }: End,
  { before, version }: { before: ReturnType<typeof snapshotOf>; version: number },
): string[] {
  const after = fleet.snapshot()
  return fleet.servers.flatMap((server) => {
    const [was, is] = [before[server.name], after[server.name]]
    const isCalm = was?.decision === 'none' && is?.decision === 'none' && !server.isDown
    if (!isCalm || fleet.checker.meddledWith.has(server)) return []
    const isBack = was.current === is.current
    if (exit === 0 || !isBack || isDeepStrictEqual(lasting(was), lasting(is))) return []
    return [
      `${server.name} went back from version ${version}, and is not as it was: ` +
        `${JSON.stringify(was)}, ${JSON.stringify(is)}`,
    ]
  })
}

/** Whoever died, the watchdogs have ended its run. */
function leftOpen({ servers }: SimulatedFleet): string[] {
  return servers.flatMap((server) => {
    const { state } = server.kit(SCOPE).state.decision()
    return state === 'none' ? [] : [`nobody ended the run on ${server.name}: ${state}`]
  })
}

/** But for the watchdog's container, which troubles stop. */
function lasting({ containers, ...rest }: ServerSnapshot) {
  return { ...rest, containers: containers.filter((each) => !each.startsWith(WATCHDOG_CONTAINER)) }
}

function someShop(random: Random): Partial<Shop> {
  const rollout = random.pick(['overlap', 'handover', 'rolling'] as const)
  return {
    rollout,
    samples: 1 + random.below(2),
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
  const isZombie = random.isLucky(0.4)
  const first = isZombie ? { ...one, faults: nthExchange(1 + random.below(50), 'freeze') } : one
  // Soon; or when the lease of the first, which was stopped, has lapsed, and before it wakes.
  const afterMs = isZombie ? 65_000 + random.below(50_000) : random.below(6000)
  const later = fleet.clock.sleep(afterMs).then(() => fleet.begin(other))
  return fleet.clock.run(Promise.all([fleet.begin(first), later]))
}

function someFaults(random: Random): FaultPlan {
  const chance = random.pick([0, 0.02, 0.1])
  return ({ verb }) => {
    const isLook = verb === 'ask' || verb === 'sample'
    return random.isLucky(isLook ? chance / 5 : chance) ? random.pick(FAULTS) : undefined
  }
}
