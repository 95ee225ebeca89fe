import { type Ended, type Environment, runProcess } from '../process.ts'
import { workInterrupted } from './failures.ts'

/** What this machine's programs are run with. */
export interface Machine {
  readonly env: Environment
  /** Aborts when the caller interrupts: builds and pulls end with it. */
  readonly signal?: AbortSignal
}

export interface Work {
  /** In words, for when it is interrupted. */
  readonly what: string
  readonly env: Environment
  readonly timeoutMs: number
  readonly directory?: string
  readonly onLine?: (line: string) => void
  readonly keepsNothing?: boolean
  readonly endsWhole?: boolean
}

/** Runs a program here; an interrupt is a failure of its own. */
export async function runHere(
  machine: Machine,
  argv: readonly string[],
  { what, ...options }: Work,
): Promise<Ended> {
  const { signal } = machine
  const ended = await runProcess(argv, { ...options, ...(signal === undefined ? {} : { signal }) })
  if (ended.how === 'aborted') throw workInterrupted({ what })
  return ended
}

/** Docker's own settings and nothing else, so that nothing of the caller slips into an app. */
export function dockerEnvironment(env: Environment): Environment {
  return pick(env, /^(PATH|HOME|DOCKER_[A-Z_]+)$/)
}

/**
 * For compose, which fills `${NAME}` from its caller as it always does. What would change which
 * files, profiles or project are meant is left out: belay.yaml says that.
 */
export function composeEnvironment(env: Environment): Environment {
  return pick(env, /^(?!COMPOSE_)/)
}

/** What building may need on top: proxies, keys, and its own switches. */
export function buildEnvironment(env: Environment): Environment {
  const extra = /^(SSH_AUTH_SOCK|TMPDIR|(BUILDX|BUILDKIT)_\w+|(https?|no|all)_proxy)$/i
  return { ...dockerEnvironment(env), ...pick(env, extra) }
}

function pick(env: Environment, names: RegExp): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => names.test(name)))
}
