import type { Instruction } from '../plan/instruction.ts'
import type { PlannedStep } from '../plan/plan.ts'
import { type Migration, type StartTask, TASK_KEYS, TASK_NAMES } from '../plan/tasks.ts'
import type { HostChange } from './host-change.ts'
import type { Inside, Replacement } from './rollout.ts'

/** A look at the schema is short: what takes longer is no answer. */
const VERSION_SECONDS = 60
/** What a task takes beside its command: its container is made, ended and removed. */
const AROUND_SECONDS = 30

/** The migration, where it comes before anything new has started. */
export function migrateFirst(change: HostChange): PlannedStep[] {
  return isInside(change) ? [] : migrateSteps(change)
}

/** Its way back, once the new has stopped and before the old is what it was. */
export function undoLast(change: HostChange): Instruction[] {
  return isInside(change) ? [] : undoMigration(change)
}

/** Tasks of services that have started beside the old ones. */
export function tasksBeside(change: HostChange): PlannedStep[] {
  return taskSteps(change, (service) => !isHandedOver(change, service))
}

export function endTasksBeside(change: HostChange): Instruction[] {
  return endTasks(change, (service) => !isHandedOver(change, service))
}

/** What is done while neither the old nor the new of these runs, or once the new has started. */
export function insideHandover(change: HostChange, group: readonly Replacement[]): Inside {
  const isOf = (name: string): boolean => group.some(({ service }) => service.name === name)
  const migration = change.chores?.migration
  const migrates = migration !== undefined && isOf(migration.service)
  const old = group.flatMap((each) => each.old?.containers ?? [])
  return {
    migrate: migrates ? migrateSteps(change, old) : [],
    tasks: taskSteps(change, isOf),
    undo: [...endTasks(change, isOf), ...(migrates ? undoMigration(change, old) : [])],
  }
}

/** A service that is handed over writes what none may write beside it, and so may its migration. */
function isInside(change: HostChange): boolean {
  const { migration } = change.chores ?? {}
  return migration !== undefined && isHandedOver(change, migration.service)
}

function isHandedOver({ replacements }: HostChange, name: string): boolean {
  return replacements.some(({ service }) => service.name === name && service.rollout === 'handover')
}

function migrateSteps(change: HostChange, apart: readonly string[] = []): PlannedStep[] {
  const { migration } = change.chores ?? {}
  if (migration === undefined) return []
  const { title, seconds, hasVersion } = migration
  const look = (name: string): Task[] => (hasVersion ? [version(change, name)] : [])
  const looks = hasVersion ? 2 * (VERSION_SECONDS + AROUND_SECONDS) : 0
  return [
    {
      kind: 'change',
      id: 'migrate',
      title: `migrate: ${title}`,
      because: isInside(change)
        ? 'the old ones have stopped, and the new need the new schema'
        : 'the new release needs the new schema before it starts; the old one goes on serving',
      instructions: standApart(apart, [
        ...look(TASK_NAMES.versionBefore),
        { ...common(change), do: 'task', ...MIGRATE, seconds },
        ...look(TASK_NAMES.versionAfter),
      ]),
      timeoutSeconds: seconds + AROUND_SECONDS + looks,
      movesTraffic: false,
    },
  ]
}

const MIGRATE = { service: TASK_KEYS.migrate, name: TASK_NAMES.migrate } as const

/** It only looks, so that it may look again; that it could not is told, and stops nothing. */
function version(change: HostChange, name: string, after?: string): Task {
  const look = { service: TASK_KEYS.version, name, seconds: VERSION_SECONDS } as const
  const when = after === undefined ? {} : { after }
  return { ...common(change), do: 'task', ...look, again: true, lenient: true, ...when }
}

/**
 * Whatever of it still runs is ended first. With a version, only what moved is undone, and an undo
 * that was cut off is tried again; without one, all that is known is that it was begun.
 */
function undoMigration(change: HostChange, apart: readonly string[] = []): Instruction[] {
  const { migration } = change.chores ?? {}
  if (migration === undefined) return []
  const after = TASK_NAMES.migrate
  const look = migration.hasVersion ? [version(change, TASK_NAMES.versionNow, after)] : []
  const undo = migration.hasUndo ? [undoOf(change, migration)] : []
  const again = undo.length > 0 ? look : []
  return [
    { ...common(change), do: 'end-task', ...MIGRATE },
    ...standApart(apart, [...look, ...undo, ...again]),
  ]
}

/** The old ones have stopped, and a server that has lost its power meanwhile starts them again. */
function standApart(apart: readonly string[], list: readonly Task[]): Task[] {
  return list.map((task) => (apart.length === 0 ? task : { ...task, apart }))
}

type Task = Extract<Instruction, { readonly do: 'task' }>

function undoOf(change: HostChange, { seconds, hasVersion }: Migration): Task {
  const moved = [TASK_NAMES.versionBefore, TASK_NAMES.versionNow] as const
  return {
    ...common(change),
    do: 'task',
    service: TASK_KEYS.undo,
    name: TASK_NAMES.undo,
    seconds,
    lenient: true,
    after: TASK_NAMES.migrate,
    ...(hasVersion ? { again: true as const, moved } : {}),
  }
}

type OfService = (service: string) => boolean

function taskSteps(change: HostChange, isOf: OfService): PlannedStep[] {
  const wanted = tasksOf(change, isOf)
  if (wanted.length === 0) return []
  return [
    {
      kind: 'change',
      id: `tasks-${wanted.map(({ index }) => index + 1).join('-')}`,
      title: `run ${wanted.map(({ task }) => task.title).join(', ')}`,
      because: 'the release has started, and is not proved yet',
      instructions: wanted.map(({ task, index }) => ({
        ...common(change),
        do: 'task',
        ...keysOf(index),
        seconds: task.seconds,
      })),
      timeoutSeconds: wanted.reduce((sum, { task }) => sum + task.seconds + AROUND_SECONDS, 0),
      movesTraffic: false,
    },
  ]
}

function endTasks(change: HostChange, isOf: OfService): Instruction[] {
  return tasksOf(change, isOf).map(({ index }) => ({
    ...common(change),
    do: 'end-task',
    ...keysOf(index),
  }))
}

function tasksOf({ chores }: HostChange, isOf: OfService): { task: StartTask; index: number }[] {
  const all = (chores?.tasks ?? []).map((task, index) => ({ task, index }))
  return all.filter(({ task }) => isOf(task.service))
}

function keysOf(index: number): { readonly service: string; readonly name: string } {
  return { service: TASK_KEYS.task(index), name: TASK_NAMES.task(index) }
}

function common({ release, file }: HostChange): {
  readonly project: string
  readonly file: string
} {
  return { project: release.project, file }
}
