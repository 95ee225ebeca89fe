import { spawn } from 'node:child_process'

export type Outcome = {
  readonly stdout: string
  readonly stderr: string
  readonly code: number
}

export type CommandOptions = {
  readonly input?: string
  readonly timeoutMs?: number
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

const outputMaxBytes = 16 * 1024 * 1024

/** Runs a program and tells how it ended. A program that outlives its time is killed: code 124. */
export function command(argv: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
  const [program, ...rest] = argv
  if (program === undefined) throw new Error('a command needs a program')
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const stdout = collect(child.stdout)
    const stderr = collect(child.stderr)
    let late = false
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
    }, options.timeoutMs ?? 60_000)
    child.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ stdout: stdout(), stderr: stderr(), code: late ? 124 : (code ?? 137) })
    })
    // A program that ends without reading its input is not an error of its own.
    child.stdin.on('error', () => {})
    child.stdin.end(options.input ?? '')
  })
}

/** Like `command`, but an exit code other than 0 throws, with what the program said. */
export async function must(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { stdout, stderr, code } = await command(argv, options)
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${stderr || stdout}`)
  return stdout.trim()
}

/** Runs a program with its output shown as it comes. */
export function show(argv: readonly [string, ...string[]], minutesMax: number): Promise<void> {
  const [program, ...rest] = argv
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, {
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: minutesMax * 60_000,
    })
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`${argv.join(' ')} ended with ${code ?? 'a signal'}`))
    })
  })
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = []
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= outputMaxBytes) chunks.push(chunk)
  })
  return () => Buffer.concat(chunks).toString('utf8')
}
