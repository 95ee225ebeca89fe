import * as z from 'zod/mini'
import { NAME_PATTERN } from '../base/names.ts'
import { smokeCheck, smokeItem, suiteName } from './checks/one-check.ts'
import { DEFAULTS } from './defaults.ts'
import { parseHostAddress } from './hosts-address.ts'
import { backupKey, backupSettings } from './pipeline/backups.ts'
import { hookSettings } from './pipeline/hook.ts'
import { serviceName } from './checks/service.ts'
import { envKey } from './environment/env-key.ts'
import { buildKey } from './pipeline/build.ts'
import { setupKey } from './pipeline/setup.ts'
import { migrateKey, tasksKey } from './pipeline/migrate.ts'
import { testKey } from './pipeline/tests.ts'
import { notifyKey } from './pipeline/notify.ts'
import { registryKey } from './pipeline/registries/registry.ts'
import { serviceSettings } from './service-schema.ts'
import { described, duration, keyed, line, listOf, matching, optional } from './source/leaves.ts'
import { networks, port, someOf, turned, whole, withDefault } from './source/leaves.ts'

export type Settings = z.output<ReturnType<typeof settingsSchema>>
export type ServiceSettings = z.output<ReturnType<typeof serviceSettings>>

/** Built when first asked for: most commands never read `belay.yaml`. */
let built: ReturnType<typeof build> | undefined

/** The whole of `belay.yaml`: the settings, and the environments that repeat some of them. */
export function fileSchema() {
  built ??= build()
  return built.file
}

/** One environment's settings, after its overrides were laid over the top level. */
export function settingsSchema() {
  built ??= build()
  return built.settings
}

function build() {
  const keys = settingsKeys()
  const app = described(name('an app'), {
    description: "The app's name, on every host.",
    examples: ['shop'],
  })
  const file = keyed({ app, environments: environments(keyed(keys)), ...keys })
  z.globalRegistry.add(file, {
    title: 'belay.yaml',
    description: 'How Belay deploys a docker-compose app.',
  })
  return { file, settings: keyed({ app, ...keys }) }
}

function environments(environment: z.core.$ZodType) {
  const one = described(environment, {
    id: 'environment',
    description: 'One environment; every key of the top level may be repeated here to override it.',
  })
  const all = z.record(name('an environment'), one, {
    error: 'a map is needed, such as { production: { hosts: [deploy@shop.example.com] } }',
  })
  return optional(all, {
    description:
      'Where the app runs. Maps (`compose`, `services` and each service, `suites`, `env`, ' +
      '`proxy`, `proof`, `hook`, `backups`) are merged over the top level key by key; everything else ' +
      'replaces it. ' +
      'Without this key there is one environment, `production`.',
    examples: [{ staging: { hosts: ['deploy@staging.example.com'], branch: 'develop' } }],
  })
}

function name(what: string) {
  const allowed =
    `the name of ${what} has lower-case letters, digits and - in it, ` +
    'begins and ends with a letter or digit, and is at most 40 long'
  return matching(NAME_PATTERN, allowed)
}

function settingsKeys() {
  return {
    hosts: hosts(),
    branch: optional(line('a text of one line is needed'), {
      description: 'Deploying from another branch asks first.',
      examples: ['main'],
    }),
    env: envKey(),
    compose: compose(),
    services: services(),
    smoke: withDefault(
      listOf(smokeItem(), 'a list is needed, such as [{ http: { path: /api/health } }]'),
      [],
      {
        description: 'Checks of the whole app, asked under real traffic before the confirm.',
        examples: [[{ http: { path: '/api/health' } }]],
      },
    ),
    suites: suites(),
    test: testKey(),
    build: buildKey(),
    registry: registryKey(),
    migrate: migrateKey(),
    tasks: tasksKey(),
    notify: notifyKey(),
    ...pace(),
    proxy: proxy(),
    proof: proof(),
    hook: hookSettings(),
    setup: setupKey(),
    backup: backupKey(),
    backups: backupSettings(),
  }
}

function hosts() {
  const host = z.string({ error: 'a host is a text such as deploy@shop.example.com' }).check(
    z.refine((text) => parseHostAddress(text).ok, {
      error: ({ input }) => reasonAgainst(String(input)),
    }),
  )
  const allowed = 'a list of at least one is needed, such as [deploy@shop.example.com]'
  return optional(someOf(host, allowed), {
    description:
      'The servers: `user@name`, `ssh://user@name:port`, a name from your SSH configuration, ' +
      'or `local` for this machine. Here or in each environment.',
    examples: [['deploy@a.example.com', 'ssh://deploy@b.example.com:2222']],
  })
}

function reasonAgainst(host: string): string {
  const parsed = parseHostAddress(host)
  return parsed.ok ? '' : parsed.reason
}

function services() {
  const all = z.record(serviceName(), serviceSettings(), {
    error: 'a map is needed, such as { web: { health: /health } }',
  })
  return withDefault(
    all,
    {},
    {
      description: 'What Belay should know about services of the compose file.',
      examples: [{ web: { health: '/health' }, db: { role: 'accessory' } }],
    },
  )
}

