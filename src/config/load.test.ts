import { expect, test } from 'vitest'
import { Failure } from '../base/failure.ts'
import { DEFAULTS, SERVICE_DEFAULTS, serviceConfig } from './defaults.ts'
import { loadConfig } from './load.ts'
import { BUILD_DEFAULTS } from './pipeline/build.ts'
import { loadText, memoryFiles } from '../../tests/config/memory-files.ts'
import type { FileRead } from './source/files.ts'

function failureOf(run: () => unknown): Failure {
  try {
    run()
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('nothing failed')
}

const SMALL = 'app: shop\nhosts: [deploy@shop.example.com]\n'

test('a small file must get every default', () => {
  expect(loadText(SMALL).config).toEqual({
    app: 'shop',
    environment: 'production',
    directory: '/app',
    file: '/app/belay.yaml',
    compose: { files: ['/app/compose.yaml'], profiles: [] },
    env: { required: [], values: {} },
    setup: { folders: [], firewall: [] },
    hosts: [
      {
        name: 'deploy@shop.example.com',
        kind: 'ssh',
        destination: 'shop.example.com',
        user: 'deploy',
      },
    ],
    services: {},
    smoke: [],
    tests: [],
    build: BUILD_DEFAULTS,
    wave: { kind: 'count', hosts: 1 },
    keep: 5,
    proxy: {
      mode: 'shared',
      image: 'caddy:2.11.4',
      httpPort: 80,
      httpsPort: 443,
      tls: 'auto',
      balancer: [],
    },
    proof: { samples: 3, intervalMs: 100, soakMs: 0 },
    hook: { busy: 'wait' },
    backup: [],
    backups: {
      keepMs: 604_800_000,
      keepAtLeast: 3,
      required: true,
      timeoutSeconds: 1800,
      verify: 'read',
    },
    watchdogSeconds: 60,
    registries: [],
    notify: [],
    tasks: [],
  })
})

test('a service must get the same defaults, named or not', () => {
  const { config } = loadText(`${SMALL}services: { web: {} }`)
  expect(config.services['web']).toEqual(SERVICE_DEFAULTS)
  expect(serviceConfig(config, 'other')).toBe(SERVICE_DEFAULTS)
  expect(serviceConfig(config, 'constructor')).toBe(SERVICE_DEFAULTS)
  expect(SERVICE_DEFAULTS.startTimeoutMs).toBe(60_000)
  expect(DEFAULTS.environment).toBe('production')
})

test('every setting of a service must arrive in plain units', () => {
  const { config } = loadText(
    `${SMALL}
services:
  web:
    role: app
    rollout: handover
    routes: [{ domain: Shop.Example.com, port: 8000 }, { domain: "*", path: /api/, port: 9000 }]
    health: /health?full=1
    checks:
      - http:
          { path: /, port: 9000, status: [200, 301], headers: { X-A: b }, send-headers: { h: x } }
      - http: { body: { regex: "^ok" }, json: { a: [1, null] }, within: 1.5s, timeout: 2m }
      - tcp: { port: 5432 }
      - command: { command: [true, "a b"] }
      - run: { command: echo $HOME, output: "/", timeout: 1s }
      - logs: { not: "(?i)panic", must: ready }
    start-timeout: 3m
    drain: 0s
    hold: 1m30s
    stop-grace: 500s
`.replace('[true,', '["true",'),
  )
  const http = { headers: {}, sendHeaders: {}, status: [200], timeoutMs: 5000 }
  expect(config.services['web']).toEqual({
    role: 'app',
    rollout: 'handover',
    routes: [
      { domain: 'shop.example.com', path: '/', port: 8000 },
      { domain: '*', path: '/api', port: 9000 },
    ],
    checks: [
      { kind: 'http', service: 'web', settings: { ...http, path: '/health?full=1', port: 8000 } },
      {
        kind: 'http',
        service: 'web',
        settings: {
          ...http,
          path: '/',
          port: 9000,
          status: [200, 301],
          headers: { 'X-A': { contains: 'b' } },
          sendHeaders: { h: 'x' },
        },
      },
      {
        kind: 'http',
        service: 'web',
        settings: {
          ...http,
          path: '/',
          port: 8000,
          body: { regex: '^ok' },
          json: { a: [1, null] },
          withinMs: 1500,
          timeoutMs: 120_000,
        },
      },
      { kind: 'tcp', service: 'web', settings: { port: 5432, timeoutMs: 5000 } },
      { kind: 'command', service: 'web', settings: { argv: ['true', 'a b'], timeoutMs: 10_000 } },
      {
        kind: 'command',
        service: 'web',
        settings: {
          argv: ['/bin/sh', '-c', 'echo $HOME'],
          output: { contains: '/' },
          timeoutMs: 1000,
        },
      },
      { kind: 'logs', service: 'web', settings: { not: '(?i)panic', must: 'ready' } },
    ],
    startTimeoutMs: 180_000,
    drainMs: 0,
    holdMs: 90_000,
    stopGraceMs: 500_000,
  })
})

test.each([
  ['wave: 3', { wave: { kind: 'count', hosts: 3 } }],
  ['wave: 25%', { wave: { kind: 'percent', percent: 25 } }],
  ['wave: all', { wave: { kind: 'all' } }],
  ['keep: 2', { keep: 2 }],
  ['watchdog: 90s', { watchdogSeconds: 90 }],
  ['branch: feature/é', { branch: 'feature/é' }],
  ['proxy: none', { proxy: { mode: 'none', ...DEFAULTS.proxy } }],
  [
    'proxy: { tls: off, http-port: 8080 }',
    { proxy: { ...DEFAULTS.proxy, mode: 'shared', tls: 'off', httpPort: 8080 } },
  ],
  [
    'proof: { interval: 1s, soak: 30s }',
    { proof: { samples: 3, intervalMs: 1000, soakMs: 30_000 } },
  ],
  ['x-anything: [{ at: all }]', {}],
])('%s must be understood', (text, expected) => {
  expect(loadText(SMALL + text).config).toMatchObject(expected)
})

test('a domain in another script must arrive in ASCII', () => {
  const { config } = loadText(
    `${SMALL}services: { web: { routes: [{ domain: Bücher.example, port: 80 }] } }`,
  )
  expect(config.services['web']?.routes[0]?.domain).toBe('xn--bcher-kva.example')
})

test('an environment must add to maps and replace everything else', () => {
  const text = `
app: shop
hosts: [a, b]
compose: compose.yaml
proof: { samples: 5, soak: 9s }
smoke: [{ tcp: { service: db, port: 1 } }]
services:
  web: { routes: [{ domain: x.com, port: 80 }], health: /health, drain: 9s }
  db: { role: accessory }
environments:
  production: {}
  staging:
    hosts: [c]
    compose: { profiles: [debug] }
    proof: { soak: 0s }
    smoke: []
    services:
      web: { routes: [{ domain: staging.x.com, port: 80 }], checks: [{ tcp: { port: 80 } }] }
      mail: { role: worker }
`
  const staging = loadText(text, { environment: 'staging' }).config
  expect(staging.hosts.map(({ name }) => name)).toEqual(['c'])
  expect(staging.compose).toEqual({ files: ['/app/compose.yaml'], profiles: ['debug'] })
  expect(staging.proof).toEqual({ samples: 5, intervalMs: 100, soakMs: 0 })
  expect(staging.smoke).toEqual([])
  expect(Object.keys(staging.services)).toEqual(['web', 'db', 'mail'])
  expect(staging.services['web']).toMatchObject({
    routes: [{ domain: 'staging.x.com' }],
    checks: [{ kind: 'http' }, { kind: 'tcp' }],
    drainMs: 9000,
  })
  const production = loadText(text, { environment: 'production' }).config
  expect(production.hosts.map(({ name }) => name)).toEqual(['a', 'b'])
  expect(production.services['web']).toMatchObject({ checks: [{ kind: 'http' }] })
})

test('the environment may be left out only when there is one', () => {
  const one = 'app: shop\nenvironments: { staging: { hosts: [a] } }'
  expect(loadText(one).config.environment).toBe('staging')
  const two = 'app: shop\nhosts: [a]\nenvironments: { staging: {}, production: {} }'
  expect(failureOf(() => loadText(two))).toMatchObject({
    code: 'ENVIRONMENT_NEEDED',
    exit: 'input',
    details: { environments: ['staging', 'production'] },
  })
  expect(failureOf(() => loadText(two, { environment: 'productoin' }))).toMatchObject({
    code: 'ENVIRONMENT_UNKNOWN',
    hint: 'Did you mean production? There are: staging, production.',
  })
  expect(failureOf(() => loadText(SMALL, { environment: 'qa' }))).toMatchObject({
    code: 'ENVIRONMENT_UNKNOWN',
    hint: 'There are: production.',
  })
})

const routed = (names: readonly string[]): string =>
  names.map((name) => `  ${name}: { routes: [{ domain: ${name}.com, port: 80 }] }\n`).join('')

test('a smoke check over HTTP must find its service, or be asked for it', () => {
  const one = loadText(`${SMALL}services:\n${routed(['web'])}smoke: [{ http: {} }]`)
  expect(one.config.smoke[0]).toMatchObject({ kind: 'http', service: 'web' })
  expect(one.config.smoke[0]?.settings).not.toHaveProperty('port')
  const two = failureOf(() =>
    loadText(`${SMALL}services:\n${routed(['web', 'api'])}smoke: [{ http: {} }]`),
  )
  expect(two.evidence).toEqual([
    'belay.yaml:6:9  smoke[0]: several services have routes; say which one is asked: ' +
      'service: web or api',
  ])
  const none = failureOf(() => loadText(`${SMALL}smoke: [{ http: {} }]`))
  expect(none.evidence).toEqual([
    'belay.yaml:3:9  smoke[0]: no service has routes; say which one is asked: ' +
      'service: web, port: 8000',
  ])
  const inside = failureOf(() => loadText(`${SMALL}smoke: [{ http: { service: web } }]`))
  expect(inside.evidence).toEqual([
    'belay.yaml:3:9  smoke[0]: nothing leads to this service from outside, so that ' +
      'the check must say which port',
  ])
})

test('routes must not stand beside proxy: none', () => {
  const failure = failureOf(() =>
    loadText(`${SMALL}proxy: none\nservices: { web: { routes: [{ domain: x.com, port: 80 }] } }`),
  )
  expect(failure.evidence).toEqual([
    'belay.yaml:4:28  services.web.routes: proxy is none, so that nothing would serve them',
  ])
})

test('all mistakes must be told at once, in the order of the file', () => {
  const failure = failureOf(() => loadText('app: Shop\nkeep: 1\nkeeep: 2\nbranch: ${BRANCH}\n'))
  expect(failure.message).toBe('belay.yaml has 5 mistakes')
  expect(failure.evidence.map((line) => line.split('  ')[0])).toEqual([
    'belay.yaml:1:1',
    'belay.yaml:1:6',
    'belay.yaml:2:7',
    'belay.yaml:3:1',
    'belay.yaml:4:9',
  ])
  expect(failure.details).toMatchObject({
    file: 'belay.yaml',
    problems: [{}, { at: { line: 1, column: 6 }, path: 'app' }, {}, {}, {}],
  })
})

const NEAR_MISSES: readonly {
  readonly contents: Readonly<Record<string, string>>
  readonly directory: string
  readonly hint: string
}[] = [
  {
    contents: {},
    directory: '/app',
    hint: 'Write one with `belay init`, or name another folder with -C.',
  },
  {
    contents: { '/app/belay.yaml.txt': '' },
    directory: '/app',
    hint:
      'Did you mean belay.yaml.txt? Name it with --config, or write a new one with ' +
      '`belay init`.',
  },
  {
    contents: { '/app/belay.yml': SMALL },
    directory: '/app/src/deep',
    hint:
      'Did you mean /app/belay.yml? Name it with --config, or write a new one with ' +
      '`belay init`.',
  },
]

test.each(NEAR_MISSES)(
  'a missing file must be answered with what is near: $hint',
  ({ contents, directory, hint }) => {
    const files = memoryFiles(contents)
    const failure = failureOf(() => loadConfig({ directory, variables: {}, files }))
    const message = `There is no belay.yaml in ${directory}`
    expect(failure).toMatchObject({ code: 'CONFIG_MISSING', exit: 'input', message, hint })
  },
)

test('another file may be named, and paths start where it lies', () => {
  const files = memoryFiles({ '/app/deploy/prod.yaml': SMALL, '/app/deploy/compose.yml': '' })
  const request = { directory: '/app', variables: {}, files }
  const { config } = loadConfig({ ...request, file: 'deploy/prod.yaml' })
  expect(config).toMatchObject({
    directory: '/app/deploy',
    file: '/app/deploy/prod.yaml',
    compose: { files: ['/app/deploy/compose.yml'] },
  })
  expect(failureOf(() => loadConfig({ ...request, file: 'deploy/pord.yaml' }))).toMatchObject({
    code: 'CONFIG_MISSING',
    message: 'There is no file deploy/pord.yaml',
    hint:
      'Did you mean deploy/prod.yaml? Name it with --config, or write a new one with ' +
      '`belay init`.',
  })
})

test('a file that cannot be read must be told with its reason', () => {
  const found: FileRead = { kind: 'unreadable', reason: 'it is a folder' }
  const files = { read: () => found, names: () => ['belay.yaml'], isExecutable: () => false }
  const failure = failureOf(() => loadConfig({ directory: '/app', variables: {}, files }))
  expect(failure).toMatchObject({
    code: 'CONFIG_UNREADABLE',
    message: 'belay.yaml cannot be read: it is a folder',
  })
})

test('without any compose file the usual names must be told', () => {
  const files = memoryFiles({ '/app/belay.yaml': SMALL })
  const failure = failureOf(() => loadConfig({ directory: '/app', variables: {}, files }))
  expect(failure.evidence).toEqual([
    'belay.yaml  there is no compose file beside it (compose.yaml, compose.yml, ' +
      'docker-compose.yml, docker-compose.yaml); set compose',
  ])
})
