import * as z from 'zod/mini'
import type { CheckConfig } from '../app-config.ts'
import { described, keyed, optional, turned } from '../source/leaves.ts'
import { commandKeys, commandSettings } from './command.ts'
import { databaseKeys, databaseMistake, databaseSettings } from './database.ts'
import type { Engine } from './database.ts'
import { httpKeys, httpMistake, httpSettings } from './http.ts'
import { logsKeys, logsSettings } from './logs.ts'
import { resourcesKeys, resourcesMistake, resourcesSettings } from './resources.ts'
import { scriptKeys, scriptSettings, shortScript } from './script.ts'
import { checkOf, consistent, needed, serviceKey, withService } from './service.ts'
import type { ServiceIs } from './service.ts'
import { staticKeys, staticMistake, staticSettings } from './static.ts'
import { stepsList } from './steps.ts'
import { tcpKeys, tcpSettings } from './tcp.ts'
import { tlsKeys, tlsSettings } from './tls.ts'
import { webSocketKeys, webSocketMistake, webSocketSettings } from './websocket.ts'

const KINDS = [
  'http',
  'tcp',
  'command',
  'run',
  'logs',
  'steps',
  'tls',
  'websocket',
  'static',
  'postgres',
  'mysql',
  'redis',
  'resources',
  'script',
] as const
export const CHECK = `a check has exactly one of: ${KINDS.join(', ')}`

/** A check of a service: the service is the one below which it stands. */
export function serviceCheck() {
  return described(oneOf(kinds('implied')), {
    id: 'check',
    description: 'One check of the service.',
  })
}

/** A check of the whole app: it says which service it means, where that is not plain. */
export function smokeCheck() {
  return described(oneOf(kinds('named')), {
    id: 'suite-check',
    description: 'One check of the whole app.',
  })
}

/** What may stand in a list of checks of the whole app: a check, or the name of many. */
export function smokeItem() {
  const item = oneOf({ ...kinds('named'), suite: suite() })
  return described(item, { id: 'smoke-check', description: 'One check of the whole app.' })
}

/** Turned into a check whose settings are the suite's name; `resolve` puts its checks there. */
function suite() {
  const name = turned(suiteName(), (suite): CheckConfig => ({ kind: 'suite', settings: { suite } }))
  return optional(name, {
    description: 'All checks of that name in `suites`.',
    examples: ['api'],
  })
}

export function suiteName() {
  const allowed = 'the name of a suite has only letters, digits and . _ - in it'
  return z.string({ error: allowed }).check(z.regex(/^[A-Za-z0-9._-]+$/, { error: allowed }))
}

type CheckKeys = Readonly<Record<string, z.core.$ZodType<CheckConfig | undefined>>>

function oneOf<Keys extends CheckKeys>(kinds: Keys) {
  const names = Object.keys(kinds).join(', ')
  const written = keyed(kinds).check(
    z.refine((written) => Object.keys(written).length === 1, {
      error: `a check has exactly one of: ${names}`,
    }),
  )
  return turned(written, (written): CheckConfig => {
    const all = Object.values(written) as readonly (CheckConfig | undefined)[]
    const [only] = all.filter((one) => one !== undefined)
    if (only === undefined) throw new Error('a check without a kind was let through')
    return only
  })
}

function kinds(service: ServiceIs) {
  const command = commandCheck(service)
  const ping = [{ command: ['python', '-m', 'app.ping'] }]
  const login = { path: '/login', 'send-form': { name: 'ann', password: `\${SMOKE_PASSWORD}` } }
  const both = [{ http: login }, { http: { path: '/account', body: 'Hello Ann' } }]
  return {
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
    steps: optional(stepsCheck(service), {
      description: 'Requests one after another, with cookies and values of earlier answers.',
      examples: [both],
    }),
    tls: optional(tlsCheck(service), {
      description: 'Looks at the certificate that clients are shown.',
      examples: [{ 'days-left': 21 }],
    }),
    websocket: optional(webSocketCheck(service), {
      description: 'Opens a WebSocket.',
      examples: [{ path: '/live' }],
    }),
    static: optional(staticCheck(service), {
      description: 'Looks whether files are there, or all that a page needs.',
      examples: [{ page: '/' }],
    }),
    postgres: optional(databaseCheck('postgres', service), {
      description: 'PostgreSQL takes connections, and answers a query.',
      examples: [{ query: 'select 1' }],
    }),
    mysql: optional(databaseCheck('mysql', service), {
      description: 'MySQL or MariaDB takes connections, and answers a query.',
      examples: [{ query: 'select 1' }],
    }),
    redis: optional(databaseCheck('redis', service), {
      description: 'Redis or Valkey answers.',
      examples: [{}],
    }),
    resources: optional(resourcesCheck(service), {
      description: 'What the containers of a service take, or the host as a whole.',
      examples: [{ memory: '80%', disk: '90%' }],
    }),
    script: optional(scriptCheck(service), {
      description: 'Runs a program of yours on this machine, once the release has traffic.',
      examples: ['./checks/smoke.sh'],
    }),
  }
}

function httpCheck(service: ServiceIs) {
  const keys = consistent(keyed(withService(httpKeys(), serviceKey(service))), httpMistake)
  return turned(keys, (written) => checkOf('http', written.service, httpSettings(written)))
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

function stepsCheck(service: ServiceIs) {
  return turned(stepsList(serviceKey(service)), ({ service, settings }) =>
    checkOf('steps', service, settings),
  )
}

function tlsCheck(service: ServiceIs) {
  const keys = keyed(withService(tlsKeys(), serviceKey(service)))
  return turned(keys, (written) => checkOf('tls', written.service, tlsSettings(written)))
}

function webSocketCheck(service: ServiceIs) {
  const keys = keyed(withService(webSocketKeys(), serviceKey(service)))
  return turned(consistent(keys, webSocketMistake), (written) =>
    checkOf('websocket', written.service, webSocketSettings(written)),
  )
}

function staticCheck(service: ServiceIs) {
  const keys = keyed(withService(staticKeys(), serviceKey(service)))
  return turned(consistent(keys, staticMistake), (written) =>
    checkOf('static', written.service, staticSettings(written)),
  )
}

function databaseCheck(engine: Engine, service: ServiceIs) {
  const keys = keyed(withService(databaseKeys(engine), needed(service)))
  return turned(consistent(keys, databaseMistake), (written) =>
    checkOf('database', written.service, databaseSettings(engine, written)),
  )
}

function resourcesCheck(service: ServiceIs) {
  const keys = keyed(withService(resourcesKeys(), serviceKey(service)))
  return turned(consistent(keys, resourcesMistake), (written) => {
    const of = service === 'implied' || written.service !== undefined ? 'service' : 'host'
    return checkOf('resources', written.service, resourcesSettings(written, of))
  })
}

function scriptCheck(service: ServiceIs) {
  const whole = keyed(withService(scriptKeys(), serviceKey(service)))
  const allowed = 'a path is needed, such as ./smoke.sh, or { path: ./smoke.sh, args: [--quick] }'
  const short = z.pipe(shortScript(), whole)
  return turned(z.union([whole, short], { error: allowed }), (written) =>
    checkOf('script', written.service, scriptSettings(written)),
  )
}
