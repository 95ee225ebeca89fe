import { EXIT } from '../base/exit.ts'
import type { ExitCode } from '../base/exit.ts'
import type { Event } from '../base/event.ts'
import { failedEvent } from '../base/failed-event.ts'
import { Failure } from '../base/failure.ts'

type Failed = Extract<Event, { type: 'failed' }>

export interface Trouble {
  readonly event: Failed
  readonly exit: ExitCode
}

/** Whatever was thrown, as an event and an exit code: a failure is data, all else a bug. */
export function troubleOf(error: unknown, version: string): Trouble {
  if (!(error instanceof Failure)) return { event: bugOf(error, version), exit: EXIT.bug }
  return { event: failedEvent(error), exit: EXIT[error.exit] }
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
