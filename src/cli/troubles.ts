import { EXIT } from '../base/exit.ts'
import type { ExitCode } from '../base/exit.ts'
import type { Event } from '../base/event.ts'
import { Failure } from '../base/failure.ts'

type Failed = Extract<Event, { type: 'failed' }>

export interface Trouble {
  readonly event: Failed
  readonly exit: ExitCode
}

/** How deep a chain of causes is told. */
const CAUSES_MAX = 5

/** Whatever was thrown, as an event and an exit code: a failure is data, all else a bug. */
export function troubleOf(error: unknown, version: string): Trouble {
  if (!(error instanceof Failure)) return { event: bugOf(error, version), exit: EXIT.bug }
  const { code, message, hint, details } = error
  const evidence = [...error.evidence, ...causesOf(error).map((cause) => `because: ${cause}`)]
  return {
    event: { type: 'failed', code, message, hint, evidence, details },
    exit: EXIT[error.exit],
  }
}

function bugOf(error: unknown, version: string): Failed {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return {
    type: 'failed',
    code: 'BUG',
    message: `Belay itself went wrong: ${error instanceof Error ? error.message : String(error)}`,
    hint:
      `Please report it with the lines above (Belay ${version}, Node ${process.version}, ` +
      `${process.platform}).\nIf a release was not confirmed yet, the servers put the old one ` +
      'back themselves; belay status tells.',
    evidence: stack.split('\n'),
    details: {},
  }
}

function causesOf(error: Error): string[] {
  const causes: string[] = []
  let { cause } = error
  while (cause instanceof Error && causes.length < CAUSES_MAX) {
    causes.push(cause.message)
    cause = cause.cause
  }
  return causes
}

const STATES: Readonly<Partial<Record<ExitCode, string>>> = {
  [EXIT.input]: 'Nothing was touched on any server.',
  [EXIT.unavailable]: 'Nothing was touched on any server.',
  [EXIT.tests]: 'Nothing was touched on any server.',
  [EXIT.build]: 'What serves was not touched.',
  [EXIT.rolledBack]: 'The release that served before serves.',
  [EXIT.critical]: 'A person is needed: look at belay status before anything else.',
}

/** The state of the servers in words, for an exit code that a failure ended with. */
export function stateAfter(exit: ExitCode): string | undefined {
  return STATES[exit]
}
