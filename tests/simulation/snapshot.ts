import { SCOPE } from './shop.ts'
import type { SimulatedServer } from './server/simulated-server.ts'

/** What a deployment that failed must leave as it was, by server. */
export interface ServerSnapshot {
  readonly containers: readonly string[]
  readonly tokens: Readonly<Record<string, string>>
  readonly sites: readonly string[]
  readonly networks: readonly string[]
  readonly current: string
  readonly previous: string
  readonly decision: string
}

/** Lists what runs, what is kept beside it, where traffic goes, and what was decided. */
export function snapshotOf(servers: Iterable<SimulatedServer>): Record<string, ServerSnapshot> {
  return Object.fromEntries([...servers].map((server) => [server.name, snapshot(server)]))
}

function snapshot(server: SimulatedServer): ServerSnapshot {
  const { docker, proxy } = server
  const { state } = server.kit(SCOPE)
  const containers = [...docker.containers.values()].map(
    ({ name, state: now, policy, imageId }) => `${name} ${now} ${policy} ${imageId.slice(0, 14)}`,
  )
  return {
    containers: containers.sort(),
    tokens: Object.fromEntries(proxy.tokens),
    sites: [...proxy.sites.keys()].sort(),
    networks: [...docker.networks.keys()].sort(),
    current: state.current ?? '-',
    previous: state.previous ?? '-',
    decision: state.decision().state,
  }
}
