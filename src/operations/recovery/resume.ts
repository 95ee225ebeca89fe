import { EXIT } from '../../base/exit.ts'
import { Failure } from '../../base/failure.ts'
import { declined, rollbackFailed } from '../failures.ts'
import {
  type Fleet,
  anchorOf,
  connectFleet,
  each,
  hostNamed,
  observeFleet,
  observedOn,
  roundTripsOf,
} from '../fleet.ts'
import { hasCode, messageOf } from '../messages.ts'
import { readWritten } from '../draft/written.ts'
import { type Verdict, proveBack, tellFailure } from '../run/conclude.ts'
import { giveBack, keepingLeases, takeLeases } from '../run/leases.ts'
import { type Run, oneRun } from '../run/one-run.ts'
import { inPhase } from '../run/phase.ts'
import { recover } from '../run/recover.ts'
import type { Outcome, RunRequest, World } from '../world.ts'
import { type CaughtUp, catchUp } from './catch-up.ts'
import { resumeUnproved } from './failures.ts'
import { type LeftOver, leftOvers, linesOf, stragglers } from './left.ts'

export interface ResumeRequest extends Omit<RunRequest, 'agree'> {
  /** Shows what was left, and what becomes of it; resolves to whether to go on. */
  readonly agree: (lines: readonly string[]) => Promise<boolean>
}

/**
 * Ends what an unfinished run left, by what was decided: finished, or put back. Hosts that missed the
 * fleet's decision follow it. What serves then is proved.
 */
export function resume(outer: World, request: ResumeRequest): Promise<Outcome> {
  const { config, dryRun } = request
  const purpose = 'resume'
  return oneRun(outer, { config, purpose, dryRun }, async (run) => {
    const { world } = run
    await readWritten(world, config)
    const phase = { phase: 'connect', title: 'connect' }
    const fleet = await inPhase(world, phase, () => connectFleet(world, config))
    run.meet(fleet)
    tellDamage(world, fleet)
    if (isWhole(fleet))
      return ended(fleet, { text: `nothing is left unfinished${underWay(fleet)}` })
    const lines = linesOf(fleet)
    world.tell({ type: 'plan-made', plan: { purpose, lines }, lines })
    if (dryRun) return ended(fleet, { text: 'this was a dry run' })
    if (!(await request.agree(lines))) throw declined({ purpose })
    run.begin()
    return resumeUnderLease(run, request, fleet)
  })
}

/** Nothing is guessed from what cannot be read: what was decided stands in a file of its own. */
function tellDamage({ tell }: World, fleet: Fleet): void {
  for (const name of fleet.names) {
    const { damagedJournalLines: lines } = observedOn(fleet, name)
    if (lines.length === 0) continue
    const which = `line ${lines.slice(0, 5).join(', ')} of its journal`
    const text = `${name}: ${which} cannot be read and is left out; nothing here depends on it`
    tell({ type: 'warning', code: 'JOURNAL_DAMAGED', text })
  }
}

/** No run is open, and all serve what the anchor serves. */
function isWhole(fleet: Fleet): boolean {
  return leftOvers(fleet).length === 0 && stragglers(fleet).hosts.length === 0
}

/** Whoever asks this may think of a run that goes on elsewhere. */
function underWay(fleet: Fleet): string {
  const lease = fleet.names
    .map((name) => observedOn(fleet, name).lease)
    .find((each) => each !== undefined && each.secondsLeft > 0)
  return lease === undefined ? '' : `, and ${lease.owner} is at work: ${lease.purpose}`
}

async function resumeUnderLease(run: Run, request: ResumeRequest, seen: Fleet): Promise<Verdict> {
  const { config, steal, waitMs } = request
  const { world } = run
  const purpose = `resume of ${config.environment}`
  const ttlSeconds = config.watchdogSeconds
  const want = { run: run.id, purpose, ttlSeconds, steal, waitMs }
  const roundTripsBefore = roundTripsOf(seen)
  const leased = await inPhase(world, { phase: 'lease', title: 'take the lease' }, () =>
    takeLeases(world, seen, want),
  )
  run.hold()
  try {
    const left = leftOvers(leased)
    const title = 'end what was left'
    const after = await inPhase(world, { phase: 'recover', title }, () =>
      keepingLeases(world, { fleet: leased, ttlSeconds }, () => recovered(world, leased)),
    )
    if (!(after instanceof Failure)) {
      const caught = await catchUp(run, { config, fleet: after, roundTripsBefore })
      return await concluded(run, { left, caught, fleet: await observeFleet(after) })
    }
    return await stuck(run, leased, after)
  } finally {
    await giveBack(leased)
  }
}

