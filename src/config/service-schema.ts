import * as z from 'zod/mini'
import type { CheckConfig } from './app-config.ts'
import { commandKeys, commandSettings, httpKeys, httpSettings } from './check-settings.ts'
import { logsKeys, logsSettings, plainHttp, tcpKeys, tcpSettings } from './check-settings.ts'
import type { CheckKind } from './check-settings.ts'
import { DEFAULTS } from './defaults.ts'
import { serviceBuildKey } from './pipeline/build.ts'
import {
  described,
  domain,
  duration,
  keyed,
  listOf,
  matching,
  optional,
  someOf,
} from './source/leaves.ts'
import { port, routePath, turned, urlPath, withDefault } from './source/leaves.ts'

/** The names that compose allows. */
export function serviceName() {
  return matching(
    /^[A-Za-z0-9._-]+$/,
    'the name of a service has only letters, digits and . _ - in it, as compose has it',
  )
}

const KINDS = ['http', 'tcp', 'command', 'run', 'logs'] as const
const CHECK = `a check has exactly one of: ${KINDS.join(', ')}`

/** A check of a service: the service is the one below which it stands. */
function serviceCheck() {
  return described(oneCheck('implied'), { id: 'check', description: 'One check of the service.' })
}

/** A check of the whole app: it says which service it means, where that is not plain. */
export function smokeCheck() {
  return described(oneCheck('named'), {
    id: 'smoke-check',
    description: 'One check of the whole app.',
  })
}

/** Whether a check stands below its service, or has to name it. */
type ServiceIs = 'implied' | 'named'

function oneCheck(service: ServiceIs) {
  const command = commandCheck(service)
  const ping = [{ command: ['python', '-m', 'app.ping'] }]
  const kinds = keyed({
    http: optional(httpCheck(service), {
      description: 'Asks over HTTP.',
      examples: [{ path: '/health' }],
    }),
    tcp: optional(tcpCheck(service), {
      description: 'Opens a connection.',
      examples: [{ port: 6379 }],
    }),
    command: optional(command, { description: 'Runs a command in a container.', examples: ping }),
    run: optional(command, { description: 'The same as `command`.', examples: ping }),
    logs: optional(logsCheck(service), {
      description: 'Reads what was logged since the start.',
      examples: [{ not: 'panic' }],
    }),
  }).check(z.refine((written) => Object.keys(written).length === 1, { error: CHECK }))
  return turned(kinds, (written): CheckConfig => {
    const [only] = Object.values(written).filter((one) => one !== undefined)
    if (only === undefined) throw new Error('a check without a kind was let through')
    return only
  })
}

function httpCheck(service: ServiceIs) {
  const key = optional(serviceName(), {
    description:
      'Only in `smoke`: which service is asked; the one that has routes when there is only one.',
    examples: ['web'],
  })
  const keys = withService(httpKeys(), service === 'implied' ? {} : { service: key })
  return turned(keyed(keys), (written) => checkOf('http', written.service, httpSettings(written)))
}

function tcpCheck(service: ServiceIs) {
  const keys = withService(tcpKeys(), needed(service))
  return turned(keyed(keys), (written) => checkOf('tcp', written.service, tcpSettings(written)))
}

function commandCheck(service: ServiceIs) {
  const keys = withService(commandKeys(), needed(service))
  return turned(keyed(keys), (written) =>
    checkOf('command', written.service, commandSettings(written)),
  )
}

function logsCheck(service: ServiceIs) {
  const keys = keyed(withService(logsKeys(), needed(service))).check(
    z.refine((written) => written.not !== undefined || written.must !== undefined, {
      error: 'not or must is needed, with a regular expression',
    }),
  )
  return turned(keys, (written) => checkOf('logs', written.service, logsSettings(written)))
}

function needed(service: ServiceIs): Partial<ServiceKey> {
  if (service === 'implied') return {}
  const key = described(serviceName(), {
    description: 'Only in `smoke`, and needed there: which service is asked.',
    examples: ['cache'],
  })
  // Declared optional, so that the four kinds have one type; the schema itself demands it.
  return { service: key as unknown as ServiceKey['service'] }
}

type ServiceKey = { readonly service: z.ZodMiniOptional<z.ZodMiniString> }

function withService<Keys extends z.core.$ZodLooseShape>(keys: Keys, service: Partial<ServiceKey>) {
  return { ...service, ...keys } as Keys & ServiceKey
}

function checkOf(
  kind: CheckKind,
  service: string | undefined,
  settings: CheckConfig['settings'],
): CheckConfig {
  return service === undefined ? { kind, settings } : { kind, service, settings }
}

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
    hold: withDefault(duration('1s', '10m'), DEFAULTS.hold, {
      description: 'With `handover`: how long the proxy holds requests while none runs.',
      examples: ['1m'],
    }),
    'stop-grace': optional(duration('1s', '1h'), {
      description:
        "From SIGTERM to SIGKILL. Left out, it is the compose file's `stop_grace_period`.",
      examples: ['45s'],
    }),
  }
}
