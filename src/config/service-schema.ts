import * as z from 'zod/mini'
import { plainHttp } from './checks/http.ts'
import { CHECK, serviceCheck } from './checks/one-check.ts'
import { checkOf, serviceName } from './checks/service.ts'
import { DEFAULTS } from './defaults.ts'
import { serviceBuildKey } from './pipeline/build.ts'
import { described, domain, duration, keyed, listOf, optional, someOf } from './source/leaves.ts'
import { port, routePath, turned, urlPath, withDefault } from './source/leaves.ts'

const ROUTE = 'a list is needed, such as [{ domain: shop.example.com, port: 8000 }]'

function route() {
  return keyed({
    domain: described(domain(), {
      description: 'The name that is asked for; `"*"` is any name, over plain HTTP.',
      examples: ['shop.example.com'],
    }),
    path: withDefault(routePath(), '/', {
      description: 'Only what begins with this path.',
      examples: ['/api'],
    }),
    port: described(port(), {
      description: 'Where the service listens, inside its container.',
      examples: [8000],
    }),
  })
}

function health(check: ReturnType<typeof serviceCheck>) {
  const allowed = `a path such as /health is needed, or a check: ${CHECK}`
  const path = turned(urlPath(), (path) => checkOf('http', undefined, plainHttp(path)))
  return z.union([path, check], { error: allowed })
}

/** What can be said about one service of the compose file. */
export function serviceSettings() {
  const check = serviceCheck()
  const settings = keyed({
    ...nature(),
    routes: withDefault(listOf(route(), ROUTE), [], {
      description: 'Which requests the proxy sends to this service.',
      examples: [[{ domain: 'shop.example.com', port: 8000 }]],
    }),
    health: optional(health(check), {
      description: 'When the service counts as healthy: a path that answers 200, or a check.',
      examples: ['/health'],
    }),
    checks: withDefault(listOf(check, `a list of checks is needed; ${CHECK}`), [], {
      description: 'What else must hold before the service gets traffic, and after.',
      examples: [[{ logs: { not: '(?i)panic' } }]],
    }),
    build: serviceBuildKey(),
    ...patience(),
  })
  return described(settings, { id: 'service', description: 'One service of the compose file.' })
}

function nature() {
  return {
    role: optional(z.enum(['app', 'worker', 'job', 'accessory']), {
      description:
        'What the service is for. `app` and `worker` belong to a release, a `job` runs once per ' +
        'release and ends, an `accessory` (a database, a cache) stays as it is. Guessed from the ' +
        'image where it is left out; `belay plan` shows the guess.',
      examples: ['accessory'],
    }),
    rollout: optional(z.enum(['overlap', 'handover', 'rolling']), {
      description:
        'How the new replaces the old. Left out, it is `overlap`, or `handover` where a volume ' +
        'is written or a port is published outside the proxy; `belay plan` says why.',
      examples: ['handover'],
    }),
    calls: optional(someOf(serviceName(), CALLS), {
      description:
        'Only of an accessory: which services of the release it calls by name. Those that it ' +
        'depends on, or whose address stands in its settings or files, are found without this.',
      examples: [['web']],
    }),
  }
}

const CALLS = 'a list of services is needed, such as [web]'

function patience() {
  return {
    'start-timeout': withDefault(duration('1s', '1h'), DEFAULTS.startTimeout, {
      description: 'How long the service may take until it has proved itself.',
      examples: ['3m'],
    }),
    drain: withDefault(duration('0s', '1h'), DEFAULTS.drain, {
      description: 'How long requests in flight may take after traffic has moved away.',
      examples: ['2m'],
    }),
    hold: optional(duration('1s', '10m'), {
      description:
        'With `handover`: how long the proxy holds requests while none runs. Left out, it is as ' +
        'long as stopping and starting may take at most; `belay plan` says it.',
      examples: ['1m'],
    }),
    'stop-grace': optional(duration('1s', '1h'), {
      description:
        "From SIGTERM to SIGKILL. Left out, it is the compose file's `stop_grace_period`.",
      examples: ['45s'],
    }),
  }
}
