import type { Failure } from '../../base/failure.ts'
import type { Plan } from '../../plan/plan.ts'
import { type Fleet, hostNamed } from '../fleet.ts'
import { messageOf } from '../messages.ts'
import type { World } from '../world.ts'
import { type SchemaChange, keptSchema, schemaAfterRollback, schemaChangeOf } from './schema.ts'

/** What is to be said of the schema at the end of a run, and what of it is a trouble. */
export interface SchemaVerdict {
  readonly change?: SchemaChange
  readonly failures: readonly Failure[]
}

interface Ended {
  readonly fleet: Fleet
  readonly plan: Plan
  readonly isKept: boolean
  /** Those that hold the data as it was before the run. */
  readonly backups: readonly string[]
}

/**
 * Asks the host that migrated what became of it: whoever carried out the way back, it knows. Does
 * nothing where the run had no migration.
 */
export async function tellSchema(
  world: World,
  { fleet, plan, isKept, backups }: Ended,
): Promise<SchemaVerdict> {
  const host = plan.hosts.find(({ migration }) => migration !== undefined)?.host
  if (host === undefined) return { failures: [] }
  try {
    const { tasks } = await hostNamed(fleet, host).observe()
    const change = schemaChangeOf(tasks, plan.release.id)
    return change === undefined
      ? { failures: [] }
      : sayWhat(world, change, { plan, isKept, backups })
  } catch (error) {
    const text = `${host} could not be asked which schema the database has: ${messageOf(error)}`
    world.tell({ type: 'warning', code: 'SCHEMA_UNKNOWN', text })
    return { failures: [] }
  }
}

function sayWhat(
  { tell, secrets }: World,
  change: SchemaChange,
  { plan, isKept, backups }: Omit<Ended, 'fleet'>,
): SchemaVerdict {
  const commands = backups.map((id) => `belay backup restore ${plan.environment} ${id}`)
  const advice = commands.length === 0 ? {} : { restore: commands.join(' && ') }
  const { text, failure } = isKept
    ? { text: keptSchema(change), failure: undefined }
    : schemaAfterRollback(change, advice)
  const details = secrets.scrubData({ ...change, ...advice })
  tell({ type: 'noted', about: 'schema', text: secrets.scrub(text), details })
  return { change, failures: failure === undefined ? [] : [failure] }
}
