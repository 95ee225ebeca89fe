import { proveRelease } from '../../checks/proof/until.ts'
import { EXIT, type ExitCode } from '../../base/exit.ts'
import { failedEvent } from '../../base/failed-event.ts'
import { Failure } from '../../base/failure.ts'
import type { Happening } from '../../pipeline/happening.ts'
import type { RunEnd } from '../../pipeline/run.ts'
import { accessoryContainers } from '../../plan/accessories.ts'
import { type HostPlan, type Plan, subjectOf } from '../../plan/plan.ts'
import { blame } from './blame.ts'
import { aboutOf, firstError, whyBroken } from './carry-out.ts'
import { notConverged, overtaken, rollbackFailed, rollbackUnproved } from '../failures.ts'
import { type Fleet, anchorOf, each, hereFor, hostNamed, observedOn } from '../fleet.ts'
import { hasCode, messageOf } from '../messages.ts'
import { type SchemaVerdict, tellSchema } from '../migrate/tell-schema.ts'
import type { RecordedWorld } from './recording.ts'
import { provable } from './provable.ts'
import { told } from './told.ts'
import type { World } from '../world.ts'

/** How long a release that was put back may take until it answers its checks again. */
const BACK_TIMEOUT_MS = 60_000

export interface Conclusion {
  readonly run: string
  readonly begun: number
  readonly plan: Plan
  readonly fleet: Fleet
  readonly end:
    | { readonly kind: 'nothing-to-do' | 'dry-run' }
    | { readonly kind: 'ran'; readonly end: RunEnd }
}

/** What is to be said of a run that ended, and with which exit. */
export interface Verdict {
  readonly outcome: 'confirmed' | 'nothing-to-do' | 'rolled-back' | 'critical'
  readonly exit: ExitCode
  readonly serving: string | null
  readonly text: string
  readonly failures: readonly unknown[]
}

/** Proves what was put back, writes the journals, and says how it ended. */
export async function conclude(world: RecordedWorld, conclusion: Conclusion): Promise<Verdict> {
  const { end } = conclusion
  if (end.kind !== 'ran') return untouched(conclusion)
  const { outcome, happenings } = end.end
  if (outcome === 'refused') throw firstError(happenings)
  const isKept = outcome === 'confirmed' || (outcome === 'split' && !isTakenOver(end.end))
  const ended = isKept
    ? confirmed(world, conclusion, end.end)
    : await rolledBack(world, conclusion, end.end)
  // Where not everything could be put back, an undo may be yet to come.
  const isOver = outcome !== 'unsettled'
  const { backups } = backupsOf(world)
  const about = { ...conclusion, isKept, backups }
  const schema = isOver ? await tellSchema(world, about) : { failures: [] }
  const verdict = withSchema(ended, schema)
  for (const failure of verdict.failures) tellFailure(world, failure)
  await record(world, conclusion, { ...verdict, ...schema })
  return verdict
}

/** A schema that did not go back with the code stands beside what else is said of the run. */
function withSchema(verdict: Verdict, { failures }: SchemaVerdict): Verdict {
  const [failure] = failures
  if (failure === undefined) return verdict
  const text = `${verdict.text}; ${failure.message}`
  const all = { ...verdict, text, failures: [...verdict.failures, failure] }
  return failure.exit === 'critical' ? { ...all, outcome: 'critical', exit: EXIT.critical } : all
}

function untouched({ plan, fleet, end }: Conclusion): Verdict {
  const serving = observedOn(fleet, anchorOf(fleet)).current ?? null
  const text = end.kind === 'dry-run' ? 'this was a dry run' : plan.change.because
  return { outcome: 'nothing-to-do', exit: EXIT.ok, serving, text, failures: [] }
}

