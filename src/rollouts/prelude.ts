import { containersOf, missingAccessories } from '../plan/accessories.ts'
import type { Instruction } from '../plan/instruction.ts'
import type { ObservedContainer } from '../plan/observed.ts'
import type { BaseObject, Release } from '../plan/release.ts'
import type { HostChange } from './host-change.ts'
import { adoptableContainers } from './old-release.ts'

export const PROXY_PROJECT = 'belay-proxy'
export const PROXY_NETWORK = 'belay'

/** Names an app's configuration at the proxy. */
export function siteKey({ app, environment }: Pick<Release, 'app' | 'environment'>): string {
  return `${app}-${environment}`
}

/** Does the release have anything that is asked through the shared proxy? */
export function usesProxy(release: Release): boolean {
  return release.proxy === 'shared'
}

/** What must be there before a release's containers: only what the host does not have yet. */
export function preludeOf(change: HostChange): Instruction[] {
  const { release, folder } = change
  const proxy: Instruction[] = needsProxy(change)
    ? [{ do: 'proxy', folder: `${folder}/proxy` }]
    : []
  return [
    ...leftovers(change),
    ...proxyNetwork(change),
    ...release.networks.filter(isMissing(change, 'networks')).map((network) => ({
      do: 'network' as const,
      name: network.name,
      key: network.key,
      project: release.baseProject,
      internal: network.internal === true,
    })),
    ...release.volumes.filter(isMissing(change, 'volumes')).map((volume) => ({
      do: 'volume' as const,
      name: volume.name,
      key: volume.key,
      project: release.baseProject,
      ...(volume.driver === undefined ? {} : { driver: volume.driver }),
      ...(volume.driverOptions === undefined ? {} : { options: volume.driverOptions }),
    })),
    ...(takesOverPorts(change).length > 0 ? [] : proxy),
    ...baseOf(change),
  ]
}

/**
 * Containers of other releases that somebody started by hand: in the idle slot they would answer
 * for the new release, and prove what is not there.
 */
function leftovers({ release, observed }: HostChange): Instruction[] {
  const containers = observed.containers
    .filter(
      ({ app, environment, release: of, state }) =>
        app === release.app &&
        environment === release.environment &&
        of !== undefined &&
        of !== observed.current &&
        state !== 'exited' &&
        state !== 'created',
    )
    .map(({ name }) => name)
  return containers.length === 0 ? [] : [{ do: 'stop', containers, graceSeconds: 10 }]
}

function proxyNetwork({ release, observed }: HostChange): Instruction[] {
  if (!usesProxy(release) || observed.networks.includes(PROXY_NETWORK)) return []
  const name = PROXY_NETWORK
  return [{ do: 'network', name, key: name, project: PROXY_PROJECT, internal: false }]
}

function isMissing({ observed }: HostChange, kind: 'networks' | 'volumes') {
  return ({ name, external }: BaseObject) => !external && !observed[kind].includes(name)
}

function needsProxy({ release, observed }: HostChange): boolean {
  return usesProxy(release) && !observed.proxy.running
}

/**
 * Accessories without a container. One that exists is never touched by a release; what it was made
 * from is noted, so that a change is known as one.
 */
function baseOf({ release, observed, folder }: HostChange): Instruction[] {
  const { baseProject: project, accessories, base = {} } = release
  const file = `${folder}/base.json`
  const services = missingAccessories(release, observed)
  const unknown = accessories.flatMap((name) => {
    const containers = containersOf(name, release, observed)
    const isKnown = containers.length > 0 && containers.every((each) => each.definition)
    const hash = base[name]?.hash
    return isKnown || hash === undefined ? [] : [[name, hash] as const]
  })
  const definitions = Object.fromEntries(unknown)
  return [
    ...(services.length > 0 ? [{ do: 'base', project, file, services } as const] : []),
    ...(unknown.length > 0 ? [{ do: 'made-from', project, file, definitions } as const] : []),
  ]
}

/** Adopted containers that hold the ports which the proxy is about to take. */
export function takesOverPorts(change: HostChange): readonly ObservedContainer[] {
  const { observed, release } = change
  if (!needsProxy(change) || observed.current !== undefined) return []
  const wanted = new Set(observed.proxy.takenPorts)
  return adoptableContainers(observed, release.baseProject).filter(({ publishedPorts }) =>
    publishedPorts.some((port) => wanted.has(port)),
  )
}

/** The one moment in which connections are refused: from here until the proxy listens. */
export function takeOver(change: HostChange): Instruction[] {
  const holders = takesOverPorts(change).map(({ name }) => name)
  if (holders.length === 0) return []
  return [
    { do: 'stop', containers: holders, graceSeconds: 10 },
    { do: 'proxy', folder: `${change.folder}/proxy` },
  ]
}
