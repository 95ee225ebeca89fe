import type { Scope } from '../../../src/hosts/host.ts'
import type { Instruction } from '../../../src/plan/instruction.ts'
import type { Flaw } from './flaws.ts'
import { type Deciding, KitState } from './kit-state.ts'
import { SimulatedDocker, type ToyContainer } from './simulated-docker.ts'
import { SimulatedKit } from './simulated-kit.ts'
import { SimulatedProxy, type ToyRoute } from './simulated-proxy.ts'
import type { VirtualClock } from '../virtual-clock.ts'
import { Watchdogs } from './watchdogs.ts'

export const PROXY_NETWORK = 'belay'
export const PROXY_CONTAINER = 'belay-proxy-caddy-1'
export const WATCHDOG_CONTAINER = 'belay-proxy-watchdog-1'

/** Moments at which something can come between; each comes before what it names. */
export type Moment = 'journal' | 'journalled' | 'instruction'

/** How long a server that lost its power is without it. */
const OUTAGE_MS = 30_000

/** Looks on while a server changes, and throws nothing: it remembers what it did not like. */
export interface Watcher {
  changed(server: SimulatedServer): void
  trafficMoved(server: SimulatedServer, move: TrafficMove): void
  decided(server: SimulatedServer, run: string, decision: 'commit' | 'rollback'): void
  /** An instruction is about to be carried out for an app. */
  acting?(server: SimulatedServer, act: Act): void
}

export interface TrafficMove {
  readonly key: string
  readonly from: string | undefined
  readonly to: string
  readonly deciding: Deciding | undefined
}

/** An instruction, and the epoch of whoever gave it; none where it is of a list that was decided. */
export interface Act {
  readonly state: KitState
  readonly instruction: Instruction
  readonly epoch: number | undefined
}

/** Why an instruction is to fail, if it is. */
export type Sabotage = (instruction: Instruction, when: 'action' | 'settling') => string | undefined

/** Electricity, from one boot to the next failure. */
class Power {
  isOn = true
  readonly fails: Promise<void>
  #fail: () => void = () => undefined

  constructor() {
    this.fails = new Promise((resolve) => {
      this.#fail = resolve
    })
  }

  fail(): void {
    this.isOn = false
    this.#fail()
  }
}

/** One server: its Docker, its proxy, and the state folder of every app. */
export class SimulatedServer {
  readonly name: string
  readonly clock: VirtualClock
  readonly docker: SimulatedDocker
  readonly proxy = new SimulatedProxy()
  readonly watchdogs: Watchdogs
  readonly watchers: Watcher[] = []
  /** Ports of 80 and 443 that something outside of Docker listens on. */
  readonly strangers = new Set<number>()
  /** What can be pulled here. */
  readonly registry: SimulatedDocker
  sabotage: Sabotage = () => undefined
  /** Something may come between here: the power, a person, another clock. */
  meet: (moment: Moment) => void = () => undefined
  /** What is wrong with it on purpose, to see that it is found. */
  flaws: ReadonlySet<Flaw> = new Set()
  boot = 1
  readonly #kits = new Map<string, SimulatedKit>()
  #power = new Power()
  #bootedAt: number

  constructor(name: string, clock: VirtualClock) {
    this.name = name
    this.clock = clock
    this.#bootedAt = clock.monotonic() - 1_000_000
    const parts = { clock, wait: (ms: number) => this.wait(ms), changed: () => this.changed() }
    this.docker = new SimulatedDocker(parts)
    this.registry = new SimulatedDocker(parts)
    this.watchdogs = new Watchdogs(this)
  }

  /** Becomes like another one, on which nothing is under way at the same moment. */
  copy(other: SimulatedServer): void {
    this.boot = other.boot
    this.#bootedAt = other.#bootedAt
    this.docker.copy(other.docker)
    this.registry.copy(other.registry)
    this.proxy.copy(other.proxy)
    for (const [key, { state }] of other.#kits) {
      const kit = new SimulatedKit(this, new KitState())
      kit.state.copy(state)
      this.#kits.set(key, kit)
    }
    this.changed()
  }

  /** Whole seconds since the boot, as the kit counts them. */
  get uptime(): number {
    if (this.flaws.has('wall clock')) return Math.floor(this.clock.now() / 1000)
    return Math.floor((this.clock.monotonic() - this.#bootedAt) / 1000)
  }

  get bootId(): string {
    return `boot-${this.boot}`
  }

  get isDown(): boolean {
    return !this.#power.isOn
  }

  /** Resolves when the power fails that there is now. */
  get outage(): Promise<void> {
    return this.#power.fails
  }

  kit(scope: Scope): SimulatedKit {
    const key = `${scope.app}/${scope.environment}`
    const kit = this.#kits.get(key) ?? new SimulatedKit(this, new KitState())
    this.#kits.set(key, kit)
    return kit
  }

  kits(): SimulatedKit[] {
    return [...this.#kits.values()]
  }

  /** Lets time pass. Whoever waits here when the power fails is never heard of again. */
  async wait(ms: number): Promise<void> {
    const power = this.#power
    await this.clock.sleep(ms)
    if (!power.isOn) await new Promise(() => undefined)
  }

  /** Goes on while there is power. */
  async live(): Promise<void> {
    if (this.isDown) await new Promise(() => undefined)
  }

  changed(): void {
    if (!this.isDown) for (const watcher of this.watchers) watcher.changed(this)
  }

  moveTraffic(key: string, to: string, deciding: Deciding | undefined): void {
    const from = this.proxy.tokens.get(key)
    this.proxy.tokens.set(key, to)
    const move = { key, from, to, deciding }
    if (from !== to) for (const watcher of this.watchers) watcher.trafficMoved(this, move)
    this.changed()
  }

  /** The power fails; `restart` brings the server up again. */
  crash(): void {
    this.#power.fail()
    this.docker.cutPower()
    for (const kit of this.#kits.values()) kit.losePower()
  }

  /** The power fails, and comes back after a while. */
  losePower(): void {
    if (this.isDown) return
    this.crash()
    this.clock.after(OUTAGE_MS, () => this.restart())
  }

  restart(): void {
    this.boot += 1
    this.#bootedAt = this.clock.monotonic()
    this.#power = new Power()
    this.docker.boot()
    for (const kit of this.#kits.values()) this.watchdogs.wake(kit)
  }

  proxyRuns(): boolean {
    return this.docker.containers.get(PROXY_CONTAINER)?.state === 'running'
  }

  watchdogRuns(): boolean {
    return this.docker.containers.get(WATCHDOG_CONTAINER)?.state === 'running'
  }

  /** Of 80 and 443, those that anything but the proxy holds. */
  foreignPorts(): number[] {
    const held = [...this.docker.containers.values()]
      .filter(({ name, state }) => state === 'running' && name !== PROXY_CONTAINER)
      .flatMap(({ ports }) => ports)
    return [80, 443].filter((port) => this.strangers.has(port) || held.includes(port))
  }

  /** Containers that a route's requests can go to now. */
  takers(route: Pick<ToyRoute, 'key'>): ToyContainer[] {
    return this.proxy.upstreams(route).flatMap((alias) => this.takersAt(alias))
  }

  takersAt(alias: string): ToyContainer[] {
    const at = this.proxy.relays.get(alias) ?? alias
    const named = this.docker.named(PROXY_NETWORK, at)
    return named.filter((container) => this.docker.listens(container))
  }
}