function confirmed(world: RecordedWorld, { plan }: Conclusion, end: RunEnd): Verdict {
  const { id } = plan.release
  for (const each of end.happenings) {
    if (each.kind !== 'unsettled') continue
    const text = `${each.host}: tidying up after the confirm failed: ${messageOf(each.error)}`
    world.tell({ type: 'warning', code: 'TIDY_FAILED', text })
  }
  if (end.outcome !== 'split') {
    const isBase = plan.purpose === 'base'
    const text = isBase
      ? `${subjectOf(plan)} is kept, and ${id} works with it`
      : `${id} proved itself and is kept`
    return { outcome: 'confirmed', exit: EXIT.ok, serving: id, text, failures: [] }
  }
  const followed = followersIn(end.happenings)
  const behind = plan.hosts.map(({ host }) => host).filter((host) => !followed.has(host))
  const failure = notConverged({ serving: id, behind })
  const text = failure.message
  return { outcome: 'critical', exit: EXIT.critical, serving: id, text, failures: [failure] }
}

/** No host is known to have kept it, and those that were asked said that the run is another's. */
function isTakenOver({ happenings }: RunEnd): boolean {
  return followersIn(happenings).size === 0 && fencesIn(happenings).length > 0
}

/** The hosts that kept it. */
const followersIn = (happenings: readonly Happening[]): ReadonlySet<string> =>
  new Set(
    happenings.flatMap((h) => (h.kind === 'decided' && h.stands === 'commit' ? [h.host] : [])),
  )

/** What was said to a decision that was asked for, if that alone: the lease has gone to another run. */
function fencesIn(happenings: readonly Happening[]): readonly unknown[] {
  const open = happenings.filter(({ kind }) => kind === 'undecided' || kind === 'unsettled')
  const errors = open.flatMap((each) => ('error' in each ? [each.error] : []))
  return errors.every((error) => hasCode(error, 'FENCED')) ? errors : []
}

/**
 * Another run took the lease: it puts back what this one began, and what else went wrong here may
 * have been its doing. Nothing is asked or marked, as nothing of it would be this run's to say.
 */
function takenOver({ plan, fleet, end }: Pick<Conclusion, 'plan' | 'fleet'> & { end: RunEnd }) {
  const fences = fencesIn(end.happenings)
  if (fences.length === 0) return undefined
  const serving = observedOn(fleet, anchorOf(fleet)).current ?? null
  const text = `another run took over, and decides what becomes of ${subjectOf(plan)}`
  const failures = fences.slice(0, 1)
  return { outcome: 'rolled-back' as const, exit: EXIT.rolledBack, serving, text, failures }
}

async function rolledBack(
  world: RecordedWorld,
  { plan, fleet, run }: Conclusion,
  end: RunEnd,
): Promise<Verdict> {
  const robbed = takenOver({ plan, fleet, end })
  if (robbed !== undefined) return robbed
  const cause = firstError(end.happenings) ?? overtaken({ what: subjectOf(plan) })
  const reason = whyBroken(end.happenings)
  const { id: release } = plan.release
  const about = { release, ...aboutOf(plan) }
  world.tell({ type: 'decided', decision: 'rollback', ...about, because: reason })
  const isBad = plan.purpose !== 'base' && (await blame(fleet, { plan, run, cause }))
  const serving = observedOn(fleet, anchorOf(fleet)).current ?? null
  const back = serving ?? 'nothing: the host is as it was before, no release serves'
  const worse = await notPutBack(world, { plan, fleet, end })
  const failures = [cause, ...worse]
  if (worse.length > 0) {
    const text = messageOf(worse[0])
    return { outcome: 'critical', exit: EXIT.critical, serving, text, failures }
  }
  const exit = hasCode(cause, 'INTERRUPTED') ? EXIT.interrupted : EXIT.rolledBack
  const what = subjectOf(plan)
  const not = isBad ? 'was not kept' : 'was not kept, nor marked bad: it can be deployed again'
  const text =
    plan.purpose === 'base'
      ? `${what} was not kept: the old one is back, with its data; ${back} serves`
      : `${what} ${not}; what serves now: ${back}`
  return { outcome: 'rolled-back', exit, serving, text, failures }
}

interface PutBack {
  readonly plan: Plan
  readonly fleet: Fleet
  readonly end: RunEnd
}

