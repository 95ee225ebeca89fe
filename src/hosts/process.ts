import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

/** The only place that starts programs: always an argv, never a shell. */

/** What a program is given to see; nothing of this process's own environment comes by itself. */
export type Environment = Readonly<Record<string, string | undefined>>

export interface StartOptions {
  readonly env: Environment
  readonly directory?: string
}

export interface RunOptions extends StartOptions {
  readonly input?: Uint8Array | NodeJS.ReadableStream
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  /** Called with each line of both outputs as it comes. */
  readonly onLine?: (line: string) => void
  readonly outputMaxBytes?: number
  /** For programs that print without end: nothing is kept, `onLine` alone is told. */
  readonly keepsNothing?: boolean
  /** What the program started and left behind ends with it, instead of being waited for. */
  readonly endsWhole?: boolean
}

export interface Ended {
  /** 127 when there is no such program; 124 after the timeout; 128 + n after signal n. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly how: 'exit' | 'missing' | 'timeout' | 'aborted' | 'too-much'
}

const OUTPUT_MAX_BYTES = 32 * 1024 * 1024
const LINE_MAX = 4000

/** Runs a program to its end. Standard input is closed unless something is given. */
export function runProcess(argv: readonly string[], options: RunOptions): Promise<Ended> {
  return new Promise((resolve) => {
    const child = start(argv, options, [options.input ? 'pipe' : 'ignore', 'pipe', 'pipe'])
    let how: Ended['how'] = 'exit'
    const end = (why: Ended['how']): void => {
      if (how !== 'exit') return
      how = why
      endGroup(child)
    }
    if (options.endsWhole === true) child.once('exit', () => endRest(child))
    const timer = setTimeout(() => end('timeout'), options.timeoutMs)
    const abort = (): void => end('aborted')
    options.signal?.addEventListener('abort', abort)
    if (options.signal?.aborted) abort()
    const out = collect(child.stdout!, options, () => end('too-much'))
    const err = collect(child.stderr!, options, () => end('too-much'))
    feed(child, options.input)
    child.once('error', () => {
      how = 'missing'
    })
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', abort)
      const ended = { code: codeOf(how, code, signal), stdout: out(), stderr: err(), how }
      if (options.endsWhole === true) void groupGone(child).then(() => resolve(ended))
      else resolve(ended)
    })
  })
}

/**
 * A program whose streams the caller uses. It leads a group of its own: Ctrl-C at the terminal
 * reaches Belay alone, which then ends in order what it started.
 */
export function startProcess(argv: readonly string[], options: StartOptions): ChildProcess {
  return start(argv, options, ['pipe', 'pipe', 'pipe'])
}

/** A program that has this process's terminal. Resolves to its exit code. */
export function runAtTerminal(argv: readonly string[], options: StartOptions): Promise<number> {
  const [program = '', ...words] = argv
  return new Promise((resolve) => {
    const child = spawn(program, words, {
      env: options.env,
      stdio: 'inherit',
      ...(options.directory === undefined ? {} : { cwd: options.directory }),
    })
    child.once('error', () => resolve(127))
    child.once('close', (code, signal) => resolve(codeOf('exit', code, signal)))
  })
}

const MERCY_MS = 3000

/** Asks a program and its children to end, and ends what has not done so in three seconds. */
function endGroup(child: ChildProcess): void {
  killGroup(child, 'SIGTERM')
  setTimeout(() => killGroup(child, 'SIGKILL'), MERCY_MS).unref()
}

/** After a program's own end. One that left the group may hold the output open for ever. */
function endRest(child: ChildProcess): void {
  endGroup(child)
  const enough = setTimeout(() => {
    child.stdout?.destroy()
    child.stderr?.destroy()
  }, MERCY_MS + 500)
  child.once('close', () => clearTimeout(enough))
}

/** Waits until nothing of the group is left, and sees to it. */
async function groupGone(child: ChildProcess): Promise<void> {
  for (let waited = 0; waited < MERCY_MS && isGroupThere(child); waited += 50) await sleep(50)
  if (isGroupThere(child)) killGroup(child, 'SIGKILL')
}

function isGroupThere({ pid }: ChildProcess): boolean {
  try {
    return pid !== undefined && process.kill(-pid, 0)
  } catch {
    return false
  }
}

/** Ends a program and its children. Not to be called long after its `close` event. */
export function killGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    child.kill(signal)
  }
}

function start(argv: readonly string[], options: StartOptions, stdio: StdioOptions): ChildProcess {
  const [program = '', ...words] = argv
  return spawn(program, words, {
    env: options.env,
    stdio,
    detached: true,
    ...(options.directory === undefined ? {} : { cwd: options.directory }),
  })
}

function feed(child: ChildProcess, input: RunOptions['input']): void {
  const { stdin } = child
  if (stdin === null || input === undefined) return
  // A program may end without reading all of its input: its exit code tells what that means.
  stdin.on('error', () => undefined)
  if (input instanceof Uint8Array) stdin.end(input)
  // One that broke before has nothing more to say, not even that it broke.
  else if ('destroyed' in input && input.destroyed === true) stdin.destroy()
  else input.on('error', () => stdin.destroy()).pipe(stdin)
}

const SIGNALS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }

function codeOf(how: Ended['how'], code: number | null, signal: NodeJS.Signals | null): number {
  if (how === 'missing') return 127
  if (how === 'timeout') return 124
  return code ?? 128 + (SIGNALS[signal ?? ''] ?? 0)
}

/** Gathers a stream's text, and hands its lines on; returns what has come so far. */
function collect(
  stream: NodeJS.ReadableStream,
  { onLine, keepsNothing, outputMaxBytes = OUTPUT_MAX_BYTES }: RunOptions,
  overflow: () => void,
): () => string {
  const chunks: Buffer[] = []
  let size = 0
  let rest = ''
  stream.on('data', (chunk: Buffer) => {
    size += keepsNothing === true ? 0 : chunk.length
    if (size > outputMaxBytes) return overflow()
    if (keepsNothing !== true) chunks.push(chunk)
    if (onLine === undefined) return
    const lines = (rest + chunk.toString('utf8')).split(/\r\n|\n|\r/)
    rest = (lines.pop() ?? '').slice(-LINE_MAX)
    for (const line of lines) if (line !== '') onLine(line.slice(0, LINE_MAX))
  })
  stream.on('end', () => {
    if (rest !== '') onLine?.(rest)
  })
  return () => Buffer.concat(chunks).toString('utf8')
}
