import type { ChildProcess } from 'node:child_process'
import { connectInterrupted, hostShellUnusable, hostUnreachable } from '../failures.ts'
import type { Scope } from '../host.ts'
import type { Ended, Environment } from '../process.ts'
import { killGroup, runAtTerminal, runProcess, startProcess } from '../process.ts'
import { LastLines } from './last-lines.ts'
import type { KitStart, Link, Pipe, SideOptions, Target, Way } from './link.ts'
import { pipeOf } from './pipe.ts'
import { Session } from './session.ts'

export interface LocalOptions {
  readonly name: string
  readonly env: Environment
  readonly kit: KitStart
  readonly openTimeoutMs?: number
}

/** This machine as a host: the same kit, without a network in between. */
export class LocalLink implements Link {
  readonly #options: LocalOptions
  #child: ChildProcess | undefined
  #words: LastLines | undefined

  constructor(options: LocalOptions) {
    this.#options = options
  }

  async open(scope: Scope, signal?: AbortSignal): Promise<Session> {
    await this.close()
    const { name: host, env, kit, openTimeoutMs = 60_000 } = this.#options
    if (signal?.aborted) throw connectInterrupted({ host })
    const child = startProcess(kit.command(scope), { env })
    this.#child = child
    this.#words = new LastLines(child.stderr!)
    child.once('error', () => undefined)
    const session = new Session({ input: child.stdin!, output: child.stdout!, kit: kit.bytes })
    const giveUp = AbortSignal.timeout(openTimeoutMs)
    const leave = (): void => session.break(new Error('gave up'))
    for (const reason of [giveUp, signal]) reason?.addEventListener('abort', leave)
    try {
      await session.opening
      return session
    } catch (cause) {
      const evidence = [...session.noise, ...this.lastWords()].slice(-20)
      await this.close()
      if (signal?.aborted) throw connectInterrupted({ host })
      const reason = 'the shell did not answer in time'
      if (giveUp.aborted) throw hostUnreachable({ host, why: 'timeout', reason }, { evidence })
      const user = env['USER'] ?? 'this user'
      throw hostShellUnusable({ host, user }, { cause, evidence })
    } finally {
      for (const reason of [giveUp, signal]) reason?.removeEventListener('abort', leave)
    }
  }

  run(argv: readonly string[], options: SideOptions): Promise<Ended> {
    return runProcess(argv, { env: this.#options.env, ...options })
  }

  attach(argv: readonly string[]): Promise<number> {
    return runAtTerminal(argv, { env: this.#options.env })
  }

  async pipe(argv: readonly string[]): Promise<Pipe> {
    return pipeOf(startProcess(argv, { env: this.#options.env }))
  }

  async wayTo(target: Target): Promise<Way> {
    return target.kind === 'socket'
      ? { path: target.path, isForward: false }
      : { host: target.address ?? '127.0.0.1', port: target.port, isForward: false }
  }

  async whyClosed(): Promise<'unknown'> {
    return 'unknown'
  }

  lastWords(): readonly string[] {
    return this.#words?.lines ?? []
  }

  /** The kit ends with its input; a verb that is under way is carried through. */
  async close(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.pid === undefined) return
    const ended = new Promise((resolve) => child.once('close', resolve))
    child.stdin?.destroy()
    const hard = setTimeout(() => killGroup(child, 'SIGTERM'), 2000)
    await ended
    clearTimeout(hard)
  }
}
