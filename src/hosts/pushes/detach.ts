import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Environment } from '../process.ts'

/**
 * Starts a program that outlives this process and the connection that this process serves. What it
 * prints goes to a file, which whoever is there can read along.
 */
export function startDetached(
  argv: readonly string[],
  { log, env, directory }: { log: string; env: Environment; directory: string },
): number {
  const [program = '', ...words] = argv
  const output = openSync(log, 'a', 0o600)
  const child = spawn(program, words, {
    cwd: directory,
    env,
    stdio: ['ignore', output, output],
    detached: true,
  })
  closeSync(output)
  child.once('error', () => undefined)
  child.unref()
  return child.pid ?? 0
}

/** Without what git and sshd tell their own children: it would mean another repository, or nobody. */
export function ownEnvironment(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(GIT|SSH)_/.test(name)))
}

/** Whether a process of this user is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
