import { Random } from '../random.ts'
import type { ToyContainer } from '../server/simulated-docker.ts'
import { type SimulatedServer, WATCHDOG_CONTAINER } from '../server/simulated-server.ts'
import { FRONT_DOOR, SCOPE } from '../shop.ts'
import type { SimulatedFleet } from '../simulated-fleet.ts'

const DAY_MS = 86_400_000

/** What can befall a server, at any entry of its journal and in any instruction. */
export const TROUBLES = {
  'the power fails': ({ server }) => server.losePower(),
  'the power fails a moment later': ({ server, random }) => {
    server.clock.after(1 + random.below(60), () => server.losePower())
  },
  'the clock is set': ({ fleet, random }) => setClock(fleet, random),
  'the watchdog is killed': ({ server }) => server.watchdogs.kill(),
  'the other watchdog is stopped': ({ server }) => void server.docker.stop([WATCHDOG_CONTAINER], 1),
  'somebody stops a container': (at) => meddle(at, 'stop'),
  'somebody removes a container': (at) => meddle(at, 'remove'),
} as const satisfies Record<string, (at: Scene) => void>

export type Trouble = keyof typeof TROUBLES

export const NAMES = Object.keys(TROUBLES) as readonly Trouble[]

interface Scene {
  readonly fleet: SimulatedFleet
  readonly server: SimulatedServer
  readonly random: Random
}

/** From now on, something befalls the servers at one in so many moments. */
export function troubleServers(fleet: SimulatedFleet, random: Random): void {
  const chance = random.pick([0.003, 0.02])
  if (random.isLucky(0.5)) fleet.clock.after(random.below(20_000), () => setClock(fleet, random))
  for (const server of fleet.servers) {
    server.meet = () => {
      if (random.isLucky(chance)) TROUBLES[random.pick(NAMES)]({ fleet, server, random })
    }
    // Waiting cannot fail.
    server.sabotage = ({ do: what }) =>
      what !== 'drain' && random.isLucky(chance) ? 'no luck' : undefined
  }
}

function setClock({ clock }: SimulatedFleet, random: Random): void {
  clock.jump((random.next() - 0.5) * 4 * DAY_MS)
}

/** Something befalls a server at the n-th moment of all, and never again. */
export function troubleAt(
  fleet: SimulatedFleet,
  nth: number,
  trouble: Trouble,
): { readonly happened: boolean } {
  const met = { happened: false }
  let seen = 0
  for (const server of fleet.servers) {
    server.meet = () => {
      seen += 1
      if (seen !== nth) return
      met.happened = true
      TROUBLES[trouble]({ fleet, server, random: new Random(nth) })
    }
  }
  return met
}

export function leaveServersAlone({ servers }: SimulatedFleet): void {
  for (const server of servers) {
    server.meet = () => undefined
    server.sabotage = () => undefined
  }
}

/** Never what clients are answered by: that nobody can make good. */
function meddle({ fleet, server, random }: Scene, how: 'stop' | 'remove'): void {
  const idle = idleContainers(server)
  if (idle.length === 0) return
  fleet.checker.meddledWith.add(server)
  const { name } = random.pick(idle)
  if (how === 'remove') server.docker.remove([name])
  else void server.docker.stop([name], 1)
}

function idleContainers(server: SimulatedServer): ToyContainer[] {
  const { current } = server.kit(SCOPE).state
  const route = server.proxy.routeFor(FRONT_DOOR.host, FRONT_DOOR.path)
  const busy = new Set(route === undefined ? [] : server.takers(route))
  return [...server.docker.containers.values()].filter((container) => {
    const { 'belay.release': release } = container.labels
    return release !== undefined && release !== current && !busy.has(container)
  })
}