function suites() {
  const list = listOf(smokeCheck(), 'a list of checks is needed, such as [{ http: { path: / } }]')
  const all = z.record(suiteName(), list, {
    error: 'a map is needed, such as { api: [{ http: { path: /api/health } }] }',
  })
  const about = {
    description: 'Lists of checks with a name, for `smoke: [{ suite: … }]` and `belay smoke`.',
    examples: [{ api: [{ http: { path: '/api/health' } }] }],
  }
  return withDefault(all, {}, about)
}

function compose() {
  const allowed = 'a path, a list of paths, or { files: […], profiles: […] } is needed'
  const path = line(allowed)
  const paths = someOf(path, allowed)
  const profile = matching(
    /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/,
    'the name of a profile has only letters, digits and . _ - in it',
  )
  const one = turned(path, (file) => [file])
  const both = keyed({
    files: optional(z.union([paths, one], { error: allowed }), {
      description:
        'The compose files, later ones over earlier ones. Left out: the first of ' +
        '`compose.yaml`, `compose.yml`, `docker-compose.yml`, `docker-compose.yaml` beside ' +
        '`belay.yaml`, and no override file.',
      examples: [['compose.yaml', 'compose.production.yaml']],
    }),
    profiles: withDefault(listOf(profile, 'a list of names is needed, such as [worker]'), [], {
      description: 'Profiles to switch on.',
      examples: [['worker']],
    }),
  })
  const short = turned(path, (file) => ({ files: [file], profiles: [] }))
  const list = turned(paths, (files) => ({ files, profiles: [] }))
  const about = {
    description: 'The compose file, or a list of them, or a map with `files` and `profiles`.',
    examples: ['deploy/compose.yaml'],
  }
  return withDefault(z.union([short, list, both], { error: allowed }), {}, about)
}

function pace() {
  const allowed = 'a number of hosts, a share such as 25%, or all is needed'
  const share = matching(/^([1-9]\d?|100)%$/, allowed)
  const wave = z.union([whole(1, 1000, allowed), z.literal('all'), share], { error: allowed })
  return {
    wave: withDefault(wave, DEFAULTS.wave, {
      description: 'How many hosts move first; the rest follows once these serve the new release.',
      examples: ['25%'],
    }),
    keep: withDefault(whole(2, 50, 'a whole number from 2 to 50 is needed'), DEFAULTS.keep, {
      description:
        'How many good releases are kept on a host, the serving one included; the newest one ' +
        'that failed is kept beside them.',
      examples: [10],
    }),
    watchdog: withDefault(duration('10s', '1h'), DEFAULTS.watchdog, {
      description:
        'How long a host waits for a deployer that is gone before it puts the old release back.',
      examples: ['2m'],
    }),
  }
}

function proxy() {
  const shared = keyed(proxyKeys()).check(
    z.refine((written) => written['http-port'] !== written['https-port'], {
      error: 'http-port and https-port must differ',
    }),
  )
  const allowed =
    'allowed: none, or a map with the keys: image, http-port, https-port, tls, balancer'
  const about = {
    description:
      'The one Caddy of a host, which all its apps share; `none` for an app that brings its own.',
    examples: [{ 'http-port': 8080, tls: 'off' }],
  }
  return withDefault(z.union([z.literal('none'), shared], { error: allowed }), {}, about)
}

function proxyKeys() {
  const defaults = DEFAULTS.proxy
  const image = matching(/^[a-zA-Z0-9][\w.:/@-]*$/, 'an image is a name such as caddy:2.11.4')
  return {
    image: withDefault(image, defaults.image, {
      description: "Caddy's image, 2.11.4 or newer.",
      examples: ['caddy:2.11.4'],
    }),
    'http-port': withDefault(port(), defaults.httpPort, {
      description: 'Where the proxy listens for HTTP.',
      examples: [8080],
    }),
    'https-port': withDefault(port(), defaults.httpsPort, {
      description: 'Where the proxy listens for HTTPS.',
      examples: [8443],
    }),
    tls: withDefault(z.enum(['auto', 'off']), defaults.tls, {
      description:
        '`auto`: certificates by ACME on one host, plain HTTP behind your balancer on several. ' +
        '`off`: plain HTTP.',
      examples: ['off'],
    }),
    balancer: withDefault(networks(), [], {
      description:
        'Addresses or ranges of a balancer in front of the proxy, whose `X-Forwarded-*` headers ' +
        'are believed; `private` is every private address. Of anybody else they are replaced.',
      examples: [['10.0.0.5', '192.168.1.0/24']],
    }),
  }
}

function proof() {
  const { samples, interval, soak } = DEFAULTS.proof
  const keys = keyed({
    samples: withDefault(whole(1, 100, 'a whole number from 1 to 100 is needed'), samples, {
      description: 'How many good looks in a row are needed.',
      examples: [5],
    }),
    interval: withDefault(duration('50ms', '1m'), interval, {
      description: 'The time between two looks.',
      examples: ['1s'],
    }),
    soak: withDefault(duration('0s', '1h'), soak, {
      description: 'How long to keep watching under real traffic before the confirm.',
      examples: ['30s'],
    }),
  })
  const about = {
    description: 'What it takes for a release to be kept.',
    examples: [{ soak: '30s' }],
  }
  return withDefault(keys, {}, about)
}
