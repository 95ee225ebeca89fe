import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs'
import { chmodSync, copyFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Session } from '../../src/hosts/links/session.ts'
import { bootstrapArgv, KIT } from '../../src/hosts/kit/kit.ts'

export type Shell = 'dash' | 'busybox'
export const SHELLS: readonly Shell[] = ['dash', 'busybox']

const REAL = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export interface Answer {
  readonly code: number
  readonly lines: readonly string[]
  readonly errors: string
}

export interface Asking {
  readonly payload?: string | Uint8Array
  readonly env?: Record<string, string>
}

/** A server that is a folder: the real kit, its state, a stub of docker, and a clock of our own. */
export class Rig {
  readonly folder = mkdtempSync(join(tmpdir(), 'belay-kit-'))
  readonly root = join(this.folder, 'root')
  readonly proc = join(this.folder, 'proc')
  readonly bin = join(this.folder, 'bin')
  readonly docker = join(this.folder, 'state')
  readonly kit = join(this.root, 'kit', KIT.sha256, 'kit.sh')
  readonly state = join(this.root, 'shop', 'production')
  readonly env: Record<string, string>
  readonly sh: string

  constructor(shell: Shell) {
    this.sh = join(shell === 'dash' ? this.bin : busyboxApplets(), 'sh')
    for (const path of ['proc/sys/kernel/random', 'proc/net', 'bin', 'state/c']) {
      mkdirSync(join(this.folder, path), { recursive: true })
    }
    for (const path of ['networks', 'volumes', 'images']) mkdirSync(join(this.docker, path))
    this.dockerHas('plugin')
    mkdirSync(join(this.root, 'kit', KIT.sha256), { recursive: true })
    writeFileSync(this.kit, KIT.bytes)
    for (const name of ['docker', 'wget', 'sudo', 'effect']) this.addProgram(name)
    this.uptime = 1000
    this.boot = 'boot-one'
    writeFileSync(join(this.proc, 'meminfo'), 'MemTotal: 9 kB\nMemAvailable: 2048 kB\n')
    this.env = { BELAY_ROOT: this.root, BELAY_PROC: this.proc, BELAY_PATH: this.path(shell) }
    this.env['BELAY_TICK'] = '0.1'
    this.env['BELAY_RUN'] = join(this.folder, 'run')
    this.env['HOME'] = this.folder
    this.env['PATH'] = REAL
  }

  path(shell: Shell): string {
    if (shell === 'dash') {
      symlinkSync(located('dash'), join(this.bin, 'sh'))
      return `${this.bin}:${REAL}`
    }
    return `${this.bin}:${busyboxApplets()}`
  }

  addProgram(name: string): void {
    copyFileSync(join(import.meta.dirname, 'stub', name), join(this.bin, name))
    chmodSync(join(this.bin, name), 0o755)
  }

  set uptime(seconds: number) {
    writeFileSync(join(this.proc, 'uptime'), `${seconds}.42 99.00\n`)
  }

  set boot(id: string) {
    writeFileSync(join(this.proc, 'sys/kernel/random/boot_id'), `${id}\n`)
  }

  spawn(words: readonly string[], env: Record<string, string> = {}): ChildProcess {
    return spawn(this.sh, words, { env: { ...this.env, ...env }, detached: true })
  }

  /** One verb by `kit.sh once`. */
  once(words: readonly string[], { payload, env }: Asking = {}): Promise<Answer> {
    const child = this.spawn([this.kit, 'once', 'shop', 'production', ...words], env)
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(payload ?? '')
    return answerOf(child)
  }

  /** A session as it runs over ssh; `first` is done by its shell before all else. */
  session(first = ':'): { session: Session; child: ChildProcess } {
    const [, option = '', script, ...words] = bootstrapArgv({
      app: 'shop',
      environment: 'production',
    })
    const child = this.spawn([option, `${first}\n${script}`, ...words])
    const { stdin, stdout } = child
    if (stdin === null || stdout === null) throw new Error('no streams')
    return { child, session: new Session({ input: stdin, output: stdout, kit: KIT.bytes }) }
  }

  async acquire(run = 'run1', ttl = 60): Promise<string> {
    const answer = await this.once(['acquire', String(ttl), run], {
      payload: 'me@laptop\ndeploy\n',
    })
    if (answer.code !== 0) throw new Error(`acquire: ${JSON.stringify(answer)}`)
    return section(answer, '@epoch')[0] ?? ''
  }

  /** Arms a run without a release's files. */
  arm(epoch: string, lists: readonly string[] = [], number = 1): Promise<Answer> {
    const head = `run run1 epoch ${epoch} release r2 previous r1 anchor one`
    const payload = `{"type":"armed"}\n\n${[head, ...lists].join('\n')}\n`
    return this.once(['do', epoch, String(number), 'none', '30', 'arm'], { payload })
  }

