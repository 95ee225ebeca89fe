import { backupOf } from '../../backups/index.ts'
import type { AppConfig } from '../../config/app-config.ts'
import { newestFirst } from '../../plan/backup.ts'
import type { BackupInstruction } from '../../plan/instruction.ts'
import type { HostPlan, Note, Plan, PlannedStep } from '../../plan/plan.ts'
import type { Observed } from '../../plan/observed.ts'
import { longRunning } from '../../rollouts/lists.ts'
import { servingRelease } from '../../rollouts/old-release.ts'
import { type Fleet, hostNamed, observedOn } from '../fleet.ts'
import { inPhase } from '../run/phase.ts'
import type { World } from '../world.ts'
import { backupDamaged, noWayBack } from './failures.ts'
import { type Return, returnOf } from './restoring.ts'
import { isWayBack } from './retention.ts'
import { subjectOn } from './subjects.ts'
import { idFor, takeBackups } from './take.ts'

/** One thing that goes back with a release, and what its copy of before will be called. */
export interface DataReturn extends Return {
  readonly safety: string
}

/**
 * The data as a release left it, on every host: the newest backup that was made for the release that
 * took its place. All of it or none: a part alone may fit neither release.
 */
export function dataOf(
  config: AppConfig,
  { fleet, to, now }: { fleet: Fleet; to: string; now: number },
): readonly DataReturn[] {
  return fleet.names.flatMap((host) => {
    const observed = observedOn(fleet, host)
    const serving = servingRelease(observed)
    if (serving === undefined) return []
    return config.backup.flatMap((target) => {
      if (subjectOn(observed, serving, target) === undefined) return []
      const record = wayBack(observed, { name: target.name, to })
      if (record === undefined) {
        throw noWayBack({ host, release: to, of: backupOf(target).title(target) })
      }
      const one = returnOf(config, { observed, record, serving })
      return [{ ...one, safety: idFor(observed, target.name, now) }]
    })
  })
}

function wayBack({ backups }: Observed, { name, to }: { name: string; to: string }) {
  const own = backups.filter(({ about }) => about.name === name && isWayBack(about, to))
  return own.toSorted(newestFirst)[0]
}

/** What is said of the data where it stays as it is. */
export function dataNotes(config: AppConfig, fleet: Fleet, to: string): Note[] {
  if (config.backup.length === 0) return []
  const ids = fleet.names.flatMap((host) =>
    config.backup.flatMap(({ name }) => wayBack(observedOn(fleet, host), { name, to })?.id ?? []),
  )
  const there =
    ids.length === 0
      ? `there is no backup of how ${to} left it`
      : `--restore puts back how ${to} left it: ${[...new Set(ids)].join(', ')}`
  return [{ level: 'info', about: 'data', text: `it stays as it is; ${there}` }]
}

/**
 * A plan that puts the data back first. What serves stops for it: its own copy of before is in the list
 * that goes back, so that whatever fails afterwards ends with the release and the data of before.
 */
export function withData(plan: Plan, returns: readonly DataReturn[], config: AppConfig): Plan {
  if (returns.length === 0) return plan
  const what = returns.map(({ subject }) => backupOf(subject.target).title(subject.target))
  const from = returns.map(({ record }) => record.id)
  const text =
    `${[...new Set(what)].join(', ')} as ${plan.release.id} left it (${[...new Set(from)].join(', ')}); ` +
    'what was written since is gone then, and while it is put back requests wait or fail'
  const hosts = plan.hosts.map((host) => {
    const own = returns.filter((each) => each.host === host.host)
    return own.length === 0 ? host : hostWithData(host, own, config)
  })
  return { ...plan, hosts, notes: [...plan.notes, { level: 'warning', about: 'data', text }] }
}

function hostWithData(
  host: HostPlan,
  returns: readonly DataReturn[],
  { backups }: AppConfig,
): HostPlan {
  const old = [...new Set(returns.flatMap(({ stop }) => stop))]
  const fresh = longRunning(host.release)
  const step: PlannedStep = {
    kind: 'change',
    id: 'restore',
    title: `stop ${host.previous ?? 'what serves'}, and put the data back as ${host.release.id} left it`,
    because: 'asked for by --restore; what is there now is backed up before',
    instructions: returns.map(forth),
    timeoutSeconds: 2 * backups.timeoutSeconds * returns.length,
    movesTraffic: false,
  }
  // Of what stopped nothing starts before all of the data is there again.
  const undo = returns.map((each) => back(each, [...new Set([...fresh, ...old])]))
  const again = old.length === 0 ? [] : [{ do: 'start' as const, containers: old }]
  return { ...host, steps: [step, ...host.steps], back: [...undo, ...again, ...host.back] }
}

function forth({ record, safety, restoring, check, stop }: DataReturn): BackupInstruction {
  const { id: backup } = record
  return { do: 'restore-backup', backup, safety, after: 'stay-down', check, stop, ...restoring }
}

function back({ safety, restoring }: DataReturn, stop: readonly string[]): BackupInstruction {
  return { do: 'undo-restore', safety, start: [], stop, ...restoring }
}

/** The copies of what is there, by the names that the plan has given them. */
export async function copyData(
  world: World,
  { config, fleet, plan, run }: { config: AppConfig; fleet: Fleet; plan: Plan; run: string },
  returns: readonly DataReturn[],
): Promise<void> {
  if (returns.length === 0) return
  const ids = new Map(
    returns.map(({ host, subject, safety }) => [`${host} ${subject.target.name}`, safety]),
  )
  const request = { config, fleet, shape: plan.release, run, purpose: 'safety', ids } as const
  await inPhase(world, { phase: 'backup', title: 'back up what is there now' }, () =>
    takeBackups(world, request),
  )
}

/** Of a dry run: that each backup can be read, and is what was written. Touches nothing. */
export async function mustBeReadable(
  fleet: Fleet,
  returns: readonly DataReturn[],
  config: AppConfig,
) {
  const { app, environment } = config
  for (const { host, record } of returns) {
    const { stateRoot } = observedOn(fleet, host).facts
    const path = `${stateRoot}/${app}/${environment}/backups/${record.file}`
    const { code, stdout } = await hostNamed(fleet, host).run(['sha256sum', path])
    if (code === 0 && stdout.startsWith(record.sha256)) continue
    const reason = code === 0 ? 'its file has another checksum' : 'its file cannot be read'
    throw backupDamaged({ host, backup: record.id, reason })
  }
}
