import type { Clock } from '../base/clock.ts'
import type { Secrets } from '../base/secret.ts'
import type { World } from '../operations/world.ts'
import type { Consent, Prompt } from './consent.ts'
import type { Globals } from './argv/flags.ts'
import type { Logbook } from './records/logbook.ts'
import type { Reporter } from './output/reporter.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Surroundings } from './machine/surroundings.ts'

/** What a command works with; what costs time to load is loaded when it is asked for. */
export interface Session {
  readonly globals: Globals
  readonly around: Surroundings
  /** `-C`, or where the command was called. */
  readonly directory: string
  readonly reporter: Reporter
  readonly secrets: Secrets
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly consent: Consent
  /** Absent where nobody can be asked. */
  readonly prompt: Prompt | undefined
  readonly openWorld: (options?: WorldOptions) => Promise<World>
  /** The configuration of the environment that was typed, and the words after it. */
  readonly openApp: (options?: OpenOptions) => Promise<OpenedApp>
  /** The same, where a word may also name one server. */
  readonly openHosts: () => Promise<OpenedApp>
}

export interface OpenOptions {
  /** Values may be missing. */
  readonly isLenient: boolean
}

export interface WorldOptions {
  /** Without servers, what reaches them is not even loaded. */
  readonly servers: boolean
  /** Hears everything that is told. */
  readonly logbook?: Logbook
}

export interface OpenedApp {
  readonly config: LoadedConfig['config']
  readonly loaded: LoadedConfig
  /** The words after the environment. */
  readonly rest: readonly string[]
}
