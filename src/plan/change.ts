import type { Observed, ObservedContainer } from './observed.ts'
import type { Change } from './plan.ts'
import type { Release, ReleaseService } from './release.ts'

/** What a deployment of `release` would change on these hosts, and why. */
export function compare(release: Release, hosts: readonly Observed[]): Change {
  const serving = hosts.map(servingOn)
  if (serving.every((each) => each === undefined)) {
    return { kind: 'first', because: 'no release serves yet', services: differences(release) }
  }
  const behind = hosts.filter((_, index) => serving[index]?.fingerprint !== release.fingerprint)
  if (behind.length > 0) {
    const names =
      behind.length === hosts.length ? '' : ` on ${behind.map((h) => h.host).join(', ')}`
    const before = serving.find((each) => each !== undefined)
    const because = `it differs from ${before?.id ?? 'nothing'}, which serves${names}`
    return { kind: 'replace', because, services: differences(release, before) }
  }
  const drift = hosts.flatMap(driftOf)
  if (drift.length > 0) return { kind: 'repair', because: drift.join('; '), services: [] }
  const id = serving[0]?.id ?? 'it'
  return { kind: 'nothing', because: `${id} is the same and runs as recorded`, services: [] }
}

function servingOn({ current, releases }: Observed): Release | undefined {
  return releases.find(({ id }) => id === current)?.release
}

/** Where what runs is not what the journal says, in words. */
export function driftOf(observed: Observed): string[] {
  const release = servingOn(observed)
  if (release === undefined) {
    const lost = observed.current !== undefined
    return lost ? [`${observed.host}: the folder of ${observed.current} is gone`] : []
  }
  return [
    ...containerDrift(observed, release),
    ...accessoryDrift(observed, release),
    ...tokenDrift(observed, release),
  ]
}

function containerDrift(observed: Observed, release: Release): string[] {
  const found = new Map(observed.containers.map((each) => [each.name, each]))
  const wanted = release.services.filter(({ role }) => role !== 'job')
  return wanted.flatMap(({ containers }) =>
    containers.flatMap((name) => {
      const state = found.get(name)?.state ?? 'gone'
      return state === 'running' ? [] : [`${observed.host}: ${name} is ${state}`]
    }),
  )
}

function accessoryDrift({ host, containers }: Observed, release: Release): string[] {
  return missingAccessories(release, containers).map((name) => `${host}: ${name} does not run`)
}

/** Accessories of which no container runs. */
export function missingAccessories(
  release: Release,
  containers: readonly ObservedContainer[],
): string[] {
  const running = new Set(
    containers
      .filter(({ project, state }) => project === release.baseProject && state === 'running')
      .map(({ service }) => service),
  )
  return release.accessories.filter((name) => !running.has(name))
}

function tokenDrift({ host, tokens }: Observed, release: Release): string[] {
  return release.services.flatMap(({ name, routeKey }) => {
    if (routeKey === undefined) return []
    const token = tokens[routeKey]
    if (token === release.slot) return []
    return [`${host}: requests for ${name} go to slot ${token ?? '?'}, not ${release.slot}`]
  })
}

function differences(release: Release, before?: Release): Change['services'] {
  const names = [...release.services, ...(before?.services ?? [])].map(({ name }) => name)
  return [...new Set(names)].flatMap((name) => {
    const now = release.services.find((service) => service.name === name)
    const old = before?.services.find((service) => service.name === name)
    const differs = differing(now, old)
    return differs.length === 0 ? [] : [{ service: name, differs }]
  })
}

function differing(now?: ReleaseService, old?: ReleaseService): string[] {
  if (now === undefined) return ['leaves']
  if (old === undefined) return ['new']
  const list: string[] = []
  if (now.image.id !== old.image.id) list.push(`image ${short(old)} → ${short(now)}`)
  if (now.definition !== old.definition) list.push('definition')
  if (now.containers.length !== old.containers.length) {
    list.push(`replicas ${old.containers.length} → ${now.containers.length}`)
  }
  if (now.rollout !== old.rollout) list.push(`rollout ${old.rollout} → ${now.rollout}`)
  return list
}

function short({ image }: ReleaseService): string {
  const { id } = image
  if (id.startsWith('sha256:')) return id.slice('sha256:'.length).slice(0, 12)
  // Not there yet: it has a name only, and that of a build is ours.
  return id.startsWith('belay/') ? 'a new build' : id
}
