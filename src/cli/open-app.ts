import { Failure } from '../base/failure.ts'
import { loadConfig } from '../config/load.ts'
import { onlyHost } from '../operations/look/containers.ts'
import { configFiles } from './machine/config-files.ts'
import type { Command } from './commands/command.ts'
import { wordMissing } from './failures.ts'
import type { OpenedApp, Session } from './session.ts'

/**
 * The first word names the environment; where there is only one it may be left out, and the first
 * word is then the command's own. From here on the configuration's secrets are printed nowhere.
 */
export function openApp(
  session: Session,
  of: { command: Command; words: readonly string[]; isLenient?: boolean },
): OpenedApp {
  const { command, words, isLenient = false } = of
  const [first, ...others] = words
  const own = command.arguments.filter(({ name }) => name !== 'environment')
  const roomFor = own.some(({ many }) => many === true) ? Infinity : own.length
  if (first === undefined) {
    return opened(session, { command, rest: [], environment: undefined, isLenient })
  }
  try {
    return opened(session, { command, rest: others, environment: first, isLenient })
  } catch (error) {
    if (environmentsIn(error)?.length !== 1 || words.length > roomFor) throw error
    return opened(session, { command, rest: words, environment: undefined, isLenient })
  }
}

function opened(
  session: Session,
  about: {
    command: Command
    rest: readonly string[]
    environment: string | undefined
    isLenient?: boolean
  },
): OpenedApp {
  const { directory, globals, around, secrets } = session
  const { command, rest, environment, isLenient = false } = about
  const loaded = loadConfig({
    directory,
    variables: around.env,
    files: configFiles,
    isLenient,
    ...(globals.config === undefined ? {} : { file: globals.config }),
    ...(environment === undefined ? {} : { environment }),
  })
  for (const value of loaded.secrets) secrets.add(value)
  mustHaveWords(command, rest)
  return { config: loaded.config, loaded, rest }
}

/**
 * For commands about servers: the word may also be one of them, of whatever environment. The
 * first that has it counts.
 */
export function openHosts(
  session: Session,
  { command, words }: { command: Command; words: readonly string[] },
): OpenedApp {
  try {
    // Values of the app say nothing about its servers.
    const app = openApp(session, { command, words, isLenient: true })
    return { ...app, config: onlyHost(app.config, app.rest[0]) }
  } catch (error) {
    const [word, ...others] = words
    if (word === undefined || others.length > 0 || environmentsIn(error) === undefined) throw error
    for (const environment of environmentsIn(error) ?? []) {
      const app = attempt(() =>
        opened(session, { command, rest: words, environment, isLenient: true }),
      )
      const config = attempt(() => app && onlyHost(app.config, word))
      if (app !== undefined && config !== undefined) return { ...app, config }
    }
    throw error
  }
}

/** An environment that cannot be opened (a variable is missing) is simply not the one. */
function attempt<T>(open: () => T): T | undefined {
  try {
    return open()
  } catch (error) {
    if (error instanceof Failure) return undefined
    throw error
  }
}

/** All environments there are, where the trouble was that the word is none of them. */
function environmentsIn(error: unknown): readonly string[] | undefined {
  if (!(error instanceof Failure) || error.code !== 'ENVIRONMENT_UNKNOWN') return undefined
  return (error.details as { environments: readonly string[] }).environments
}

function mustHaveWords(command: Command, rest: readonly string[]): void {
  const own = command.arguments.filter(({ name }) => name !== 'environment')
  const missing = own.filter(({ required }) => required)[rest.length]
  if (missing === undefined) return
  throw wordMissing({ command: command.name, what: `a ${missing.name} (${missing.summary})` })
}
