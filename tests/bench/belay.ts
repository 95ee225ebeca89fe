import { spawn } from 'node:child_process'
import type { Event, StampedEvent } from '../../src/base/event.ts'

const endsWithinMs = 300_000

export type Moment = {
  /** Milliseconds from the start of the process. */
  readonly atMs: number
  readonly event: Event
}

export type Ran = {
  readonly code: number
  readonly totalMs: number
  readonly moments: readonly Moment[]
  /** The process's start, in milliseconds since 1970. */
  readonly startedAt: number
  readonly stderr: string
}

export type At = {
  readonly belay: string
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
}

/** Runs the command as it is shipped, and notes when it told what. */
export function runBelay({ belay, folder, env }: At, argv: readonly string[]): Promise<Ran> {
  const startedAt = Date.now()
  const begun = performance.now()
  const child = spawn(process.execPath, [belay, ...argv, '--json'], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: endsWithinMs,
  })
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)]
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      const totalMs = performance.now() - begun
      const moments = momentsIn(stdout(), startedAt)
      resolve({ code: code ?? 137, totalMs, moments, startedAt, stderr: stderr() })
    })
  })
}

/** The same, where anything but this exit code makes the whole measurement worthless. */
export async function mustRun(at: At, argv: readonly string[], expected = 0): Promise<Ran> {
  const ran = await runBelay(at, argv)
  if (ran.code === expected) return ran
  const failed = ran.moments.flatMap(({ event }) => (event.type === 'failed' ? [event] : []))
  const told = JSON.stringify(failed, null, 1)
  throw new Error(`${argv.join(' ')} ended with ${ran.code}, not ${expected}: ${told}${ran.stderr}`)
}

/** When a kind of event was told first. */
export function timeOf(ran: Ran, type: Event['type']): number {
  const found = ran.moments.find(({ event }) => event.type === type)
  if (found === undefined) throw new Error(`no ${type} was told`)
  return found.atMs
}

function momentsIn(text: string, startedAt: number): Moment[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { at, event } = JSON.parse(line) as StampedEvent
      return { atMs: Date.parse(at) - startedAt, event }
    })
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = ''
  stream.setEncoding('utf8').on('data', (more: string) => {
    text += more
  })
  return () => text
}
