import type { Lab } from '../lab/lab.ts'
import type { Point, Spot } from './points.ts'
import {
  type Comes,
  type Fault,
  type Outcome,
  play,
  rehearse,
  type Scenario,
  type Sweep,
} from './scenario.ts'
import { OVERLAP, type Shape } from './shapes.ts'
import { Stand } from './stand.ts'

const BOTH: readonly Comes[] = ['the next deployment', 'the watchdog, then the next']

/** Servers on which one fault after another is injected into deployments of one shape or another. */
export class ChaosRun {
  readonly #lab: Lab
  readonly #stands = new Map<Shape, Promise<Stand>>()
  readonly #points = new Map<Shape, readonly Point[]>()
  /** The one whose app is on the servers. */
  #standing: Shape | undefined

  constructor(lab: Lab) {
    this.#lab = lab
  }

  /** Asks deployments as they really go what there is to strike. */
  async scenarios(faults: readonly Fault[]): Promise<readonly Scenario[]> {
    const all: Scenario[] = []
    for (const fault of faults) all.push(...scenariosOf(fault, await this.#pointsOf(fault)))
    return all
  }

  async play(scenario: Scenario): Promise<Outcome> {
    const stand = await this.#standFor(scenario.fault)
    if (scenario.fault.needs === 'a small disk') await stand.reset({ smallDisk: true })
    return play(stand, scenario)
  }

  /** What went wrong, or stays, must not be held against the scenario after it. */
  async cleanUp({ fault, problems }: Outcome): Promise<void> {
    const { needs, leaves } = fault
    const isDirty = needs !== undefined || leaves === 'a damaged journal' || problems.length > 0
    if (isDirty) await (await this.#standFor(fault)).reset()
  }

  async close(): Promise<void> {
    for (const stand of this.#stands.values()) await (await stand).close()
  }

  async #pointsOf({ shape = OVERLAP, ...fault }: Fault): Promise<readonly Point[]> {
    const known = this.#points.get(shape)
    if (known !== undefined) return known
    const points = await rehearse(await this.#standFor({ shape, ...fault }))
    this.#points.set(shape, points)
    return points
  }

  async #standFor({ shape = OVERLAP }: Fault): Promise<Stand> {
    const opened = this.#stands.get(shape) ?? Stand.open(this.#lab, shape)
    this.#stands.set(shape, opened)
    const stand = await opened
    if (this.#standing !== shape) await stand.reset()
    this.#standing = shape
    return stand
  }
}

export function scenariosOf(fault: Fault, points: readonly Point[]): Scenario[] {
  const { at, exits } = fault
  const ending = exits === undefined ? BOTH : BOTH.slice(1)
  const comes = fault.comes === undefined ? ending : [fault.comes]
  if (at === undefined) return comes.map((each) => ({ fault, comes: each }))
  if ('requests' in at) {
    return sweep(at, points).flatMap((spot) =>
      comes.filter((each) => isTold(each, spot)).map((each) => ({ fault, spot, comes: each })),
    )
  }
  return at.flatMap(([key, moment]) => {
    const point = points.find((each) => each.key === key)
    if (point === undefined) throw new Error(`no deployment comes to ${key}`)
    return comes.map((each) => ({ fault, spot: { point, moment }, comes: each }))
  })
}

function sweep({ requests, moments }: Sweep, points: readonly Point[]): Spot[] {
  return points
    .filter(({ request }) => requests.test(request))
    .flatMap((point) => moments.map((moment) => ({ point, moment })))
}

/**
 * A server that is left alone cannot tell an answer that nobody read from one that was, nor from the
 * next request that never came: one of the three will do.
 */
const isTold = (comes: Comes, { moment }: Spot): boolean =>
  comes === 'the next deployment' || moment === 'during'
