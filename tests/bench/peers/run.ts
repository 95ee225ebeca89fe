import { spawn } from 'node:child_process'
import type { Command } from './way.ts'

const endsWithinMs = 300_000
const linesKept = 40

export type Ended = {
  readonly code: number
  readonly ms: number
  /** The last lines it said. */
  readonly said: string
}

export type Running = {
  /** When it began, by `performance.now()`. */
  readonly begun: number
  readonly ended: Promise<Ended>
  /** Ends it and all that it started here, at once: a pulled plug, a cancelled job. */
  readonly kill: () => void
}

/** Runs a deployment in a process group of its own. */
export function start({ argv: [program, ...rest], cwd, env }: Command): Running {
  const begun = performance.now()
  const child = spawn(program, rest, {
    cwd,
    env: { ...process.env, ...env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It has just ended.
    }
  }
  const timer = setTimeout(kill, endsWithinMs)
  let said: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = [...said, ...text.split('\n').filter((line) => line.trim() !== '')].slice(-linesKept)
    })
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => {
      clearTimeout(timer)
      resolve({ code: code ?? 137, ms: performance.now() - begun, said: said.join('\n') })
    })
  })
  return { begun, ended, kill }
}
