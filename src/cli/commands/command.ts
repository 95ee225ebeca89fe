import type { FlagValues, Flags } from '../argv/flags.ts'
import type { Session } from '../session.ts'

export interface Argument {
  readonly name: string
  readonly summary: string
  readonly required: boolean
  /** Takes all the words that are left. */
  readonly many?: boolean
}

export interface Invocation<Given extends Flags> {
  readonly session: Session
  readonly words: readonly string[]
  readonly flags: FlagValues<Given>
}

/** One verb of the command line, as data; `run` loads what it needs only when it is called. */
export interface Command<Given extends Flags = Flags> {
  /** One word, or two: `lease show`. */
  readonly name: string
  readonly group: 'Start' | 'Deploy' | 'Look' | 'Operate'
  /** One line, imperative, without a full stop. */
  readonly summary: string
  /** More about it: lines for its own help page. */
  readonly details: readonly string[]
  readonly arguments: readonly Argument[]
  readonly flags: Given
  readonly examples: readonly string[]
  /** It may change something on a server: failures then say what state the servers are in. */
  readonly changes: boolean
  /** Words after its arguments belong to another program, flags and all. */
  readonly passesThrough?: boolean
  /** Resolves to the exit code. A method, so that commands of different flags share one list. */
  run(invocation: Invocation<Given>): Promise<number>
}

export function defineCommand<Given extends Flags>(command: Command<Given>): Command<Given> {
  return command
}

/** Where a command takes an environment, it is the first word. */
export const ENVIRONMENT: Argument = {
  name: 'environment',
  summary: 'as named in belay.yaml; may be left out when there is only one',
  required: false,
}

export const HOST: Argument = {
  name: 'host',
  summary: 'one server of it, as named in belay.yaml; all when left out',
  required: false,
}
