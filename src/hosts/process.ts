import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'

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
      killGroup(child, 'SIGTERM')
      setTimeout(() => killGroup(child, 'SIGKILL'), 3000).unref()
    }
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
      resolve({ code: codeOf(how, code, signal), stdout: out(), stderr: err(), how })
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

/** Ends a program and its children. Not to be called after its `close` event. */
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
  { onLine, outputMaxBytes = OUTPUT_MAX_BYTES }: RunOptions,
  overflow: () => void,
): () => string {
  const chunks: Buffer[] = []
  let size = 0
  let rest = ''
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > outputMaxBytes) return overflow()
    chunks.push(chunk)
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
