import { formatDuration } from '../../base/duration.ts'
import type { AppConfig } from '../../config/app-config.ts'
import type { Note } from '../../plan/plan.ts'
import type { Release } from '../../plan/release.ts'
import type { Command } from '../../plan/render/request.ts'
import { type Chores, TASK_KEYS } from '../../plan/tasks.ts'

/** The commands that a release's file has services for. */
export function commandsOf({ migrate, tasks }: AppConfig): Command[] {
  const { service = '', run, undo, version } = migrate ?? {}
  const path = 'migrate.service'
  const of = (key: string, argv: readonly string[] | undefined): Command[] =>
    argv === undefined ? [] : [{ key, service, argv, path }]
  return [
    ...of(TASK_KEYS.migrate, run),
    ...of(TASK_KEYS.undo, undo),
    ...of(TASK_KEYS.version, version),
    ...tasks.map((task, index) => {
      const key = TASK_KEYS.task(index)
      return { key, service: task.service, argv: task.run, path: `tasks[${index}].service` }
    }),
  ]
}

/** What a deployment runs on a host: the migration on one alone, as all share what it changes. */
export function choresOf(
  { migrate, tasks }: AppConfig,
  { isAnchor }: { isAnchor: boolean },
): Chores {
  const chores = {
    tasks: tasks.map(({ service, name, timeoutMs }) => startTask(service, name, timeoutMs)),
  }
  if (migrate === undefined || !isAnchor) return chores
  const { service, name: title, timeoutMs, undo, version } = migrate
  const seconds = secondsOf(timeoutMs)
  const known = { hasUndo: undo !== undefined, hasVersion: version !== undefined }
  return { ...chores, migration: { service, title, seconds, ...known } }
}

function startTask(service: string, title: string, timeoutMs: number) {
  return { service, title, seconds: secondsOf(timeoutMs) }
}

function secondsOf(ms: number): number {
  return Math.ceil(ms / 1000)
}

/** What is to be known of a migration before it runs. */
export function migrateNotes(
  { migrate, hosts }: AppConfig,
  { release, anchor }: { release: Release; anchor: string },
): Note[] {
  if (migrate === undefined) return []
  const about = 'migrate'
  const service = release.services.find(({ name }) => name === migrate.service)
  const info = (text: string): Note => ({ level: 'info', about, text })
  const warning = (text: string): Note => ({ level: 'warning', about, text })
  const { rollout, routes = [], holdSeconds = 0 } = service ?? {}
  const isHeld = rollout === 'handover' && routes.length > 0
  const most = formatDuration(migrate.timeoutMs)
  return [
    ...(hosts.length > 1 ? [info(`runs on ${anchor} alone, which goes before the others`)] : []),
    ...(isHeld ? [info(`requests wait for it, up to ${holdSeconds} s; it may take ${most}`)] : []),
    ...(migrate.undo === undefined ? [info(NO_UNDO)] : []),
    ...(migrate.undo !== undefined && migrate.version === undefined ? [warning(BLIND_UNDO)] : []),
  ]
}

const NO_UNDO =
  'without undo, a release that fails after it moves the code back, and not the schema'
const BLIND_UNDO =
  'undo runs whenever the migration has begun, even if it changed nothing: name version, so that ' +
  'only a schema that moved is moved back'
