import { EXIT } from '../../base/exit.ts'
import type { AppConfig } from '../../config/app-config.ts'
import type { RunRequest } from '../../operations/world.ts'
import type { Question } from '../consent.ts'
import { duration, text, toggle } from './flags.ts'
import type { Session } from '../session.ts'

/** Flags of every command that makes a run. */
export const RUN_FLAGS = {
  dryRun: toggle('show what would be done, and touch nothing'),
  wait: duration(0, 'wait this long for a lease that somebody else holds'),
  steal: toggle('take the lease from whoever holds it; what they left unfinished is put back'),
  log: text('file', 'write everything that is told to this file too, with times'),
  report: text(
    'files',
    'write the receipt to a,b,c, each in the form of its ending (.md, .json, …)',
  ),
} as const

/** Flags of whatever looks at the user's files. */
export const SOURCE_FLAGS = {
  dirty: toggle('build from the folder as it lies, with what is not committed'),
} as const

interface RunFlagValues {
  readonly dryRun: boolean
  readonly wait: number
  readonly steal: boolean
}

/**
 * The request of a run. Where nobody can be asked it fails before any server is reached, not after
 * a plan was made that nobody can agree to.
 */
export function runRequest(
  session: Session,
  config: AppConfig,
  { flags, question }: { flags: RunFlagValues; question: Question },
): RunRequest {
  const { dryRun, wait, steal } = flags
  if (!dryRun) session.consent.mustBePossible(question)
  return {
    config,
    dryRun,
    steal,
    waitMs: wait,
    agree: () => session.consent.ask(question),
  }
}

/** A report in which hosts are missing is an answer all the same, but not a whole one. */
export function exitOfReport({
  unreachable,
}: {
  readonly unreachable: readonly unknown[]
}): number {
  return unreachable.length === 0 ? EXIT.ok : EXIT.unavailable
}