/** All hosts are tried; a failure to put something back is an answer, unless another run took over. */
async function recovered(world: World, fleet: Fleet): Promise<Fleet | Failure> {
  try {
    return await recover(world, fleet)
  } catch (error) {
    if (error instanceof Failure && !hasCode(error, 'FENCED')) return error
    throw error
  }
}

/** A host did not get to the end of it: it is tried again by whoever comes next. */
async function stuck(run: Run, fleet: Fleet, cause: Failure): Promise<Verdict> {
  const hosts = leftOvers(fleet).map(({ host }) => host)
  const failures = [cause, rollbackFailed({ hosts })]
  return tell(run, fleet, critical(fleet, failures))
}

interface Ended {
  readonly left: readonly LeftOver[]
  readonly caught: CaughtUp
  readonly fleet: Fleet
}

async function concluded(run: Run, { left, caught, fleet }: Ended): Promise<Verdict> {
  const failures = [...caught.failures, ...(await unproved(run, { left, fleet }))]
  if (failures.length > 0) return tell(run, fleet, critical(fleet, failures))
  const { followed } = caught
  if (left.length === 0 && followed.length === 0) {
    return tell(run, fleet, ended(fleet, { text: 'its host had ended it by itself meanwhile' }))
  }
  const text = textOf(fleet, { left, followed })
  return tell(run, fleet, { ...ended(fleet, { text }), outcome: 'confirmed' })
}

/** Asks what serves where a run was ended: what followed the fleet was asked already. */
async function unproved(run: Run, { left, fleet }: Omit<Ended, 'caught'>): Promise<Failure[]> {
  const asked = await each(left, async ({ host, release, previous }) => {
    const serving = observedOn(fleet, host).current
    if (serving === undefined) return []
    const error = await proveBack(run.world, {
      fleet,
      host: { host, previous: serving },
      purpose: release === previous ? 'base' : 'resume',
      because: 'a run that was cut off has been ended there',
    })
    return error === undefined ? [] : [resumeUnproved({ host, release: serving }, { cause: error })]
  })
  return asked.flat()
}

function textOf(
  fleet: Fleet,
  { left, followed }: { left: readonly LeftOver[]; followed: readonly string[] },
): string {
  const serving = observedOn(fleet, anchorOf(fleet)).current
  const runs = [...new Map(left.map((each) => [each.run, each])).values()]
  const ends = runs.map(({ release, previous, ends: how }) => {
    const what = release === previous ? 'the change of the base' : release
    return how === 'commit' ? `${what} is finished` : `${what} is undone`
  })
  const follow = followed.length === 0 ? [] : [`${followed.join(', ')} followed the others`]
  const done = [...ends, ...follow].join('; ')
  return serving === undefined
    ? `${done}: no release serves, as before`
    : `${done}: ${serving} serves, and passes its checks`
}

function ended(fleet: Fleet, { text }: { text: string }): Verdict {
  const serving = observedOn(fleet, anchorOf(fleet)).current ?? null
  return { outcome: 'nothing-to-do', exit: EXIT.ok, serving, text, failures: [] }
}

function critical(fleet: Fleet, failures: readonly unknown[]): Verdict {
  const text = messageOf(failures.at(-1))
  return { ...ended(fleet, { text }), outcome: 'critical', exit: EXIT.critical, failures }
}

/** The failures to whoever reads, the end to every journal. */
async function tell(run: Run, fleet: Fleet, verdict: Verdict): Promise<Verdict> {
  const { world, id, begun } = run
  for (const failure of verdict.failures) tellFailure(world, failure)
  const note = {
    type: 'run-finished',
    run: id,
    purpose: 'resume',
    release: verdict.serving ?? '',
    outcome: verdict.outcome,
    owner: world.owner,
    durationMs: Math.round(world.clock.monotonic() - begun),
    text: world.secrets.scrub(verdict.text),
  }
  await Promise.allSettled(fleet.names.map((name) => hostNamed(fleet, name).note(note)))
  return verdict
}