  /** `at`: epoch, number, guard, time limit. */
  act(at: string, instructions: readonly string[], env: Record<string, string> = {}) {
    const payload = `{"type":"act"}\n${instructions.map((line) => `${line}\n`).join('')}\n`
    return this.once(['do', ...at.split(' ')], { payload, env })
  }

  container(name: string, properties: Record<string, string>): void {
    mkdirSync(join(this.docker, 'c', name), { recursive: true })
    for (const [key, value] of Object.entries(properties)) this.dockerHas(`c/${name}/${key}`, value)
  }

  dockerHas(path: string, text = ''): void {
    writeFileSync(join(this.docker, path), `${text}\n`)
  }

  dockerLacks(path: string): void {
    rmSync(join(this.docker, path), { force: true })
  }

  dockerSays(path: string): string {
    return readOr(join(this.docker, path)).trim()
  }

  /** What docker was asked, one command a line. */
  get asked(): readonly string[] {
    return readOr(join(this.docker, 'log')).trim().split('\n')
  }

  has(path: string): boolean {
    return existsSync(join(this.state, path))
  }

  read(path: string): string {
    return readOr(join(this.state, path))
  }

  write(path: string, text: string): void {
    writeFileSync(join(this.state, path), text)
  }

  get journal(): readonly string[] {
    return this.read('journal').split('\n').slice(0, -1)
  }

  /** The journal's JSON texts. */
  get notes(): readonly string[] {
    return this.journal.map((line) => line.split(' ').slice(6).join(' '))
  }

  token(key: string): readonly string[] {
    const folder = join(this.root, 'proxy/route', key)
    return existsSync(folder) ? readdirSync(folder) : []
  }

  /** From now on the proxy's token for this route cannot be moved. */
  spoilRoute(key: string): void {
    const folder = join(this.root, 'proxy/route', key)
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(dirname(folder), { recursive: true })
    writeFileSync(folder, '')
  }

  /** Ends what still runs here, like a watchdog, and what it starts meanwhile. */
  close(): void {
    for (let looks = 0; looks < 20; looks++) {
      const left = this.processes()
      if (left.length === 0) break
      for (const pid of left) kill(pid)
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }

  /** Known by their environment, each by its own number. */
  processes(): readonly number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => readOr(`/proc/${pid}/environ`).includes(`BELAY_ROOT=${this.root}`))
      .map(Number)
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone by itself.
  }
}

let applets: string | undefined

/** A folder of busybox's applets and flock, which Debian's lacks; nothing else. Kept for the next run. */
function busyboxApplets(): string {
  if (applets !== undefined) return applets
  const busybox = located('busybox')
  const cache = join(import.meta.dirname, '../../.cache')
  const folder = join(cache, `busybox-${statSync(busybox).mtimeMs}`)
  if (!existsSync(folder)) makeApplets(busybox, cache, folder)
  applets = folder
  return folder
}

function makeApplets(busybox: string, cache: string, folder: string): void {
  mkdirSync(cache, { recursive: true })
  const fresh = mkdtempSync(join(cache, 'busybox-new-'))
  const names = spawnSync(busybox, ['--list'], { encoding: 'utf8' }).stdout.trim().split('\n')
  for (const name of names) symlinkSync(busybox, join(fresh, name))
  if (!names.includes('flock')) symlinkSync(located('flock'), join(fresh, 'flock'))
  try {
    renameSync(fresh, folder)
  } catch {
    // Another worker was first.
    rmSync(fresh, { recursive: true })
  }
}

export function answerOf(child: ChildProcess): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const output: Buffer[] = []
    const errors: Buffer[] = []
    child.stdout?.on('data', (chunk: Buffer) => output.push(chunk))
    child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      const lines = Buffer.concat(output).toString().split('\n')
      if (lines.at(-1) === '') lines.pop()
      const end = code ?? (signal === 'SIGKILL' ? 137 : 128)
      resolve({ code: end, lines, errors: Buffer.concat(errors).toString() })
    })
  })
}

/** The lines of one section of `observe`. */
export function section(answer: Pick<Answer, 'lines'>, name: string): readonly string[] {
  const from = answer.lines.indexOf(name)
  if (from === -1) return []
  const rest = answer.lines.slice(from + 1)
  const to = rest.findIndex((line) => line.startsWith('@'))
  return to === -1 ? rest : rest.slice(0, to)
}

/** A program that these tests need. */
export function located(program: string): string {
  const found = spawnSync('which', [program], { encoding: 'utf8' }).stdout.trim()
  if (found === '') throw new Error(`install ${program}: apt-get install dash busybox util-linux`)
  return found
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
