import type { CommandEnded, CommandRequest, ScriptRequest } from '../workstation.ts'
import type { Environment } from '../process.ts'
import { type Machine, runHere } from './machine.ts'

const LAST_LINES = 40

/**
 * The command reaches the shell by its environment: values that `belay.yaml` took from outside may
 * be in it, and everybody on this machine can read an argv.
 */
const SCRIPT = 'run=$BELAY_COMMAND; unset BELAY_COMMAND; eval "$run"'

/** Runs a command of the user's own as they would, with all that it starts. */
export function runOwnCommand(
  machine: Machine,
  { command, directory, timeoutMs, what, onLine }: CommandRequest,
): Promise<CommandEnded> {
  const env = { ...outsideOfGit(machine.env), BELAY_COMMAND: command }
  return runWhole(machine, ['/bin/sh', '-c', SCRIPT], { what, env, directory, timeoutMs, onLine })
}

/** Runs a program of the user's own, by its path and no shell. */
export function runOwnScript(
  machine: Machine,
  { path, words, directory, environment, timeoutMs }: ScriptRequest,
): Promise<CommandEnded> {
  const env = { ...outsideOfGit(machine.env), ...environment }
  return runWhole(machine, [path, ...words], { what: path, env, directory, timeoutMs })
}

interface Whole {
  readonly what: string
  readonly env: Environment
  readonly directory: string
  readonly timeoutMs: number
  readonly onLine?: (line: string) => void
}

/** With all that it starts; only its last lines are kept. */
async function runWhole(
  machine: Machine,
  argv: readonly string[],
  { onLine, ...options }: Whole,
): Promise<CommandEnded> {
  const last: string[] = []
  const { code, how } = await runHere(machine, argv, {
    ...options,
    keepsNothing: true,
    endsWhole: true,
    onLine: (line) => {
      if (last.push(line) > LAST_LINES) last.shift()
      onLine?.(line)
    },
  })
  return { code, isLate: how === 'timeout', lines: last }
}

/** Inside of a git hook these would lead the user's own git to another repository. */
function outsideOfGit(env: Environment): Environment {
  const inside =
    /^GIT_(DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|PREFIX|QUARANTINE_PATH|\w+_DIRECTORIES)$/
  return Object.fromEntries(Object.entries(env).filter(([name]) => !inside.test(name)))
}
