import { EXIT } from '../../base/exit.ts'
import { failedEvent } from '../../base/failed-event.ts'
import { Failure } from '../../base/failure.ts'
import type { AppConfig } from '../../config/app-config.ts'
import { servingRelease } from '../../rollouts/old-release.ts'
import { declined } from '../failures.ts'
import { type Fleet, anchorOf, connectFleet, each, hostNamed, observedOn } from '../fleet.ts'
import { messageOf } from '../messages.ts'
import { type Verdict, proveBack } from '../run/conclude.ts'
import { giveBack, keepLeases, takeLeases } from '../run/leases.ts'
import { type Run, oneRun } from '../run/one-run.ts'
import { inPhase } from '../run/phase.ts'
import { recover } from '../run/recover.ts'
import { told } from '../run/told.ts'
import type { Outcome, World } from '../world.ts'
import { shapeOn } from './create.ts'
import { backupUnknown, restoreFailed, restoreLost, restoreUnproved } from './failures.ts'
import { type Return, returnOf } from './restoring.ts'
import { idFor, plain, takeBackups } from './take.ts'

export interface RestoreRequest {
  readonly config: AppConfig
  readonly backup: string
  /** Restore although what is there cannot be backed up first. */
  readonly withoutCopy: boolean
  readonly agree: (lines: readonly string[]) => Promise<boolean>
  readonly dryRun: boolean
  readonly steal: boolean
  readonly waitMs: number
}

/**
 * Puts a backup back: what is there is backed up first, what would write stops, and when it is done the
 * release that serves has to prove itself on it.
 */
export function restoreBackup(outer: World, request: RestoreRequest): Promise<Outcome> {
  const { config, dryRun } = request
  return oneRun(outer, { config, purpose: 'restore', dryRun }, async (run) => {
    const { world } = run
    const phase = { phase: 'connect', title: 'connect' }
    const fleet = await inPhase(world, phase, () => connectFleet(world, config))
    run.meet(fleet)
    const returns = returnsOf(request, fleet)
    const lines = returns.flatMap((each) => planLines(each, request))
    world.tell({ type: 'plan-made', plan: { purpose: 'restore', lines }, lines })
    if (dryRun) return verdict(fleet, { outcome: 'nothing-to-do', text: 'this was a dry run' })
    if (!(await request.agree(lines))) throw declined({ purpose: 'restore' })
    run.begin()
    return underLease(run, request, fleet)
  })
}

/** Hosts have their own data: a backup of this name is put back wherever it lies. */
function returnsOf({ config, backup }: RestoreRequest, fleet: Fleet): readonly Return[] {
  shapeOn(fleet)
  const found = fleet.names.flatMap((name) => {
    const observed = observedOn(fleet, name)
    const serving = servingRelease(observed)
    const record = observed.backups.find(({ id }) => id === backup)
    if (record === undefined || serving === undefined) return []
    return [returnOf(config, { observed, record, serving })]
  })
  if (found.length > 0) return found
  const known = fleet.names.flatMap((name) => observedOn(fleet, name).backups.map(({ id }) => id))
  throw backupUnknown({ backup, newest: known.toSorted().reverse().slice(0, 3) })
}

function planLines({ host, record, stop }: Return, { withoutCopy }: RestoreRequest): string[] {
  const { about, takenAt, id } = record
  const when = new Date(takenAt * 1000).toISOString().replace('T', ' ').slice(0, 16)
  const served = about.release === undefined ? '' : `, when ${about.release} served`
  return [
    `restore ${about.title} on ${host} as it was at ${when} UTC${served} (${id}):`,
    withoutCopy
      ? '  1. nothing is backed up before: what is there now is lost'
      : '  1. back up what is there now',
    `  2. stop ${stop.join(', ') || 'nothing'}: requests wait, and fail after a while`,
    '  3. put the backup back, and ask it a question; where it fails, what was there stays',
    '  4. start them again, and prove the release on it',
    `  everything that was written to it since is gone then`,
  ]
}

async function underLease(run: Run, request: RestoreRequest, seen: Fleet): Promise<Verdict> {
  const { config, steal, waitMs } = request
  const { world } = run
  const ttlSeconds = config.watchdogSeconds
  const purpose = `restore of ${config.environment}`
  const want = { run: run.id, purpose, ttlSeconds, steal, waitMs }
  const leased = await takeLeases(world, seen, want)
  run.hold()
  const leases = keepLeases(world, leased, ttlSeconds)
  try {
    const fleet = await recover(world, leased)
    const returns = returnsOf(request, fleet)
    const safety = request.withoutCopy
      ? new Map<string, string>()
      : await copyFirst(run, request, { fleet, returns })
    const title = `restore ${request.backup}`
    await inPhase(world, { phase: 'restore', title }, () =>
      each(returns, (one) => putBack(world, { config, fleet, one, safety })),
    )
    const failures = await provedAgain(world, fleet, request.backup)
    const done = `${request.backup} is restored`
    const copy =
      safety.size === 0
        ? ''
        : `; what was there before: ${[...new Set(safety.values())].join(', ')}`
    const end = failures[0]
      ? verdict(fleet, { outcome: 'critical', text: messageOf(failures[0]), failures })
      : verdict(fleet, { outcome: 'confirmed', text: `${done}${copy}` })
    for (const failure of failures) world.tell(failedEvent(failure))
    await note(run, fleet, end)
    return end
  } finally {
    leases.stop()
    await giveBack(leased)
  }
}

