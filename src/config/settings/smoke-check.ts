import type { CheckConfig } from '../app-config.ts'
import { JOB_HAS_ENDED, lacksPort } from '../checks/service.ts'
import type { Settings } from '../schema.ts'
import { didYouMean } from '../source/nearest.ts'
import type { Problem } from '../source/problem.ts'
import type { MapTree } from '../source/tree.ts'
import { type Place, placeOf } from './place.ts'
import { routedServices, suiteNamed } from './resolve.ts'

/** Checks of the whole app that do not fit what else was said, in `smoke` and in every suite. */
export function smokeProblems(settings: Settings, tree: MapTree): readonly Problem[] {
  return placedChecks(settings, tree).flatMap(({ check, at }) => problemsOf(check, settings, at))
}

export interface PlacedCheck {
  readonly check: CheckConfig
  readonly at: Place
}

/** Each check of `smoke` and of the suites, with the place where it stands. */
export function placedChecks(settings: Settings, tree: MapTree): readonly PlacedCheck[] {
  const suites = Object.entries(settings.suites)
  return [
    ...settings.smoke.map((check, n) => ({ check, at: placeOf(tree, ['smoke', n]) })),
    ...suites.flatMap(([name, checks]) =>
      checks.map((check, n) => ({ check, at: placeOf(tree, ['suites', name, n]) })),
    ),
  ]
}

function problemsOf(check: CheckConfig, settings: Settings, at: Place): readonly Problem[] {
  const say = (text: string): readonly Problem[] => [{ ...at, text: `${at.path}: ${text}` }]
  const suite = suiteNamed(check)
  if (suite !== undefined) return Object.hasOwn(settings.suites, suite) ? [] : say(noSuite(suite))
  const routed = routedServices(settings)
  const { role } = settings.services[check.service ?? ''] ?? {}
  if (role === 'job') {
    return say(`${check.service} is a job: ${JOB_HAS_ENDED.replace('a job', 'it')}`)
  }
  if (check.kind === 'tls') return tlsText(check, settings).flatMap(say)
  if (!lacksPort(check)) return []
  if (check.service === undefined && routed.length !== 1) {
    return routed.length === 0
      ? say('no service has routes; say which one is asked: service: web, port: 8000')
      : say(`several services have routes; say which one is asked: service: ${routed.join(' or ')}`)
  }
  const isRouted = routed.includes(check.service ?? routed[0] ?? '')
  if (isRouted && settings.proxy !== 'none') return []
  return say('nothing leads to this service from outside, so that the check must say which port')

  function noSuite(name: string): string {
    const known = Object.keys(settings.suites)
    const list = known.length === 0 ? '; there are none in suites' : `; known: ${known.join(', ')}`
    return `there is no suite ${JSON.stringify(name)}${didYouMean(name, known) || list}`
  }
}

/** A certificate that nobody shows is no certificate that is bad. */
function tlsText({ settings: own, service }: CheckConfig, settings: Settings): readonly string[] {
  const routes = Object.entries(settings.services)
    .filter(([name]) => service === undefined || name === service)
    .flatMap(([, { routes }]) => routes)
  if (!('domain' in own) && routes.every(({ domain }) => domain === '*')) {
    return ['no route has a domain of its own; say which one: domain: shop.example.com']
  }
  const isShown =
    settings.proxy !== 'none' && settings.proxy.tls === 'auto' && (settings.hosts ?? []).length < 2
  if (isShown || 'port' in own || own.from === 'here') return []
  return ['the proxy shows no certificate here (plain HTTP); say port, or from: here']
}
