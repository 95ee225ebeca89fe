import type { Scope } from '../../hosts/host.ts'
import type { KeptRelease, Observed, ObservedContainer } from '../../plan/observed.ts'
import type { ReleaseService } from '../../plan/release.ts'

/** What runs and is not as the journal says, one sentence each; empty when all is as recorded. */
export function driftOf(observed: Observed, scope: Scope): string[] {
  const { current, releases } = observed
  const kept = releases.find(({ id }) => id === current)
  if (current === undefined) return strayContainers(observed, undefined, scope)
  if (kept === undefined) return [`${current} should serve, but its record is gone`]
  return [
    ...kept.release.services.flatMap((service) => serviceDrift(observed, kept, service)),
    ...kept.release.accessories.flatMap((name) => accessoryDrift(observed, kept, name)),
    ...proxyDrift(observed, kept),
    ...strayContainers(observed, kept, scope),
  ]
}

function serviceDrift(observed: Observed, { id, release }: KeptRelease, service: ReleaseService) {
  if (service.role === 'job') return []
  const containers = service.containers.flatMap((name) => {
    const container = observed.containers.find((each) => each.name === name)
    if (container === undefined) return [`${service.name}: the container ${name} is missing`]
    return containerDrift(container, service, observed)
  })
  return [...containers, ...tokenDrift(observed, { id, slot: release.slot, service })]
}

function containerDrift(
  container: ObservedContainer,
  service: ReleaseService,
  { decision }: Observed,
): string[] {
  const about = `${service.name}: ${container.name}`
  if (container.state !== 'running') return [`${about} is ${stateInWords(container)}`]
  const drift: string[] = []
  if (container.health === 'unhealthy') drift.push(`${about} is unhealthy`)
  if (container.imageId !== service.image.id) {
    drift.push(`${about} runs another image than the one that was proved`)
  }
  if (decision.state === 'none' && container.restartPolicy !== 'always') {
    drift.push(`${about} would not come back after a reboot (restart: ${container.restartPolicy})`)
  }
  return drift
}

function stateInWords({ state, exitCode }: ObservedContainer): string {
  return state === 'exited' || state === 'dead' ? `${state} (code ${exitCode})` : state
}

function tokenDrift(
  { tokens, decision }: Observed,
  { id, slot, service }: { id: string; slot: string; service: ReleaseService },
): string[] {
  const { routeKey, name } = service
  if (routeKey === undefined || decision.state !== 'none') return []
  const token = tokens[routeKey]
  if (token === undefined) return [`${name}: no token says where its requests go`]
  return token === slot ? [] : [`${name}: requests go to slot ${token}, but ${id} is in ${slot}`]
}

function accessoryDrift(observed: Observed, { release }: KeptRelease, name: string): string[] {
  const container = observed.containers.find(
    (each) => each.project === release.baseProject && each.service === name,
  )
  if (container === undefined) return [`${name}: it has no container`]
  if (container.state !== 'running') {
    return [`${name}: ${container.name} is ${stateInWords(container)}`]
  }
  return container.health === 'unhealthy' ? [`${name}: ${container.name} is unhealthy`] : []
}

function proxyDrift({ proxy }: Observed, { release }: KeptRelease): string[] {
  const isRouted = release.services.some(({ routeKey }) => routeKey !== undefined)
  if (release.proxy === 'none' || !isRouted || proxy.running) return []
  return ['the proxy does not run: no request gets in']
}

/** Containers of this app that no record accounts for, while no run is under way. */
function strayContainers(
  observed: Observed,
  kept: KeptRelease | undefined,
  { app, environment }: Scope,
): string[] {
  if (observed.decision.state !== 'none' || observed.lease !== undefined) return []
  const expected = new Set(kept?.release.services.flatMap((service) => service.containers))
  const own = new Set(kept?.release.services.map(({ name }) => name))
  return observed.containers.flatMap((container) => {
    const { name, release, service, project, state } = container
    if (state !== 'running' || expected.has(name)) return []
    if (release !== undefined) {
      const isOurs = container.app === app && container.environment === environment
      return isOurs ? [`${name} of ${release} still runs`] : []
    }
    const isByHand = project === kept?.release.baseProject && own.has(service)
    return isByHand ? [`${name} runs ${service} outside of any release: started by hand?`] : []
  })
}
