import { changedAccessories, missingAccessories, newAccessories } from './accessories.ts'
import type { Observed } from './observed.ts'
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
  const drift = hosts.flatMap((host) => [...driftOf(host), ...additions(release, host)])
  if (drift.length > 0) return { kind: 'repair', because: drift.join('; '), services: [] }
  const id = serving[0]?.id ?? 'it'
  const because = `${id} is the same and runs as recorded${aside(release, hosts)}`
  return { kind: 'nothing', because, services: [] }
}

function aside(release: Release, hosts: readonly Observed[]): string {
  const changed = [...new Set(hosts.flatMap((host) => changedAccessories(release, host)))]
  if (changed.length === 0) return ''
  return `; ${changed.join(', ')} changed, which \`belay deploy --base\` applies`
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

function accessoryDrift(observed: Observed, release: Release): string[] {
  return missingAccessories(release, observed).map(
    (name) => `${observed.host}: ${name} does not run`,
  )
}

/** One that no release had so far is started by a release, as there is nothing to leave alone. */
function additions(release: Release, observed: Observed): string[] {
  const known = servingOn(observed)?.accessories ?? []
  return newAccessories(release, observed)
    .filter((name) => !known.includes(name))
    .map((name) => `${observed.host}: ${name} is new`)
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
