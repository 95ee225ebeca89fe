import type { Json, Ran, Running } from '../e2e/deploy/scenario.ts'
import { expectedVersions } from './expected.ts'
import { leftovers, untilQuiet, witnesses } from './oracle.ts'
import { Namer, type Point, type Spot } from './points.ts'
import type { Shape } from './shapes.ts'
import type { Stand, Target } from './stand.ts'
import type { Fate, Moment } from './tap.ts'

/**
 * Who ends what was left: the next deployment, which takes over at once (`--steal`); or the server by
 * itself, and then comes the next.
 */
export type Comes = 'the next deployment' | 'the watchdog, then the next'

/** The deployment that a fault strikes. */
export interface Hit {
  readonly stand: Stand
  /** The server that the request goes to. */
  readonly target: Target
  readonly run: Running
  readonly spot: Spot
}

/** All requests of a deployment that are called so, each at these moments. */
export interface Sweep {
  readonly requests: RegExp
  readonly moments: readonly Moment[]
}

/** What is done, and what must come of it. */
export interface Fault {
  /** As `npm run chaos -- NAME` knows it. */
  readonly name: string
  /** In the table. */
  readonly what: string
  /** What is deployed; left out, an overlap on one server. */
  readonly shape?: Shape
  /** The points where it strikes; left out, it is there from the beginning. */
  readonly at?: Sweep | readonly (readonly [point: string, moment: Moment])[]
  /** Left out: both where the deployer is killed, else the deployment itself has to end it. */
  readonly comes?: Comes
  /** Why requests may be lost where it leaves nobody who could answer; else none may be. */
  readonly mayLose?: string
  /** What the deployment that it strikes may end with; left out, it is killed and says nothing. */
  readonly exits?: readonly number[]
  /** What the deployment must tell of it. */
  readonly says?: RegExp
  /** Which release must serve; left out, the exit code says so, or of a killed one its decision. */
  readonly serves?: 'old' | 'new' | 'one of both'
  readonly needs?: 'a small disk'
  /** Told by `belay status`: a run that only the next one settles, and damage that stays. */
  readonly leaves?: 'a decided run' | 'a damaged journal'
  /** What is special about the new release. */
  readonly web?: Json
  readonly env?: Readonly<Record<string, string>>
  /** Before the deployment begins. */
  readonly before?: (stand: Stand) => Promise<void>
  /** At the spot, where everything waits for it. */
  readonly strike?: (hit: Hit) => Promise<Fate | void> | Fate | void
  /** What ends the fault, once the deployment it struck is over. */
  readonly mend?: (stand: Stand) => Promise<void>
}

export interface Outcome extends Scenario {
  /** Of the deployment that it struck. */
  readonly exit: number
  readonly sent: number
  readonly lost: number
  /** From the end of that deployment until nothing of it was left to end. */
  readonly quietMs: number
  /** Of the next deployment, from its start to its end. */
  readonly nextMs: number
  readonly problems: readonly string[]
}

export interface Scenario {
  readonly fault: Fault
  /** Undefined: the fault is there from before the deployment on. */
  readonly spot?: Spot
  readonly comes: Comes
}

export const KILLED = 137

/** One fault, under load, to a whole deployment; then the one oracle for all of them. */
export async function play(stand: Stand, scenario: Scenario): Promise<Outcome> {
  const { fault, comes } = scenario
  const load = stand.load()
  const old = stand.version
  const problems: string[] = []
  const complain = (found: readonly string[], when: string): void => {
    problems.push(...found.map((text) => `${when}: ${text}`))
  }
  let [exit, quietMs, nextMs] = [-1, 0, 0]
  try {
    const ran = await struckDeployment(stand, scenario, (text) => problems.push(text))
    exit = ran.code
    complain(exitProblems(fault, ran), 'the deployment')
    if (comes === 'the watchdog, then the next') {
      quietMs = await untilQuiet(stand, fault.leaves)
      complain(await witnesses(stand, expectedVersions(scenario, { exit, old, stand })), 'then')
    }
    const begun = performance.now()
    const steal = comes === 'the watchdog, then the next' ? [] : ['--steal']
    const next = await stand.change().belay('deploy', '--yes', '--json', ...steal)
    nextMs = performance.now() - begun
    if (next.code !== 0)
      problems.push(`the next deployment ended with ${next.code}: ${saidBy(next)}`)
    complain(await witnesses(stand, () => [stand.version]), 'after the next')
    complain(await leftovers(stand, fault.leaves), 'after the next')
  } catch (error) {
    problems.push(String(error))
  }
  const { sent, lost, losses } = await load.stop()
  if (lost > 0 && fault.mayLose === undefined) {
    problems.push(...losses.map((loss) => `lost: ${JSON.stringify(loss)}`))
  }
  return { ...scenario, exit, sent, lost, quietMs, nextMs, problems }
}

async function struckDeployment(
  stand: Stand,
  { fault, spot }: Scenario,
  complain: (problem: string) => void,
): Promise<Ran> {
  let struck = false
  const { tap } = stand
  await fault.before?.(stand)
  stand.change(fault.web)
  const run = stand.deploy(fault.env)
  const names = new Namer(stand.shape)
  const points = new Map<string, Point | undefined>()
  tap.onPassing = async (passing) => {
    const { host, id, moment } = passing
    if (moment === 'before') points.set(`${host} ${id}`, names.name(passing))
    const point = points.get(`${host} ${id}`)
    const isHere = point?.key === spot?.point.key && moment === spot?.moment
    if (struck || spot === undefined || !isHere) return 'go'
    struck = true
    try {
      return (await fault.strike?.({ stand, run, spot, target: stand.targetOf(host) })) ?? 'go'
    } catch (error) {
      complain(String(error))
      return 'go'
    }
  }
  try {
    return await run.ended
  } finally {
    tap.onPassing = () => 'go'
    if (spot !== undefined && !struck) complain('the deployment never came to this point')
    await fault.mend?.(stand)
  }
}

/** The points of a deployment that nothing happens to: what there is to strike. */
export async function rehearse(stand: Stand): Promise<readonly Point[]> {
  const names = new Namer(stand.shape)
  const points: Point[] = []
  stand.tap.onPassing = (passing) => {
    const point = passing.moment === 'before' ? names.name(passing) : undefined
    if (point !== undefined) points.push(point)
    return 'go'
  }
  stand.change()
  const ran = await stand.deploy().ended
  stand.tap.onPassing = () => 'go'
  if (ran.code !== 0) throw new Error(`the rehearsal ended with ${ran.code}: ${saidBy(ran)}`)
  return points
}

function exitProblems({ exits = [KILLED], says }: Fault, ran: Ran): string[] {
  const said = saidBy(ran)
  if (!exits.includes(ran.code)) return [`ended with ${ran.code}: ${said}`]
  return says === undefined || says.test(said) ? [] : [`said only: ${said}`]
}

/** The last that a command told of its trouble. */
export function saidBy({ events, stderr }: Ran): string {
  const failed = events.flatMap((event) =>
    event.type === 'failed' ? [`${event.code} ${event.message} ${event.evidence.join(' ')}`] : [],
  )
  return [...failed, stderr].join(' ').trim()
}
