import { isDeepStrictEqual } from 'node:util'
import type { Event } from '../../src/base/event.ts'
import { type Fault, nthExchange } from '../simulation/faults.ts'
import { serving } from '../simulation/standing.ts'
import { endsOf, nextWorks, type Snapshots } from '../simulation/sweep.ts'
import type { Shop } from '../simulation/shop.ts'
import type { SimulatedFleet } from '../simulation/simulated-fleet.ts'

/** Long enough for the lease of a dead deployer to lapse, and for the watchdog to act on it. */
const LAPSE_MS = 90_000

/** A moment of a deployment at which its deployer can die, and what becomes of the servers then. */
export interface CrashPoint {
  /** The step that the deployer was at, in the words of its events. */
  readonly step: string
  /** What it was asking, or about to. */
  readonly request: string
  /** What the servers come to by themselves when the request never left. */
  readonly before: string
  /** The same when the server did it, and nobody heard. */
  readonly after: string
  /** How a next deployment ends that begins at once. */
  readonly next: string
}

/** Kills the deployer at each request of a deployment, before it leaves and after it took effect. */
export async function crashPoints(shop: Partial<Shop>): Promise<readonly CrashPoint[]> {
  const ends = await endsOf(shop)
  const points: CrashPoint[] = []
  for (let nth = 1; ; nth += 1) {
    const before = await killed(shop, nth, 'die-before')
    if (before === undefined) return points
    const after = await killed(shop, nth, 'die-after')
    if (after === undefined) return points
    points.push({
      step: before.step,
      request: before.request,
      before: await leftAlone(before.fleet, ends),
      after: await leftAlone(after.fleet, ends),
      next: await takenOver(shop, nth),
    })
  }
}

interface Killed {
  readonly fleet: SimulatedFleet
  readonly step: string
  readonly request: string
}

async function killed(shop: Partial<Shop>, nth: number, fault: Fault): Promise<Killed | undefined> {
  const fleet = await serving(shop)
  const end = await fleet.deploy({ version: 2, faults: nthExchange(nth, fault) })
  const met = end.deployer.exchanges[nth - 1]
  if (met === undefined) return undefined
  const request = fleet.servers.length > 1 ? `${met.verb} on ${met.host}` : met.verb
  const step = met.verb === 'decide' ? 'keep r2' : stepOf(end.events, met.host)
  return { fleet, step, request }
}

/** What was begun last, on this host or on all. */
function stepOf(events: readonly Event[], host: string): string {
  const titles = events.flatMap((event) => {
    if (event.type === 'phase-started') return [event.title]
    return event.type === 'step-started' && event.host === host ? [event.title] : []
  })
  return titles.at(-1) ?? 'connect'
}

async function leftAlone(fleet: SimulatedFleet, ends: readonly Snapshots[]): Promise<string> {
  await fleet.clock.pass(LAPSE_MS)
  const found = Object.entries(fleet.snapshot()).map(([name, after]) => {
    const end = ends.findIndex((each) => isDeepStrictEqual(each[name], after))
    return { name, text: ['old', 'new'][end] ?? 'neither' }
  })
  const texts = [...new Set(found.map(({ text }) => text))]
  if (texts.length === 1) return texts[0]!
  return found.map(({ name, text }) => `${name}: ${text}`).join(', ')
}

/** The next run does not wait for the lease of the dead one to lapse: it is taken over. */
async function takenOver(shop: Partial<Shop>, nth: number): Promise<string> {
  const results = await Promise.all(
    (['die-before', 'die-after'] as const).map(async (fault) => {
      const one = await killed(shop, nth, fault)
      return one === undefined ? [] : nextWorks(one.fleet)
    }),
  )
  const problems = results.flat()
  return problems.length === 0 ? 'confirmed' : problems.join('; ')
}
