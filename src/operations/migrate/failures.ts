import { defineFailure } from '../../base/failure.ts'

interface Moved {
  readonly release: string
  readonly now?: string
  readonly before?: string
  /** The command that brings back the data of before. */
  readonly restore?: string
}

export const schemaMoved = defineFailure<Moved>({
  code: 'SCHEMA_MOVED',
  exit: 'rolledBack',
  message: (it) => `code moved back, schema did not: ${whereabouts(it)}`,
  hint: ({ restore }) =>
    `see whether the old release can live with it; ${restoring(restore)}; with migrate.undo in ` +
    'belay.yaml Belay moves it back',
})

export const undoFailed = defineFailure<Moved>({
  code: 'UNDO_FAILED',
  exit: 'critical',
  message: (it) => `code moved back, schema did not, as migrate.undo failed: ${whereabouts(it)}`,
  hint: ({ release, restore }) =>
    `its output is in logs/${release}-undo.log in the state folder on the host; ${restoring(restore)}`,
})

function whereabouts({ release, now, before }: Moved): string {
  if (now === undefined) return `it is as the migration of ${release} left it`
  return before === undefined ? `it is ${now}` : `it is ${now}, and was ${before} before ${release}`
}

function restoring(command: string | undefined): string {
  return command === undefined
    ? 'no backup was taken by this run'
    : `to have the data of before: \`${command}\``
}
