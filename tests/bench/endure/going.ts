import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Event } from '../../../src/base/event.ts'
import type { At } from '../belay.ts'

/** A command that is under way, to be watched, and killed. */
export type Going = {
  /** Resolves once this kind of event was told; rejects when the command ends without it. */
  readonly told: (type: Event['type']) => Promise<void>
  /** As a pulled plug or a cancelled job does. */
  readonly kill: () => void
  /** Resolves to the exit code. */
  readonly ended: Promise<number>
  /** The most memory it ever had, in kilobytes: asked while it runs, as nothing is known after. */
  readonly peak: () => number
}

const LOOK_EVERY_MS = 50

export function startBelay({ belay, folder, env }: At, argv: readonly string[]): Going {
  const child = spawn(process.execPath, [belay, ...argv, '--json'], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let stdout = ''
  let moved = () => {}
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    moved()
  })
  const peak = watchMemory(child)
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 137))
  })
  const told = (type: Event['type']) =>
    new Promise<void>((resolve, reject) => {
      moved = () => {
        if (stdout.includes(`"type":"${type}"`)) resolve()
      }
      moved()
      void ended.then((code) => reject(new Error(`ended with ${code}: ${stdout.slice(-2000)}`)))
    })
  return { told, kill: () => child.kill('SIGKILL'), ended, peak }
}

/** Linux keeps the highest mark of each process. */
function watchMemory(child: ChildProcess): () => number {
  let highest = 0
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
      highest = Math.max(highest, Number(/^VmHWM:\s*(\d+) kB/m.exec(status)?.[1] ?? 0))
    } catch {
      // It has just ended.
    }
  }, LOOK_EVERY_MS)
  child.once('close', () => clearInterval(timer))
  return () => highest
}
