import type { ChildProcess } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectInterrupted, hostUnreachable } from '../failures.ts'
import type { Scope } from '../host.ts'
import { type Ended, type Environment, killGroup, runAtTerminal } from '../process.ts'
import { runProcess, startProcess } from '../process.ts'
import { quote } from '../shell.ts'
import { LastLines } from './last-lines.ts'
import type { KitStart, Link, Pipe, SideOptions, Target, Way } from './link.ts'
import { pipeOf } from './pipe.ts'
import { Session } from './session.ts'
import { CONTROL, makeSocketFolder } from './socket-folder.ts'
import { masterArgv, SIDE_NAME, sideArgv, type SshTarget } from './ssh-command.ts'
import { sshFailure } from './ssh-failure.ts'

export interface SshOptions extends SshTarget {
  readonly env: Environment
  readonly kit: KitStart
  /** How long until the host's first answer is there, its looking around included. */
  readonly openTimeoutMs?: number
}

const OPEN_TIMEOUT_MS = 60_000
/** sshd allows 10 by default; two are left to the user's own. */
const SESSIONS_MAX = 8

interface Master {
  readonly child: ChildProcess
  readonly folder: string
  readonly words: LastLines
  /** Resolves to the exit code. */
  readonly ended: Promise<number>
}

/**
 * One `ssh` process is the kit's session and carries everything else: forwards and further programs
 * share its connection, so that none of them pays for a handshake.
 */
export class SshLink implements Link {
  readonly #options: SshOptions
  #master: Master | undefined
  #sessions = 0
  readonly #forwards = new Map<string, Promise<Way>>()

  constructor(options: SshOptions) {
    this.#options = options
  }

  async open(scope: Scope, signal?: AbortSignal): Promise<Session> {
    await this.close()
    const { address, env, kit, openTimeoutMs = OPEN_TIMEOUT_MS } = this.#options
    if (signal?.aborted) throw connectInterrupted({ host: address.name })
    const folder = await makeSocketFolder()
    const argv = masterArgv(this.#options, join(folder, CONTROL), kit.command(scope))
    const master = begin(startProcess(argv, { env }), folder)
    this.#master = master
    const session = new Session({
      input: master.child.stdin!,
      output: master.child.stdout!,
      kit: kit.bytes,
    })
    const late = setTimeout(() => session.break(new TooLate()), openTimeoutMs)
    const abort = (): void => session.break(new Aborted())
    signal?.addEventListener('abort', abort)
    try {
      await session.opening
      return session
    } catch (cause) {
      throw await this.#whyNot(cause, session)
    } finally {
      clearTimeout(late)
      signal?.removeEventListener('abort', abort)
    }
  }

  async run(argv: readonly string[], options: SideOptions): Promise<Ended> {
    return this.#counted(() =>
      runProcess(this.#side([SIDE_NAME, quote(argv)]), { env: this.#options.env, ...options }),
    )
  }

  attach(argv: readonly string[], { tty }: { readonly tty: boolean }): Promise<number> {
    const words = [...(tty ? ['-tt'] : ['-T']), '--', SIDE_NAME, quote(argv)]
    return this.#counted(() => runAtTerminal(this.#side(words), { env: this.#options.env }))
  }

  async pipe(argv: readonly string[]): Promise<Pipe> {
    await this.#turn()
    const { env } = this.#options
    const pipe = pipeOf(startProcess(this.#side([SIDE_NAME, quote(argv)]), { env }))
    void pipe.ended.then(() => {
      this.#sessions -= 1
    })
    return pipe
  }

  wayTo(target: Target): Promise<Way> {
    const to = addressOf(target)
    const known = this.#forwards.get(to)
    if (known !== undefined) return known
    const way = this.#forward(to)
    this.#forwards.set(to, way)
    way.catch(() => this.#forwards.delete(to))
    return way
  }

  /**
   * ssh takes every connection to a forwarded socket and closes it when the other end could not be
   * reached; why, it writes to its standard error, a moment before or after.
   */
  async whyClosed(target: Target): Promise<'refused' | 'forbidden' | 'unknown'> {
    const words = this.#master?.words
    for (let tries = 0; tries < 10; tries++) {
      const line = words?.take(/^channel \d+: open failed: /)
      if (line?.includes('prohibited')) return 'forbidden'
      // For a Unix socket, sshd says the same whether it is forbidden or not there.
      if (line !== undefined) return target.kind === 'port' ? 'refused' : 'forbidden'
      await sleep(10)
    }
    return 'unknown'
  }

  lastWords(): readonly string[] {
    return this.#master?.words.lines ?? []
  }

  /** Nothing is under way by now: ending ssh at once is in order, and costs no round trip. */
  async close(): Promise<void> {
    const master = this.#master
    if (master === undefined) return
    this.#master = undefined
    this.#forwards.clear()
    killGroup(master.child, 'SIGTERM')
    const hard = setTimeout(() => killGroup(master.child, 'SIGKILL'), 2000)
    await master.ended
    clearTimeout(hard)
    await rm(master.folder, { recursive: true, force: true })
  }

  async #whyNot(cause: unknown, session: Session): Promise<unknown> {
    const master = this.#master!
    const host = this.#options.address.name
    // ssh ends by itself when it could not connect; a host that answers nothing must be left.
    if (cause instanceof Aborted || cause instanceof TooLate) killGroup(master.child, 'SIGTERM')
    const exitCode = await Promise.race([master.ended, sleep(3000, 255, { ref: false })])
    const lines = master.words.lines
    await this.close()
    if (cause instanceof Aborted) return connectInterrupted({ host })
    if (cause instanceof TooLate) {
      const reason = 'it let us in, but did not answer in time'
      return hostUnreachable({ host, why: 'timeout', reason }, { evidence: lines })
    }
    return sshFailure({ ...this.#options, exitCode, lines, noise: session.noise, cause })
  }

  async #forward(to: string): Promise<Way> {
    const path = join(this.#folder(), `${this.#forwards.size}.sock`)
    const words = ['-O', 'forward', '-L', `${path}:${to}`, SIDE_NAME]
    const options = { env: this.#options.env, timeoutMs: 5000 }
    const { code, stderr } = await runProcess(this.#side(words), options)
    if (code !== 0) throw new Error(`ssh did not forward ${to}: ${stderr.trim()}`)
    return { path, isForward: true }
  }

  #side(words: readonly string[]): string[] {
    return sideArgv(join(this.#folder(), CONTROL), words)
  }

  #folder(): string {
    return this.#master?.folder ?? '/nonexistent'
  }

  async #counted<T>(work: () => Promise<T>): Promise<T> {
    await this.#turn()
    try {
      return await work()
    } finally {
      this.#sessions -= 1
    }
  }

  /** Waiting is better than being refused by sshd. */
  async #turn(): Promise<void> {
    while (this.#sessions >= SESSIONS_MAX - 1) await sleep(20)
    this.#sessions += 1
  }
}

class TooLate extends Error {}
class Aborted extends Error {}

function begin(child: ChildProcess, folder: string): Master {
  const words = new LastLines(child.stderr!)
  const ended = new Promise<number>((resolve) => {
    child.once('error', () => resolve(127))
    child.once('close', (code) => resolve(code ?? 255))
  })
  return { child, folder, words, ended }
}

/** As `-L` reads it. */
function addressOf(target: Target): string {
  if (target.kind === 'socket') return target.path
  const { address = '127.0.0.1', port } = target
  return `${address.includes(':') ? `[${address}]` : address}:${port}`
}
