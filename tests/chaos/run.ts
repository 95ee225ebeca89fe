import type { Lab } from '../lab/lab.ts'
import type { Point } from './points.ts'
import { type Comes, type Fault, type Outcome, play, rehearse, type Scenario } from './scenario.ts'
import { Stand } from './stand.ts'
import type { Moment } from './tap.ts'

const MOMENTS: readonly Moment[] = ['before', 'during', 'after']
const BOTH: readonly Comes[] = ['the next deployment', 'the watchdog, then the next']

/** A server on which one fault after another is injected. */
export interface ChaosRun {
  readonly stand: Stand
  /** Of a deployment as it really goes: what there is to strike. */
  readonly points: readonly Point[]
  scenarios(faults: readonly Fault[]): readonly Scenario[]
  play(scenario: Scenario): Promise<Outcome>
  /** What went wrong, or stays, must not be held against the scenario after it. */
  cleanUp(outcome: Outcome): Promise<void>
  close(): Promise<void>
}

export async function openRun(lab: Lab): Promise<ChaosRun> {
  const stand = await Stand.open(lab)
  await stand.reset()
  const points = await rehearse(stand)
  return {
    stand,
    points,
    scenarios: (faults) => faults.flatMap((fault) => scenariosOf(fault, points)),
    play: async (scenario) => {
      if (scenario.fault.needs === 'a small disk') await stand.reset({ smallDisk: true })
      return play(stand, scenario)
    },
    cleanUp: async ({ fault: { needs, leaves }, problems }) => {
      const isDirty = needs !== undefined || leaves === 'a damaged journal' || problems.length > 0
      if (isDirty) await stand.reset()
    },
    close: () => stand.close(),
  }
}

export function scenariosOf(fault: Fault, points: readonly Point[]): Scenario[] {
  const { at, exits } = fault
  const ending = exits === undefined ? BOTH : BOTH.slice(1)
  const comes = fault.comes === undefined ? ending : [fault.comes]
  if (at === undefined) return comes.map((each) => ({ fault, comes: each }))
  const everywhere = points.flatMap(({ key }) => MOMENTS.map((moment) => [key, moment] as const))
  return (at === 'every request' ? everywhere : at).flatMap(([key, moment]) => {
    const point = points.find((each) => each.key === key)
    if (point === undefined) throw new Error(`no deployment comes to ${key}`)
    const some = at === 'every request' ? comes.filter((each) => isTold(each, moment)) : comes
    return some.map((each) => ({ fault, spot: { point, moment }, comes: each }))
  })
}

/**
 * A server that is left alone cannot tell an answer that nobody read from one that was, nor from the
 * next request that never came: one of the three will do.
 */
const isTold = (comes: Comes, moment: Moment): boolean =>
  comes === 'the next deployment' || moment === 'during'
