import { type Fleet, anchorOf, observedOn } from '../fleet.ts'
import { fleetDecision } from '../run/recover.ts'

/** A run that did not end on a host, and what becomes of it there. */
export interface LeftOver {
  readonly host: string
  readonly run: string
  readonly release: string
  /** What served before it: `-` on a first deployment, the same release for a change of the base. */
  readonly previous: string
  /** `pending`: nothing was decided. */
  readonly state: 'pending' | 'commit' | 'rollback'
  /** How it ends, by what the fleet decided. */
  readonly ends: 'commit' | 'rollback'
}

/** What unfinished runs left on each host, by what was seen there. */
export function leftOvers(fleet: Fleet): readonly LeftOver[] {
  return fleet.names.flatMap((host) => {
    const observed = observedOn(fleet, host)
    const { decision } = observed
    if (decision.state === 'none') return []
    const { run, release, previous } = decision.armed
    const ends = decision.state === 'pending' ? fleetDecision(fleet, observed) : decision.state
    return [{ host, run, release, previous, state: decision.state, ends }]
  })
}

/** A host that serves another release than the fleet decided for. */
export interface Straggler {
  readonly host: string
  readonly serving: string | undefined
  /** Why it cannot be brought to the fleet's release; absent where it can. */
  readonly obstacle?: string
}

/** The anchor's release is the fleet's; who serves another one missed the decision, or is new here. */
export function stragglers(fleet: Fleet): {
  readonly wanted: string | undefined
  readonly hosts: readonly Straggler[]
} {
  const anchor = anchorOf(fleet)
  const wanted = willServe(fleet, anchor)
  const behind = fleet.names.filter((host) => willServe(fleet, host) !== wanted)
  return { wanted, hosts: behind.map((host) => straggler(fleet, host, { anchor, wanted })) }
}

function straggler(
  fleet: Fleet,
  host: string,
  { anchor, wanted }: { anchor: string; wanted: string | undefined },
): Straggler {
  const serving = willServe(fleet, host)
  if (wanted === undefined) return { host, serving, obstacle: `${anchor} serves none` }
  const kept = observedOn(fleet, host).releases.find(({ id }) => id === wanted)
  if (kept === undefined) return { host, serving, obstacle: `${wanted} is not on ${host}` }
  if (kept.mark !== 'bad') return { host, serving }
  return { host, serving, obstacle: `${wanted} is marked bad on ${host}: ${kept.reason ?? ''}` }
}

/** What serves on a host once the run that was left there has ended. */
function willServe(fleet: Fleet, host: string): string | undefined {
  const left = leftOvers(fleet).find((each) => each.host === host)
  if (left === undefined) return observedOn(fleet, host).current
  if (left.ends === 'commit') return left.release
  return left.previous === '-' ? undefined : left.previous
}

/** What will be done, for whoever has to agree to it. */
export function linesOf(fleet: Fleet): readonly string[] {
  const { wanted, hosts } = stragglers(fleet)
  return [
    ...leftOvers(fleet).map(leftLine),
    ...hosts.map(({ host, serving = 'nothing', obstacle }) =>
      obstacle === undefined
        ? `${host} serves ${serving}, and the others ${wanted}: it is brought up there too, with proof`
        : `${host} serves ${serving}, and stays so: ${obstacle}`,
    ),
  ]
}

function leftLine({ host, run, release, previous, state, ends }: LeftOver): string {
  const isBase = release === previous
  const what = isBase ? 'a change of the base' : release
  const how =
    state === 'pending' ? 'before anything was decided' : `after it was decided (${state})`
  const old = isBase ? 'the old accessories' : previous === '-' ? 'nothing' : previous
  const then =
    ends === 'commit'
      ? 'it was confirmed, and is finished'
      : old === 'nothing'
        ? 'it is taken away again'
        : `${old} ${isBase ? 'are' : 'is'} put back`
  return `on ${host} the run ${run} of ${what} was cut off ${how}: ${then}`
}
