import type { RolloutKind } from '../../src/base/words.ts'
import type { Release } from '../../src/plan/release.ts'
import { Drains } from './checks/drains.ts'
import { whyUnrecorded } from './checks/unrecorded.ts'
import type { KitState } from './server/kit-state.ts'
import type { ToyContainer } from './server/simulated-docker.ts'
import type { ToyRoute } from './server/simulated-proxy.ts'
import type { Act, SimulatedServer, TrafficMove, Watcher } from './server/simulated-server.ts'
import { FRONT_DOOR, SCOPE } from './shop.ts'

/** How long clients may be without an answer once a server is back from a loss of power. */
const AFTER_BOOT_MS = 10_000

/** What a checker is to put up with. */
export interface Tolerance {
  /**
   * How long a hand-over may leave clients without an answer. The proxy holds requests for
   * `holdSeconds`; a deployer that dies in the hand-over of a bad release adds its lease to that.
   */
  readonly silenceMs?: number
}

/** What clients of one server have met so far. */
interface Clients {
  readonly haveBeenServed: boolean
  /** Since when some of them would not be answered at once, and in which boot. */
  readonly silence?: { readonly since: number; readonly boot: number }
}

/**
 * Watches every change of every server, and remembers what must never happen:
 * a client without a good answer, two of a handed-over service at once, traffic that moves with
 * nothing armed, a decision that turns into the other one, or runs ahead of the fleet's.
 */
export class Checker implements Watcher {
  readonly complaints: string[] = []
  readonly #clients = new Map<SimulatedServer, Clients>()
  readonly #decisions = new Map<string, string>()
  /** The newest epoch that did anything, by app. */
  readonly #newest = new Map<KitState, number>()
  readonly #drains = new Map<SimulatedServer, Drains>()
  /** Servers on which a person took something away by hand: clients may be without an answer. */
  readonly meddledWith = new Set<SimulatedServer>()
  readonly #tolerance: Tolerance

  constructor(tolerance: Tolerance = {}) {
    this.#tolerance = tolerance
  }

  changed(server: SimulatedServer): void {
    const handedOver = handedOverServices(server)
    this.#checkClients(server, handedOver.has('web'))
    if (handedOver.size > 0) this.#checkHandOver(server, handedOver)
  }

  acting(server: SimulatedServer, { state, instruction, epoch = state.epoch }: Act): void {
    // One under way when its lease goes to another comes to its end: the lock makes the other wait.
    const newest = this.#newest.get(state) ?? 0
    const late = `an action of epoch ${epoch} after one of ${newest}`
    if (epoch < newest) this.#complain(server, late)
    this.#newest.set(state, Math.max(newest, epoch))
    const unrecorded = whyUnrecorded(state, instruction)
    if (unrecorded !== undefined) this.#complain(server, unrecorded)
    for (const problem of this.#drainsOf(server).problemsWith(instruction, this.#now(server))) {
      this.#complain(server, problem)
    }
  }

  trafficMoved(server: SimulatedServer, { key, from, to, deciding }: TrafficMove): void {
    const isArmed = deciding !== undefined && !deciding.settled
    const move = `${key} moved from ${from ?? 'nowhere'} to ${to}`
    if (!isArmed) this.#complain(server, `${move} with nothing armed`)
  }

  decided(server: SimulatedServer, run: string, decision: 'commit' | 'rollback'): void {
    const key = `${server.name} ${run}`
    const before = this.#decisions.get(key)
    this.#decisions.set(key, decision)
    if (before !== undefined && before !== decision) {
      this.#complain(server, `${run} was decided ${before}, and then ${decision}`)
    }
    const anchor = server.kit(SCOPE).state.deciding?.armed.anchor ?? server.name
    const leads = server.name === anchor || this.#decisions.get(`${anchor} ${run}`) === 'commit'
    if (decision === 'commit' && !leads) {
      this.#complain(server, `${run} was committed before ${anchor}, its anchor, said so`)
    }
  }

