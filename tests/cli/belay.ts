import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Event, StampedEvent } from '../../src/base/event.ts'

const PROGRAM = resolve('dist/belay.js')
const TIMEOUT_MS = 150_000

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** Both, as they came. */
  readonly text: string
}

export interface Running {
  readonly ended: Promise<Ended>
  /** Resolves when this was printed; rejects when the command ends without it. */
  readonly says: (words: string | RegExp) => Promise<void>
  readonly interrupt: (signal: NodeJS.Signals) => void
}

/** A folder with an app in it, and the program that is shipped, called in it as a user would. */
export class Desk {
  readonly folder = mkdtempSync(join(tmpdir(), 'belay-desk-'))
  readonly #env: Readonly<Record<string, string>>
  readonly #printed: string[] = []

  constructor(env: Readonly<Record<string, string>>) {
    this.#env = env
  }

  /** Everything that any command printed. */
  get printed(): string {
    return this.#printed.join('')
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, content] of Object.entries(files)) {
      const path = join(this.folder, name)
      mkdirSync(resolve(path, '..'), { recursive: true })
      writeFileSync(path, content)
    }
  }

  /** Another desk with the same files: somebody else's machine. */
  copy(): Desk {
    const other = new Desk(this.#env)
    cpSync(this.folder, other.folder, { recursive: true })
    return other
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  belay(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    return this.start(argv, env).ended
  }

  /** The same with `--json`: what it told, each line a stamped event. */
  async events(argv: readonly string[]): Promise<{ code: number; events: Event[] }> {
    const { code, stdout, stderr } = await this.belay([...argv, '--json'])
    if (stderr !== '') throw new Error(`--json printed to stderr: ${stderr}`)
    const lines = stdout.split('\n').filter((line) => line !== '')
    return { code, events: lines.map((line) => (JSON.parse(line) as StampedEvent).event) }
  }

  start(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
    return this.#watch(
      spawn(process.execPath, [PROGRAM, ...argv], {
        cwd: this.folder,
        env: { PATH: process.env.PATH, HOME: process.env.HOME, ...this.#env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    )
  }

  /** At a terminal of 100 columns, where `keys` are typed as soon as the question is there. */
  atTerminal(argv: readonly string[], { question, keys }: { question: string; keys: string }) {
    const line = `stty cols 100 rows 30; exec "${process.execPath}" "${PROGRAM}" ${argv.join(' ')}`
    const child = spawn('script', ['-qec', line, '/dev/null'], {
      cwd: this.folder,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, TERM: 'xterm', ...this.#env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const running = this.#watch(child)
    void running.says(question).then(() => child.stdin?.write(keys))
    return running.ended
  }

  #watch(child: ChildProcess): Running {
    const out = { stdout: '', stderr: '', text: '' }
    const listeners: (() => void)[] = []
    const collect = (name: 'stdout' | 'stderr') => (chunk: Buffer) => {
      const text = chunk.toString()
      out[name] += text
      out.text += text
      this.#printed.push(text)
      for (const listener of listeners) listener()
    }
    child.stdout?.on('data', collect('stdout'))
    child.stderr?.on('data', collect('stderr'))
    const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS)
    const ended = new Promise<Ended>((done) => {
      child.once('close', (code) => {
        clearTimeout(timer)
        done({ code: code ?? 137, ...out })
      })
    })
    const says = (words: string | RegExp): Promise<void> =>
      new Promise((done, fail) => {
        const look = (): void => {
          if (typeof words === 'string' ? out.text.includes(words) : words.test(out.text)) done()
        }
        listeners.push(look)
        look()
        void ended.then(({ text }) => fail(new Error(`it never said ${words}:\n${text}`)))
      })
    return { ended, says, interrupt: (signal) => void child.kill(signal) }
  }
}