/**
 * What is wrong with what was put back: hosts that did not get to its end, else those whose release
 * is not as good as it was.
 */
export async function notPutBack(
  world: World,
  { plan, fleet, end }: PutBack,
): Promise<readonly Failure[]> {
  const open = end.happenings.flatMap((h) =>
    h.kind === 'unsettled' || h.kind === 'undecided' ? [h.host] : [],
  )
  if (open.length > 0) return [rollbackFailed({ hosts: [...new Set(open)] })]
  const asked = await each(plan.hosts, async (host) => {
    const error = await proveBack(world, { fleet, host, purpose: plan.purpose })
    return error === undefined || host.previous === undefined
      ? []
      : [rollbackUnproved({ host: host.host, release: host.previous }, { cause: error })]
  })
  return asked.flat()
}

interface ProveBack {
  readonly fleet: Fleet
  readonly host: Pick<HostPlan, 'host' | 'previous'>
  readonly purpose: Plan['purpose']
  readonly because?: string
}

/** Asks the release that serves whether it still does; what is wrong, if something is. */
export async function proveBack(
  world: World,
  { fleet, host, purpose, because = 'it was put back' }: ProveBack,
): Promise<unknown> {
  const { releases, containers } = observedOn(fleet, host.host)
  const release = releases.find(({ id }) => id === host.previous)?.release
  if (release === undefined) return undefined
  const title = `prove ${release.id} again`
  const about = { step: 'prove-back', host: host.host, title, because }
  const here = hereFor(fleet, host.host)
  const request = {
    host: hostNamed(fleet, host.host),
    release: await provable(world, release, { purpose, here }),
    services: release.services.filter(({ role }) => role !== 'job').map(({ name }) => name),
    accessories: accessoryContainers(release, containers),
    here,
    through: 'front-door' as const,
    slot: release.slot,
    samples: 2,
    intervalMs: 100,
    soakMs: 0,
    timeoutMs: BACK_TIMEOUT_MS,
    clock: world.clock,
    tell: world.tell,
    signal: new AbortController().signal,
  }
  try {
    await told(world, about, () => proveRelease(request))
    return undefined
  } catch (error) {
    return error
  }
}

/** To whoever reads; what is no expected failure goes on as what it is. */
export function tellFailure(world: World, error: unknown): void {
  if (!(error instanceof Failure)) throw error
  world.tell(failedEvent(error))
}

/** The run's last line in every journal. A failure here is said. */
async function record(
  world: RecordedWorld,
  { run, begun, plan, fleet }: Conclusion,
  verdict: Verdict & SchemaVerdict,
): Promise<void> {
  const { backups } = backupsOf(world)
  const note = {
    type: 'run-finished',
    run,
    purpose: plan.purpose,
    release: plan.release.id,
    outcome: verdict.outcome,
    serving: verdict.serving,
    owner: world.owner,
    durationMs: Math.round(world.clock.monotonic() - begun),
    text: world.secrets.scrub(verdict.text),
    ...(verdict.change && { schema: world.secrets.scrubData(verdict.change) }),
    ...(backups.length > 0 ? { backups } : {}),
  }
  const written = await Promise.allSettled(
    fleet.names.map((name) => hostNamed(fleet, name).note(note)),
  )
  for (const each of written) {
    if (each.status === 'fulfilled' || hasCode(each.reason, 'FENCED')) continue
    const text = `the journal could not be written: ${messageOf(each.reason)}`
    world.tell({ type: 'warning', code: 'JOURNAL_NOT_WRITTEN', text })
  }
}

/** Which backups hold the data as it was before this run. */
function backupsOf(world: RecordedWorld): { readonly backups: readonly string[] } {
  const ids = world.recorded().flatMap(({ event }) => {
    if (event.type !== 'noted' || event.about !== 'backup') return []
    const { details } = event
    const isTaken = typeof details === 'object' && details !== null && 'backup' in details
    return isTaken ? [String(details.backup)] : []
  })
  return { backups: [...new Set(ids)] }
}
