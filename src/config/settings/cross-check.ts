import { hostNameOf } from '../hosts-address.ts'
import { backupProblems } from '../pipeline/backup-check.ts'
import { buildProblems } from '../pipeline/build-check.ts'
import { registryProblems } from '../pipeline/registries/registry.ts'
import { JOB_HAS_ENDED, lacksPort } from '../checks/service.ts'
import { smokeProblems } from './smoke-check.ts'
import type { ServiceSettings, Settings } from '../schema.ts'
import type { Problem } from '../source/problem.ts'
import type { MapTree } from '../source/tree.ts'
import { type Place, placeOf } from './place.ts'

/** Mistakes that no single value shows: settings that are each right and do not fit together. */
export function crossCheck(settings: Settings, tree: MapTree): readonly Problem[] {
  return [
    ...hostProblems(settings, tree),
    ...routeProblems(settings, tree),
    ...buildProblems(settings, tree),
    ...backupProblems(settings, tree),
    ...registryProblems(settings, tree),
    ...Object.entries(settings.services).flatMap(([name, service]) =>
      serviceProblems({ name, service, settings, tree }),
    ),
    ...smokeProblems(settings, tree),
  ]
}

function hostProblems(settings: Settings, tree: MapTree): readonly Problem[] {
  const hosts = settings.hosts ?? []
  const names = hosts.map(hostNameOf)
  return names.flatMap((name, index) => {
    if (names.indexOf(name) === index) return []
    const { at, path } = placeOf(tree, ['hosts', index])
    return [{ at, path, text: `${path} is a host that the list has already` }]
  })
}

function routeProblems(settings: Settings, tree: MapTree): readonly Problem[] {
  const claimed = new Map<string, Place>()
  const problems: Problem[] = []
  for (const [name, { routes }] of Object.entries(settings.services)) {
    for (const [index, { domain, path }] of routes.entries()) {
      const place = placeOf(tree, ['services', name, 'routes', index])
      const earlier = claimed.get(`${domain}${path}`)
      if (earlier === undefined) claimed.set(`${domain}${path}`, place)
      else problems.push({ ...place, text: sameRoute(place, earlier) })
    }
  }
  return problems
}

function sameRoute(place: Place, earlier: Place): string {
  return `${place.path} has the domain and path of ${earlier.path} in line ${earlier.at.line}`
}

interface ServiceAt {
  readonly name: string
  readonly service: ServiceSettings
  readonly settings: Settings
  readonly tree: MapTree
}

function serviceProblems({ name, service, settings, tree }: ServiceAt): readonly Problem[] {
  const problems: Problem[] = []
  const say = (key: string, text: string): void => {
    const place = placeOf(tree, ['services', name, key])
    problems.push({ at: place.at, path: place.path, text: `${place.path}: ${text}` })
  }
  const { role, routes, rollout, health, checks } = service
  const article = role === 'app' || role === 'accessory' ? 'an' : 'a'
  if (role !== undefined && role !== 'app' && routes.length > 0) {
    say('routes', `${article} ${role} gets no requests; only an app has routes`)
  }
  if (rollout !== undefined && (role === 'accessory' || role === 'job')) {
    say('rollout', `${article} ${role} is not rolled out; leave this out`)
  }
  if (routes.length > 0 && settings.proxy === 'none') {
    say('routes', 'proxy is none, so that nothing would serve them')
  }
  if (role === 'job') {
    if (health !== undefined) say('health', JOB_HAS_ENDED)
    if (checks.length > 0) say('checks', JOB_HAS_ENDED)
  } else if (routes.length === 0) {
    if (health !== undefined && lacksPort(health)) say('health', portNeeded)
    if (checks.some(lacksPort)) say('checks', portNeeded)
  }
  return problems
}

const portNeeded =
  'the service has no routes, so that the check must say which port: http: { path: ' +
  '/health, port: 8000 }'
