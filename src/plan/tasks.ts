/**
 * Commands that run once for a release: its migration, what undoes it, and what follows its start.
 * Each is a service of the release's file, under a key that no other can have: those end in the
 * release's number.
 */
export const TASK_KEYS = {
  migrate: 'belay-migrate',
  undo: 'belay-undo',
  version: 'belay-version',
  task: (index: number): string => `belay-task-${index + 1}`,
} as const

/** The names under which hosts remember them. */
export const TASK_NAMES = {
  migrate: 'migrate',
  undo: 'undo',
  /** Which schema there was before, after it, and at last: after an undo, say. */
  versionBefore: 'version-before',
  versionAfter: 'version-after',
  versionNow: 'version-now',
  task: (index: number): string => `task-${index + 1}`,
} as const

/** What a deployment runs on one host beside its containers. */
export interface Chores {
  /** On one host of the fleet. */
  readonly migration?: Migration
  readonly tasks: readonly StartTask[]
}

export interface Migration {
  /** The service whose image, environment and volumes it has. */
  readonly service: string
  /** The command, for people. */
  readonly title: string
  readonly seconds: number
  readonly hasUndo: boolean
  readonly hasVersion: boolean
}

export interface StartTask {
  readonly service: string
  readonly title: string
  readonly seconds: number
}