/** What is there now, under names that are known before: a restore that fails needs them. */
async function copyFirst(
  { world, id: run }: Run,
  { config }: RestoreRequest,
  { fleet, returns }: { fleet: Fleet; returns: readonly Return[] },
): Promise<ReadonlyMap<string, string>> {
  const ids = new Map(
    returns.map(({ host, subject }) => {
      const { name } = subject.target
      return [host, idFor(observedOn(fleet, host), name, world.clock.now())]
    }),
  )
  const only = returns.map(({ subject }) => subject.target.name)
  const names = returns.map(({ host }) => host)
  const shape = shapeOn(fleet)
  const named = new Map(
    returns.map(({ host, subject }) => [`${host} ${subject.target.name}`, ids.get(host) ?? '']),
  )
  const request = { config, fleet: { ...fleet, names }, shape, run, only } as const
  await inPhase(world, { phase: 'backup', title: 'back up what is there now' }, () =>
    takeBackups(world, { ...request, purpose: 'safety', ids: named }),
  )
  return ids
}

interface Putting {
  readonly config: AppConfig
  readonly fleet: Fleet
  readonly one: Return
  readonly safety: ReadonlyMap<string, string>
}

/** One action: whatever becomes of the link or of us, the host carries it through. */
async function putBack(world: World, { config, fleet, one, safety }: Putting): Promise<void> {
  const { host, record, restoring, check, stop } = one
  const backup = record.id
  const title = `restore ${record.about.title}`
  const copy = safety.get(host) ?? null
  const step = 'restore'
  const because = copy === null ? 'no copy was wanted' : `what was there is safe: ${copy}`
  const onProgress = (text: string) => {
    world.tell({ type: 'progress', host, step, text })
    const [, found] = /^checked: (.*)/.exec(text) ?? []
    if (found !== undefined) tellFound(world, { host, backup, found: found.trim() })
  }
  await told(world, { step, host, title, because }, async () => {
    try {
      await hostNamed(fleet, host).act({
        number: 700,
        title,
        guard: 'none',
        instructions: [
          { do: 'restore-backup', backup, safety: copy, after: 'go-on', check, stop, ...restoring },
        ],
        timeoutSeconds: 2 * config.backups.timeoutSeconds,
        onProgress,
      })
    } catch (error) {
      const { stateRoot } = observedOn(fleet, host).facts
      const folder = `${stateRoot}/${config.app}/${config.environment}/backups`
      throw failureOf(error, { host, backup, safety: copy, folder })
    }
  })
}

function tellFound(world: World, details: { host: string; backup: string; found: string }): void {
  const text = `${details.backup} on ${details.host}: ${details.found}`
  world.tell({ type: 'noted', about: 'restored', text, details })
}

/** What the kit says last when it could put nothing back. */
const LOST = 'what was there before is NOT back'
const KEPT = /^what was there before is (back|still there)$/

function failureOf(
  error: unknown,
  about: { host: string; backup: string; safety: string | null; folder: string },
): unknown {
  if (!(error instanceof Failure)) return error
  const { evidence, code } = error
  const isOurs =
    code === 'ACTION_FAILED' || code === 'ACTION_TIMED_OUT' || code === 'ACTION_CANCELLED'
  if (!isOurs) return error
  // Cut off in the middle, nobody can say what there is now.
  if (evidence.includes(LOST) || code !== 'ACTION_FAILED') {
    return restoreLost(about, { cause: error, evidence })
  }
  const said = evidence.filter((line) => !KEPT.test(line) && line !== 'it was not restored')
  const reason = plain(said.at(-1) ?? error.message)
  return restoreFailed({ ...about, reason }, { cause: error, evidence: said.slice(0, -1) })
}

async function provedAgain(world: World, fleet: Fleet, backup: string): Promise<Failure[]> {
  const asked = await each(fleet.names, async (host) => {
    const { current: previous } = observedOn(fleet, host)
    if (previous === undefined) return []
    const because = 'its data is another one'
    const error = await proveBack(world, {
      fleet,
      host: { host, previous },
      purpose: 'restart',
      because,
    })
    if (error === undefined) return []
    return [restoreUnproved({ host, release: previous, backup }, { cause: error })]
  })
  return asked.flat()
}

async function note(run: Run, fleet: Fleet, { outcome, text }: Verdict): Promise<void> {
  const { world, id, begun } = run
  const durationMs = Math.round(world.clock.monotonic() - begun)
  await Promise.allSettled(
    fleet.names.map((name) => {
      const release = observedOn(fleet, name).current ?? ''
      const entry = {
        run: id,
        purpose: 'restore',
        release,
        outcome,
        owner: world.owner,
        durationMs,
      }
      return hostNamed(fleet, name).note({ type: 'run-finished', ...entry, text })
    }),
  )
}

function verdict(
  fleet: Fleet,
  end: Pick<Verdict, 'outcome' | 'text'> & Partial<Pick<Verdict, 'failures'>>,
): Verdict {
  const { outcome, text, failures = [] } = end
  const serving = observedOn(fleet, anchorOf(fleet)).current ?? null
  const exit = outcome === 'critical' ? EXIT.critical : EXIT.ok
  return { outcome, exit, serving, text, failures }
}
