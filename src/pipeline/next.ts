import type { HostPlan, Plan } from '../plan/plan.ts'
import type { Decision, Happening } from './happening.ts'

/** What may be done now. Several moves may go on side by side; none at all means: wait. */
export type Move =
  | { readonly kind: 'step'; readonly host: string; readonly index: number }
  | { readonly kind: 'decide'; readonly host: string; readonly wish: Decision }
  | { readonly kind: 'settle'; readonly host: string; readonly stands: Decision }
  | { readonly kind: 'stop'; readonly outcome: RunOutcome }

/**
 * `refused`: nothing was armed, so nothing changed. `split`: hosts ended on different sides.
 * `unsettled`: a host could not be told to go back, or could not do it to the end.
 */
export type RunOutcome = 'confirmed' | 'rolled-back' | 'refused' | 'split' | 'unsettled'

/** From what happened to what comes next: a fresh start, a crash and a cancel are one question. */
export function next(plan: Plan, happenings: readonly Happening[]): Move[] {
  const run = read(plan, happenings)
  if (run.wish === undefined) return workOn(run)
  return decideOrSettle(run, run.wish)
}

interface Reading {
  readonly plan: Plan
  readonly hosts: readonly HostState[]
  readonly broken: boolean
  /** What the run as a whole goes for, once it does. */
  readonly wish: Decision | undefined
}

interface HostState {
  readonly plan: HostPlan
  readonly done: number
  readonly running: boolean
  /** Its first step was begun: from then on the host has something to decide. */
  readonly armed: boolean
  readonly askedFor: Decision | undefined
  /** It answered, or could not be heard. */
  readonly asked: boolean
  readonly stands: Decision | undefined
  readonly settled: 'no' | 'yes' | 'failed'
}

function read(plan: Plan, happenings: readonly Happening[]): Reading {
  const hosts = plan.hosts.map((host) => readHost(host, happenings))
  const broken = happenings.some(({ kind }) => kind === 'step-failed' || kind === 'cancelled')
  const first = happenings.find((each) => each.kind === 'decided' || each.kind === 'undecided')
  return { plan, hosts, broken, wish: wishOf({ plan, hosts, broken, first }) }
}

function readHost(plan: HostPlan, happenings: readonly Happening[]): HostState {
  const own = happenings.filter((each) => 'host' in each && each.host === plan.host)
  const count = (kind: Happening['kind']) => own.filter((each) => each.kind === kind).length
  const decided = own.find((each) => each.kind === 'decided')
  const ended = count('step-done') + count('step-failed')
  return {
    plan,
    done: count('step-done'),
    running: count('step-started') > ended,
    armed: count('step-started') > 0,
    askedFor: own.find((each) => each.kind === 'decision-asked')?.wish,
    asked: decided !== undefined || count('undecided') > 0,
    stands: decided?.stands,
    settled: count('settled') > 0 ? 'yes' : count('unsettled') > 0 ? 'failed' : 'no',
  }
}

/**
 * The anchor's decision is everyone's; before it there is only what the steps say. Once it was asked
 * for a commit that is the run's wish, whatever happens meanwhile: the rename may have been done.
 */
function wishOf(facts: {
  plan: Plan
  hosts: readonly HostState[]
  broken: boolean
  first: Happening | undefined
}): Decision | undefined {
  const anchor = facts.hosts.find(({ plan }) => plan.host === facts.plan.anchor)
  if (anchor?.stands !== undefined) return anchor.stands
  if (anchor?.askedFor === 'commit') return 'commit'
  if (facts.broken) return 'rollback'
  const finished = facts.hosts.every(({ plan, done }) => done === plan.steps.length)
  if (finished) return 'commit'
  return facts.first === undefined ? undefined : 'rollback'
}

function workOn({ plan, hosts }: Reading): Move[] {
  const wave = plan.waves.find((names) =>
    hosts.some((host) => names.includes(host.plan.host) && !isThrough(host)),
  )
  return hosts
    .filter((host) => wave?.includes(host.plan.host) && !isThrough(host) && !host.running)
    .map((host) => ({ kind: 'step', host: host.plan.host, index: host.done }))
}

function isThrough({ plan, done }: HostState): boolean {
  return done === plan.steps.length
}

function decideOrSettle({ plan, hosts }: Reading, wish: Decision): Move[] {
  const armed = hosts.filter((host) => host.armed)
  if (armed.length === 0) return [{ kind: 'stop', outcome: 'refused' }]
  if (armed.some(({ running }) => running)) return []
  const anchor = armed.find((host) => host.plan.host === plan.anchor)
  // A commit is the anchor's rename first; a rollback waits for nobody.
  if (wish === 'commit' && anchor !== undefined && !anchor.asked) return [decide(anchor, wish)]
  // Nobody knows what the anchor decided: the others are left to the next run, or their watchdogs.
  if (wish === 'commit' && anchor !== undefined && anchor.stands === undefined) {
    return [{ kind: 'stop', outcome: 'split' }]
  }
  const moves: Move[] = armed.flatMap((host) => {
    if (!host.asked) return [decide(host, wish)]
    return host.stands !== undefined && host.settled === 'no'
      ? [{ kind: 'settle' as const, host: host.plan.host, stands: host.stands }]
      : []
  })
  return moves.length > 0 ? moves : [{ kind: 'stop', outcome: outcomeOf(armed, wish) }]
}

function decide(host: HostState, wish: Decision): Move {
  return { kind: 'decide', host: host.plan.host, wish }
}

function outcomeOf(armed: readonly HostState[], wish: Decision): RunOutcome {
  if (armed.some(({ stands }) => stands !== undefined && stands !== wish)) return 'split'
  const unheard = armed.some(({ stands }) => stands === undefined)
  if (wish === 'commit' && unheard) return 'split'
  // After a commit only tidying is left: it never turns a good run into a failed one.
  if (wish === 'commit') return 'confirmed'
  return unheard || armed.some(({ settled }) => settled === 'failed') ? 'unsettled' : 'rolled-back'
}
