import type { CheckConfig } from '../app-config.ts'
import { hostNameOf } from '../hosts-address.ts'
import { buildProblems } from '../pipeline/build-check.ts'
import { routedServices } from './resolve.ts'
import type { ServiceSettings, Settings } from '../schema.ts'
import type { Position, Problem } from '../source/problem.ts'
import { nodeAt } from '../source/tree.ts'
import type { MapTree, Tree } from '../source/tree.ts'

/** Mistakes that no single value shows: settings that are each right and do not fit together. */
export function crossCheck(settings: Settings, tree: MapTree): readonly Problem[] {
  return [
    ...hostProblems(settings, tree),
    ...routeProblems(settings, tree),
    ...buildProblems(settings, tree),
    ...Object.entries(settings.services).flatMap(([name, service]) =>
      serviceProblems({ name, service, settings, tree }),
    ),
    ...settings.smoke.flatMap((check, index) =>
      smokeProblems({ check, settings, at: placeOf(tree, ['smoke', index]) }),
    ),
  ]
}

interface Place {
  readonly at: Position
  readonly path: string
}

function placeOf(tree: MapTree, path: readonly PropertyKey[]): Place {
  const node: Tree | undefined = nodeAt(tree, path)
  return node ?? placeOf(tree, path.slice(0, -1))
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
    if (health !== undefined) say('health', jobHasEnded)
    if (checks.length > 0) say('checks', jobHasEnded)
  } else if (routes.length === 0) {
    if (health !== undefined && lacksPort(health)) say('health', portNeeded)
    if (checks.some(lacksPort)) say('checks', portNeeded)
  }
  return problems
}

const jobHasEnded = 'a job has ended by the time that checks are asked; its exit code is its proof'

const portNeeded =
  'the service has no routes, so that the check must say which port: http: { path: ' +
  '/health, port: 8000 }'

function lacksPort(check: CheckConfig): boolean {
  return check.kind === 'http' && !('port' in check.settings)
}

function smokeProblems(of: {
  check: CheckConfig
  settings: Settings
  at: Place
}): readonly Problem[] {
  const { check, settings, at } = of
  const routed = routedServices(settings)
  const say = (text: string): readonly Problem[] => [{ ...at, text: `${at.path}: ${text}` }]
  const { role } = settings.services[check.service ?? ''] ?? {}
  if (role === 'job') return say(`${check.service} is a job: ${jobHasEnded.replace('a job', 'it')}`)
  if (check.kind !== 'http') return []
  if (check.service === undefined && routed.length !== 1) {
    return routed.length === 0
      ? say('no service has routes; say which one is asked: http: { service: web, port: 8000 }')
      : say(`several services have routes; say which one is asked: service: ${routed.join(' or ')}`)
  }
  const isRouted = routed.includes(check.service ?? routed[0] ?? '')
  if (!lacksPort(check) || (isRouted && settings.proxy !== 'none')) return []
  return say('nothing leads to this service from outside, so that the check must say which port')
}
