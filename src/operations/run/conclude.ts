import { proveRelease } from '../../checks/until.ts'
import { EXIT, type ExitCode } from '../../base/exit.ts'
import { failedEvent } from '../../base/failed-event.ts'
import { Failure } from '../../base/failure.ts'
import type { RunEnd } from '../../pipeline/run.ts'
import { accessoryContainers } from '../../plan/accessories.ts'
import { type HostPlan, type Plan, subjectOf } from '../../plan/plan.ts'
import { blame } from './blame.ts'
import { aboutOf, firstError, provable, whyBroken } from './carry-out.ts'
import { notConverged, overtaken, rollbackFailed, rollbackUnproved } from '../failures.ts'
import { type Fleet, anchorOf, each, hostNamed, observedOn } from '../fleet.ts'
import { hasCode, messageOf } from '../messages.ts'
import type { RecordedWorld } from './recording.ts'
import { told } from './told.ts'

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
  const verdict =
    outcome === 'confirmed' || outcome === 'split'
      ? confirmed(world, conclusion, end.end)
      : await rolledBack(world, conclusion, end.end)
  for (const failure of verdict.failures) tellFailure(world, failure)
  await record(world, conclusion, verdict)
  return verdict
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
  const followed = new Set(
    end.happenings.flatMap((h) => (h.kind === 'decided' && h.stands === 'commit' ? [h.host] : [])),
  )
  const behind = plan.hosts.map(({ host }) => host).filter((host) => !followed.has(host))
  const failure = notConverged({ serving: id, behind })
  const text = failure.message
  return { outcome: 'critical', exit: EXIT.critical, serving: id, text, failures: [failure] }
}

/**
 * Another run took the lease: it puts back what this one began, and what else went wrong here may
 * have been its doing. Nothing is asked or marked, as nothing of it would be this run's to say.
 */
function takenOver({ plan, fleet, end }: Pick<Conclusion, 'plan' | 'fleet'> & { end: RunEnd }) {
  const open = end.happenings.filter(({ kind }) => kind === 'undecided' || kind === 'unsettled')
  const fences = open.flatMap((each) => ('error' in each ? [each.error] : []))
  if (fences.length === 0 || !fences.every((error) => hasCode(error, 'FENCED'))) return undefined
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
  const unsettled = end.happenings.flatMap((h) =>
    h.kind === 'unsettled' || h.kind === 'undecided' ? [h.host] : [],
  )
  const worse =
    unsettled.length > 0
      ? [rollbackFailed({ hosts: [...new Set(unsettled)] })]
      : await unproved(world, { plan, fleet })
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

/** Asks the releases that serve again whether they are as good as they were. */
async function unproved(
  world: RecordedWorld,
  { plan, fleet }: { plan: Plan; fleet: Fleet },
): Promise<Failure[]> {
  const asked = await each(plan.hosts, async (host) => {
    const error = await proveBack(world, { fleet, host, purpose: plan.purpose })
    return error === undefined || host.previous === undefined
      ? []
      : [rollbackUnproved({ host: host.host, release: host.previous }, { cause: error })]
  })
  return asked.flat()
}

async function proveBack(
  world: RecordedWorld,
  { fleet, host, purpose }: { fleet: Fleet; host: HostPlan; purpose: Plan['purpose'] },
): Promise<unknown> {
  const { releases, containers } = observedOn(fleet, host.host)
  const release = releases.find(({ id }) => id === host.previous)?.release
  if (release === undefined) return undefined
  const title = `prove ${release.id} again`
  const about = { step: 'prove-back', host: host.host, title, because: 'it was put back' }
  const request = {
    host: hostNamed(fleet, host.host),
    release: provable(release, purpose),
    services: release.services.filter(({ role }) => role !== 'job').map(({ name }) => name),
    accessories: accessoryContainers(release, containers),
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

function tellFailure(world: RecordedWorld, error: unknown): void {
  if (!(error instanceof Failure)) throw error
  world.tell(failedEvent(error))
}

/** The run's last line in every journal. A failure here is said. */
async function record(
  world: RecordedWorld,
  { run, begun, plan, fleet }: Conclusion,
  verdict: Verdict,
): Promise<void> {
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
