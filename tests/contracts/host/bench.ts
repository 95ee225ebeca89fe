import { Failure } from '../../../src/base/failure.ts'
import type { Action, Host, LeaseRequest, Scope } from '../../../src/hosts/host.ts'
import type { Arming, Instruction } from '../../../src/plan/instruction.ts'
import type { Observed } from '../../../src/plan/observed.ts'
import type { Release } from '../../../src/plan/release.ts'
import { releaseOf } from '../../support/releases.ts'

/** A host that is put to the test, as each kind of host provides it. */
export interface HostUnderTest {
  /** An app that no earlier test has used. */
  readonly scope: Scope
  /** The name of a tiny image that the host has, with `sleep`, `sh`, `true` and `false` in it. */
  readonly image: string
  /** A new link, not connected. */
  link(): Host
  /** Lets time pass on the host. */
  pass(seconds: number): Promise<void>
  /** The file `/data/word` of a container, whether that runs or not; looked at around the host. */
  word(container: string): Promise<string>
  /** Writes it, as an app that runs does. */
  write(container: string, word: string): Promise<void>
  end(): Promise<void>
}

export type SetUp = () => Promise<HostUnderTest>

/** What the obligations are written with: links, leases, actions, and what they leave behind. */
export class Bench {
  readonly at: HostUnderTest
  readonly #links: Host[] = []
  #number = 0

  constructor(at: HostUnderTest) {
    this.at = at
  }

  /** A name that nothing else on the host has. */
  named(name: string): string {
    return `${this.at.scope.app}-${name}`
  }

  async connected(): Promise<Host> {
    const host = this.at.link()
    this.#links.push(host)
    await host.connect(this.at.scope)
    return host
  }

  lease(over: Partial<LeaseRequest> = {}): LeaseRequest {
    return { owner: 'ann@laptop', purpose: 'deploy r1', run: 'run-1', ttlSeconds: 60, ...over }
  }

  async leased(over: Partial<LeaseRequest> = {}): Promise<Host> {
    const host = await this.connected()
    await host.acquire(this.lease(over))
    return host
  }

  /** Another run, by somebody else. */
  other(): LeaseRequest {
    return this.lease({ owner: 'bob@desk', purpose: 'deploy r2', run: 'run-2' })
  }

  action(instructions: readonly Instruction[], over: Partial<Action> = {}): Action {
    this.#number += 1
    const base = { number: this.#number, title: 'try something', guard: 'none', timeoutSeconds: 60 }
    return { ...base, guard: 'none', instructions, ...over }
  }

  /** Arms a run whose lists leave a token behind: `a` by going back, `b` by going forward. */
  arming(over: Partial<Arming> = {}): Arming {
    return {
      run: 'run-1',
      release: 'r2',
      previous: 'r1',
      anchor: 'here',
      back: [this.mark('a')],
      forward: [this.mark('b')],
      ...over,
    }
  }

  /** Leaves something behind that `observe` sees, without Docker. */
  mark(token: string, name = 'web'): Instruction {
    return { do: 'route', key: this.named(name), token }
  }

  /** What `mark` left behind. */
  marked({ tokens }: Observed, name = 'web'): string | undefined {
    return tokens[this.named(name)]
  }

  /** A release of one container that sleeps, with its files. */
  release(id: string, command: readonly string[] = ['sleep', '600']): Staged {
    const project = this.named(id)
    const { app, environment } = this.at.scope
    const release = releaseOf(id, { app, environment, project, baseProject: app, services: [] })
    const service = {
      image: this.at.image,
      command,
      network_mode: 'none',
      restart: 'no',
      labels: { 'belay.app': app, 'belay.environment': environment, 'belay.release': id },
    }
    const files = [
      file('release.json', JSON.stringify(release)),
      file('compose.json', JSON.stringify({ services: { web: service } })),
    ]
    const up: Instruction = {
      do: 'up',
      project,
      file: `releases/${id}/compose.json`,
      slot: 'a',
      services: ['web'],
      scale: {},
    }
    return { release, stage: { release: id, files }, up, container: `${project}-web-1` }
  }

  async end(): Promise<void> {
    const { app } = this.at.scope
    const cleaner = await this.leased({ owner: 'cleaner', ttlSeconds: 10 }).catch(() => undefined)
    const projects = ['r1', 'r2', 'r3'].map((id) => `${app}-${id}`)
    const removals = [...projects, app].map(
      (project) => ({ do: 'remove-project', project }) as const,
    )
    await cleaner?.act(this.action(removals)).catch(() => undefined)
    await Promise.allSettled(this.#links.map((host) => host.close()))
    await this.at.end()
  }
}

export interface Staged {
  readonly release: Release
  readonly stage: NonNullable<Action['stage']>
  readonly up: Instruction
  readonly container: string
}

export function file(path: string, text: string): NonNullable<Action['stage']>['files'][number] {
  return { path, content: new TextEncoder().encode(text), mode: 0o644 }
}

/** The failure that some work must end with. */
export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error: unknown = await work.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  )
  if (error instanceof Failure) return error
  throw error
}

export async function codeOf(work: Promise<unknown>): Promise<string> {
  return (await failureOf(work)).code
}
