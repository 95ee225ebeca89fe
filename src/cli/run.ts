import type { Event } from '../base/event.ts'
import { EXIT } from '../base/exit.ts'
import { Secrets } from '../base/secret.ts'
import { SYSTEM_CLOCK } from './machine/clock.ts'
import type { Command } from './commands/command.ts'
import { type Prompt, consent } from './consent.ts'
import { directoryOf } from './machine/directory.ts'
import { interruptedEarly } from './failures.ts'
import type { Globals } from './argv/flags.ts'
import { watchInterrupts } from './machine/interrupts.ts'
import type { Reporter } from './output/reporter.ts'
import { openSpeech } from './output/speech.ts'
import { type Parsed, globalsOf, parse } from './argv/parse.ts'
import type { Session } from './session.ts'
import type { Surroundings } from './machine/surroundings.ts'
import { stateAfter, troubleOf } from './troubles.ts'

/** From what was typed to the exit code. Never rejects. */
export async function run(around: Surroundings, commands: readonly Command[]): Promise<number> {
  const secrets = new Secrets()
  const { parsed, error } = tryToParse(around, commands)
  const manner = parsed?.kind === 'command' ? parsed.globals : globalsOf(around.argv)
  const speech = openSpeech(around, manner, { clock: SYSTEM_CLOCK, secrets })
  if (parsed?.kind === 'told') {
    around.stdout.write(parsed.text)
    return EXIT.ok
  }
  const changes = parsed?.command.changes === true
  const { reporter, fail } = storyOf(speech, { changes, isForPrograms: manner.json })
  const end = (thrown: unknown): number => fail(thrown, around.version)
  around.onUncaught((thrown) => around.leave(end(thrown)))
  try {
    if (parsed === undefined) return end(error)
    return await runCommand(around, parsed, { reporter, secrets, end })
  } finally {
    speech.close()
  }
}

function tryToParse(
  { argv, version }: Surroundings,
  commands: readonly Command[],
): { parsed?: Parsed; error?: unknown } {
  try {
    return { parsed: parse(argv, { commands, version }) }
  } catch (error) {
    return { error }
  }
}

async function runCommand(
  around: Surroundings,
  parsed: Extract<Parsed, { kind: 'command' }>,
  tools: { reporter: Reporter; secrets: Secrets; end: (thrown: unknown) => number },
): Promise<number> {
  const { command, words, flags, globals } = parsed
  const warn = (text: string): void => {
    if (command.changes) tools.reporter.tell({ type: 'warning', code: 'INTERRUPTED', text })
  }
  const signal = watchInterrupts(around, warn)
  try {
    const session = openSession(around, parsed, { ...tools, globals, signal })
    return await command.run({ session, words, flags })
  } catch (error) {
    // What an abort makes others throw is no news: the interrupt is.
    const isAbort = isAbortOf(signal, error)
    return tools.end(isAbort ? interruptedEarly({ command: command.name }) : error)
  }
}

/** `throwIfAborted` throws the signal's own reason; Node's functions an AbortError. */
function isAbortOf({ aborted, reason }: AbortSignal, error: unknown): boolean {
  return aborted && (error === reason || (error instanceof Error && error.name === 'AbortError'))
}

function openSession(
  around: Surroundings,
  { command, words }: Extract<Parsed, { kind: 'command' }>,
  tools: { reporter: Reporter; secrets: Secrets; globals: Globals; signal: AbortSignal },
): Session {
  const { globals, reporter, secrets, signal } = tools
  const directory = directoryOf(around.directory, globals.directory)
  const isAttended =
    around.stdin.isTTY && around.stderr.isTTY === true && (around.env.CI ?? '') === ''
  const given = globals.yes
  const prompt = isAttended && !globals.json ? lazyPrompt(around, signal) : undefined
  const session: Session = {
    globals,
    around,
    directory,
    reporter,
    secrets,
    clock: SYSTEM_CLOCK,
    signal,
    consent: consent({ given, reporter, prompt }),
    prompt,
    openWorld: async (options) => (await import('./world.ts')).openWorld(session, options),
    openHosts: async () => (await import('./open-app.ts')).openHosts(session, { command, words }),
    openApp: async (options) =>
      (await import('./open-app.ts')).openApp(session, { command, words, ...options }),
  }
  return session
}

/** The library for questions is loaded with the first question. */
function lazyPrompt(around: Surroundings, signal: AbortSignal): Prompt {
  const real = async (): Promise<Prompt> => {
    const { terminalPrompt } = await import('./output/prompt.ts')
    return terminalPrompt({ input: around.stdin, output: around.stderr, signal })
  }
  return {
    yesOrNo: async (ask) => (await real()).yesOrNo(ask),
    line: async (ask, help) => (await real()).line(ask, help),
    choose: async (ask, options) => (await real()).choose(ask, options),
  }
}

/** Knows what was told already, so that the end of a run neither repeats nor omits anything. */
function storyOf(
  speech: Reporter,
  { changes, isForPrograms }: { changes: boolean; isForPrograms: boolean },
): {
  readonly reporter: Reporter
  readonly fail: (thrown: unknown, version: string) => number
} {
  let lastFailed = ''
  let isFinished = false
  const tell = (event: Event): void => {
    if (event.type === 'failed') lastFailed = `${event.code} ${event.message}`
    if (event.type === 'run-finished') isFinished = true
    // Who asks for an answer as data wants that alone, and not how it came about.
    if (event.type === 'progress' && isForPrograms && !changes) return
    speech.tell(event)
  }
  return {
    reporter: { ...speech, tell },
    fail: (thrown, version) => {
      const { event, exit } = troubleOf(thrown, version)
      if (lastFailed !== `${event.code} ${event.message}`) tell(event)
      const state = changes && !isFinished ? stateAfter(exit) : undefined
      if (state !== undefined) speech.remark(state)
      return exit
    },
  }
}