  /** A request must be answered well, or held by the proxy until it is. */
  #checkClients(server: SimulatedServer, isHandedOver: boolean): void {
    const route = server.proxy.routeFor(FRONT_DOOR.host, FRONT_DOOR.path)
    const before = this.#clients.get(server) ?? { haveBeenServed: false }
    const takers = takersOf(server, route)
    // In a hand-over, and where replicas are exchanged one by one, requests are held instead.
    if (rolloutOfWeb(server) === 'overlap') {
      const names = new Set(takers.flat().map(({ name }) => name))
      this.#drainsOf(server).given(names, this.#now(server))
    }
    if (this.meddledWith.has(server)) return
    this.#checkProved(server, takers.flat())
    if (takers.every((each) => each.length > 0)) {
      this.#clients.set(server, { haveBeenServed: true })
      // In a hand-over clients meet the new one as soon as it listens: two never run at once.
      if (!isHandedOver) for (const taker of takers.flat()) this.#checkAnswer(server, taker)
      return
    }
    if (!before.haveBeenServed) return
    const now = server.clock.monotonic()
    const silence =
      before.silence?.boot === server.boot ? before.silence : { since: now, boot: server.boot }
    this.#clients.set(server, { haveBeenServed: true, silence })
    const { silenceMs = route?.holdMs ?? 0 } = this.#tolerance
    const allowedMs = isHandedOver ? silenceMs : server.boot > 1 ? AFTER_BOOT_MS : -1
    if (now - silence.since <= allowedMs) return
    this.#complain(server, `clients got no answer for ${now - silence.since} ms`)
  }

  /** What no run is deciding about any more has been confirmed, or does not get requests. */
  #checkProved(server: SimulatedServer, takers: readonly ToyContainer[]): void {
    const { state } = server.kit(SCOPE)
    if (state.decision().state !== 'none' || state.current === undefined) return
    for (const { name, labels } of takers) {
      if (labels['belay.release'] === state.current) continue
      this.#complain(server, `${name} gets requests, and what was confirmed is ${state.current}`)
    }
  }

  #drainsOf(server: SimulatedServer): Drains {
    const drains = this.#drains.get(server) ?? new Drains()
    this.#drains.set(server, drains)
    return drains
  }

  #now({ clock }: SimulatedServer): number {
    return clock.monotonic()
  }

  #checkAnswer(server: SimulatedServer, taker: ToyContainer): void {
    const { status } = server.docker.behaviourOf(taker)
    if (status >= 500) this.#complain(server, `clients got ${status} from ${taker.name}`)
  }

  #checkHandOver(server: SimulatedServer, handedOver: ReadonlySet<string>): void {
    const releases = new Map<string, Set<string>>()
    for (const { labels, state } of server.docker.containers.values()) {
      const { 'belay.service': service = '', 'belay.release': release = '' } = labels
      if (state !== 'running' || !handedOver.has(service)) continue
      releases.set(service, (releases.get(service) ?? new Set()).add(release))
    }
    for (const [service, running] of releases) {
      if (running.size < 2) continue
      this.#complain(server, `${service} runs twice, as ${[...running].join(' and ')}`)
    }
  }

  #complain(server: SimulatedServer, text: string): void {
    this.complaints.push(`${server.name} at ${server.clock.monotonic()} ms: ${text}`)
  }
}

/** Who would answer, for each upstream that the route's token gives requests to. */
function takersOf(server: SimulatedServer, route: ToyRoute | undefined): ToyContainer[][] {
  if (route === undefined || !server.proxyRuns()) return [[]]
  return server.proxy.upstreams(route).map((alias) => server.takersAt(alias))
}

function handedOverServices(server: SimulatedServer): Set<string> {
  const services = servicesOn(server).filter(({ rollout }) => rollout === 'handover')
  return new Set(services.map(({ name }) => name))
}

function rolloutOfWeb(server: SimulatedServer): RolloutKind | undefined {
  return servicesOn(server).find(({ name }) => name === 'web')?.rollout
}

function servicesOn(server: SimulatedServer): Release['services'] {
  const { state } = server.kit(SCOPE)
  return [...state.folders.keys()].flatMap((id) => state.releaseOf(id)?.services ?? [])
}
