import type { Failure } from '../../base/failure.ts'
import type { TaskRecord } from '../../plan/observed.ts'
import { TASK_NAMES } from '../../plan/tasks.ts'
import { schemaMoved, undoFailed } from './failures.ts'

/** What a release did to the database's schema, as the host remembers it. */
export interface SchemaChange {
  readonly release: string
  /** As the user's `version` said it; absent where there is none, or it could not tell. */
  readonly before?: string
  readonly after?: string
  /** After the way back. */
  readonly now?: string
  readonly undo: 'none' | 'done' | 'failed'
}

/** Undefined where its migration never began. */
export function schemaChangeOf(
  tasks: readonly TaskRecord[],
  release: string,
): SchemaChange | undefined {
  const own = new Map(tasks.filter((it) => it.release === release).map((it) => [it.name, it]))
  const migrate = own.get(TASK_NAMES.migrate)
  if (migrate === undefined || migrate.state === 'never') return undefined
  const said = (name: string): string | undefined => {
    const record = own.get(name)
    return record?.end === 0 ? record.said || 'none' : undefined
  }
  const undo = own.get(TASK_NAMES.undo)
  const [before, after, now] = [
    said(TASK_NAMES.versionBefore),
    said(TASK_NAMES.versionAfter),
    said(TASK_NAMES.versionNow),
  ]
  return {
    release,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    ...(now === undefined ? {} : { now }),
    undo: undo === undefined ? 'none' : undo.end === 0 ? 'done' : 'failed',
  }
}

/** Of a release that was kept. */
export function keptSchema({ release, before, after }: SchemaChange): string {
  if (after === undefined) return `${release} ran its migration`
  return before === after || before === undefined
    ? `the schema is ${after}, as it was`
    : `the schema is ${after}; before ${release} it was ${before}`
}

/** Of a release that was not: whether the schema is what the old code knows. */
export function schemaAfterRollback(
  change: SchemaChange,
  advice: { readonly restore?: string },
): { readonly text: string; readonly failure?: Failure } {
  const { release, before, now, undo } = change
  if (now !== undefined && now === before) {
    const text =
      undo === 'done'
        ? `the schema is ${now} again: the migration of ${release} was undone`
        : `the schema is ${now} as before: the migration of ${release} moved nothing`
    return { text }
  }
  if (undo === 'done' && (now === undefined || before === undefined)) {
    return { text: `the migration of ${release} was undone` }
  }
  const known = now === undefined ? {} : { now }
  const facts = { release, ...known, ...(before === undefined ? {} : { before }), ...advice }
  const failure = undo === 'failed' ? undoFailed(facts) : schemaMoved(facts)
  return { text: failure.message, failure }
}
