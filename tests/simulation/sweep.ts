import { isDeepStrictEqual } from 'node:util'
import { type Fault, nthExchange } from './faults.ts'
import { behaves } from './server/behaviour.ts'
import type { Sabotage } from './server/simulated-server.ts'
import { servesOnly } from './serving.ts'
import type { End, SimulatedFleet } from './simulated-fleet.ts'
import type { Shop } from './shop.ts'
import type { ServerSnapshot } from './snapshot.ts'
import { serving } from './standing.ts'

const EXCHANGES_MAX = 500

/** What a fault left behind, for a judge. */
export interface Aftermath {
  readonly fleet: SimulatedFleet
  /** How the deployment ended that met the fault. */
  readonly end: End
}

export interface Sweep {
  /** How many exchanges there were to spoil. */
  readonly exchanges: number
  readonly problems: readonly string[]
}

/**
 * Deploys version 2 with a fault at the first exchange, then at the second, and so on until there
 * is none left, and judges each time.
 */
export async function sweep(
  shop: Partial<Shop>,
  fault: Fault,
  judge: (aftermath: Aftermath) => Promise<readonly string[]>,
): Promise<Sweep> {
  const problems: string[] = []
  for (let nth = 1; nth <= EXCHANGES_MAX; nth += 1) {
    const fleet = await serving(shop)
    const end = await fleet.deploy({ version: 2, faults: nthExchange(nth, fault) })
    const met = end.deployer.exchanges[nth - 1]
    if (met === undefined) return { exchanges: nth - 1, problems }
    const found = [...(await judge({ fleet, end })), ...fleet.checker.complaints.slice(0, 2)]
    const where = `${fault} at ${nth} (${met.verb} on ${met.host}), exit ${end.exit}`
    problems.push(...found.map((text) => `${where}: ${text}`))
  }
  throw new Error('a deployment with too many exchanges')
}

export type Snapshots = Readonly<Record<string, ServerSnapshot>>

/** What the servers may look like in the end: as they were, or with version 2 confirmed. */
export async function endsOf(shop: Partial<Shop>): Promise<readonly [Snapshots, Snapshots]> {
  const fleet = await serving(shop)
  const before = fleet.snapshot()
  await fleet.deploy({ version: 2 })
  return [before, fleet.snapshot()]
}

/** Servers cannot talk to each other: until the next run each may stand on another of the ends. */
export function standsOnOneOf(ends: readonly Snapshots[], fleet: SimulatedFleet): string[] {
  return Object.entries(fleet.snapshot()).flatMap(([name, after]) => {
    const isAllowed = ends.some((end) => isDeepStrictEqual(end[name], after))
    return isAllowed ? [] : [`${name} stands on neither end: ${JSON.stringify(after)}`]
  })
}

/** The next deployment takes over whatever was left behind. */
export async function nextWorks(fleet: SimulatedFleet): Promise<string[]> {
  const next = await fleet.deploy({ version: 3, request: { steal: true } })
  const exit = next.exit === 0 ? [] : [`the next ended ${next.exit}, ${next.codes.join()}`]
  return [...exit, ...servesOnly(fleet, 3)]
}

/** A release that does not prove itself, on a fleet where going back is spoiled. */
export async function goBackBadly(fleet: SimulatedFleet): Promise<string[]> {
  fleet.add(2, behaves.neverHealthy)
  const { exit, codes } = await fleet.deploy({ version: 2 })
  const isTold = exit === 5 && codes.includes('ROLLBACK_FAILED')
  return isTold ? [] : [`exit ${exit}, ${codes.join()}`]
}

/** Lets the first instruction fail, then the second, and so on, wherever in the fleet they are. */
export async function eachInstruction(
  shop: Partial<Shop>,
  kind: Parameters<Sabotage>[1],
  judge: (fleet: SimulatedFleet, before: Snapshots) => Promise<readonly string[]>,
): Promise<{ count: number; problems: readonly string[] }> {
  const problems: string[] = []
  for (let nth = 1; nth < 200; nth += 1) {
    const fleet = await serving(shop)
    const before = fleet.snapshot()
    const fault = failing(fleet, kind, nth)
    const found = await judge(fleet, before)
    if (!fault.happened) return { count: nth - 1, problems }
    const after = [...found, ...(await nextWorks(fleet)), ...fleet.checker.complaints]
    problems.push(...after.map((text) => `instruction ${nth}: ${text}`))
  }
  throw new Error('a deployment with too many instructions')
}

/** Makes the n-th instruction of a kind fail, once. */
function failing(
  fleet: SimulatedFleet,
  kind: Parameters<Sabotage>[1],
  nth: number,
): { readonly happened: boolean } {
  const fault = { happened: false }
  let seen = 0
  for (const server of fleet.servers) {
    server.sabotage = (_, when) => {
      if (when === kind) seen += 1
      if (when !== kind || seen !== nth || fault.happened) return undefined
      fault.happened = true
      return 'no luck'
    }
  }
  return fault
}
