import { expect, test } from 'vitest'
import { configJsonSchema } from './json-schema.ts'
import { loadText, mistakesOf } from '../../tests/config/memory-files.ts'

/** The lines that a broken `belay.yaml` is answered with. */
const mistakesIn = (text: string, variables: Record<string, string> = {}) =>
  mistakesOf(() => loadText(text, { variables }))

const NAME =
  'the name of an app has lower-case letters, digits and - in it, begins and ends with a letter ' +
  'or digit, and is at most 40 long'
const TOP =
  'app, environments, hosts, branch, env, compose, services, smoke, suites, test, build, ' +
  'registry, migrate, tasks, notify, wave, keep, watchdog, proxy, proof, hook, setup, backup, backups'

/** Settings below a head that is right in itself; its lines are 1 and 2. */
const below = (text: string): string => `app: shop\nhosts: [a]\n${text}`
const inWeb = (text: string): string => below(`services:\n  web:\n    ${text}`)

test.each([
  ['', ['belay.yaml:1:1  the file is empty; it needs at least app and hosts']],
  ['# nothing\n', ['belay.yaml:1:1  the file is empty; it needs at least app and hosts']],
  ['- a', [`belay.yaml:1:1  the file is a list; a map is needed, with the keys: ${TOP}`]],
  ['hosts: [a]', [`belay.yaml:1:1  app is missing; ${NAME}`]],
  [
    'app: shop',
    [
      'belay.yaml:1:1  hosts is missing; set it at the top level or in the environment: ' +
        '[deploy@example.com]',
    ],
  ],
  ['app: My Shop\nhosts: [a]', [`belay.yaml:1:6  app is "My Shop"; ${NAME}`]],
  ['app: 1.10\nhosts: [a]', [`belay.yaml:1:6  app is 1.10; ${NAME}`]],
])('%j must be refused as a whole', (text, lines) => {
  expect(mistakesIn(text)).toEqual(lines)
})

test.each([
  ['host: [b]', 'belay.yaml:3:1  unknown key "host"; did you mean "hosts"?'],
  ['smokes: []', 'belay.yaml:3:1  unknown key "smokes"; did you mean "smoke"?'],
  ['health: /x', 'belay.yaml:3:1  unknown key "health"; it belongs to services.<name>'],
  [
    'domain: x.com',
    'belay.yaml:3:1  unknown key "domain"; it belongs to services.<name>.routes[…]',
  ],
  ['"é\\n": 1', String.raw`belay.yaml:3:1  unknown key "é\n"; known here: ` + TOP],
  [
    'environments: { staging: { app: x } }',
    'belay.yaml:3:28  unknown key "app" in environments.staging; it belongs to the top level',
  ],
  ['keep: 3\nkeep: 4', 'belay.yaml:4:1  keep is set twice; line 3 has it already'],
  ['__proto__: {}', 'belay.yaml:3:1  no key can be called "__proto__"'],
  ['? [a]\n: 1', 'belay.yaml:3:3  a key is a plain word here'],
  ['keep: many', 'belay.yaml:3:7  keep is "many"; a whole number from 2 to 50 is needed'],
  ['keep: 1', 'belay.yaml:3:7  keep is 1; a whole number from 2 to 50 is needed'],
  ['keep: 2.5', 'belay.yaml:3:7  keep is 2.5; a whole number from 2 to 50 is needed'],
  [
    'keep: "5"',
    'belay.yaml:3:7  keep is "5"; a whole number from 2 to 50 is needed, without quotes',
  ],
  ['keep:', 'belay.yaml:3:1  keep is empty; a whole number from 2 to 50 is needed'],
  ['keep: [5]', 'belay.yaml:3:7  keep is a list; a whole number from 2 to 50 is needed'],
  [
    'watchdog: 60',
    'belay.yaml:3:11  watchdog is 60; a duration is a number with a unit: 500ms, 30s, 5m, 1h',
  ],
  [
    'watchdog: 1 m',
    'belay.yaml:3:11  watchdog is "1 m"; a duration is a number with a unit: 500ms, 30s, 5m, 1h',
  ],
  ['watchdog: 1s', 'belay.yaml:3:11  watchdog is "1s"; a duration from 10s to 1h is needed here'],
  [
    'wave: 0',
    'belay.yaml:3:7  wave is 0; a number of hosts, a share such as 25%, or all is needed',
  ],
  [
    'wave: 101%',
    'belay.yaml:3:7  wave is "101%"; a number of hosts, a share such as 25%, or all is needed',
  ],
  [
    'proof: { sample: 3 }',
    'belay.yaml:3:10  unknown key "sample" in proof; did you mean "samples"?',
  ],
  [
    'proxy: { balancer: [10.0.0.0/33] }',
    'belay.yaml:3:21  proxy.balancer[0] is "10.0.0.0/33"; a list of addresses and ranges is ' +
      'needed, such as [10.0.0.5, 192.168.1.0/24]; private in it stands for all private ranges',
  ],
  [
    'proxy: nono',
    'belay.yaml:3:8  proxy is "nono"; allowed: none, or a map with the keys: image, ' +
      'http-port, https-port, tls, balancer',
  ],
  ['proxy: { tls: maybe }', 'belay.yaml:3:15  proxy.tls is "maybe"; allowed: auto, off'],
  [
    'proxy: { tls: of }',
    'belay.yaml:3:15  proxy.tls is "of"; allowed: auto, off; did you mean "off"?',
  ],
  [
    'proxy: { http-port: 443 }',
    'belay.yaml:3:8  proxy is a map of http-port; http-port and https-port must differ',
  ],
  [
    'proxy: { image: "-v x" }',
    'belay.yaml:3:17  proxy.image is "-v x"; an image is a name such as caddy:2.11.4',
  ],
  [
    'compose: 5',
    'belay.yaml:3:10  compose is 5; a path, a list of paths, or { files: […], ' +
      'profiles: […] } is needed',
  ],
  [
    'compose: composs.yaml',
    'belay.yaml:3:10  compose is "composs.yaml", and there is no such file; did you ' +
      'mean "compose.yaml"?',
  ],
  [
    'compose: [compose.yaml, x/y.yaml]',
    'belay.yaml:3:25  compose[1] is "x/y.yaml", and there is no such file',
  ],
  [
    'env: { required: [1A] }',
    'belay.yaml:3:19  env.required[0] is "1A"; the name of a variable has only ' +
      'letters, digits and _ in it, such as DATABASE_URL',
  ],
  ['env: { files: .env }', 'belay.yaml:3:8  unknown key "files" in env; did you mean "file"?'],
  [
    'services: [web]',
    'belay.yaml:3:11  services is a list; a map is needed, such as { web: { health: /health } }',
  ],
  [
    'services: { "my web": {} }',
    'belay.yaml:3:13  services has the name "my web"; the name of a service has only ' +
      'letters, digits and . _ - in it, as compose has it',
  ],
  [
    'services: { wéb: {} }',
    'belay.yaml:3:13  services has the name "wéb"; the name of a service has only ' +
      'letters, digits and . _ - in it, as compose has it',
  ],
  [
    'environments: { Prod: { hosts: [a] } }',
    'belay.yaml:3:17  environments has the name "Prod"; the name of an environment ' +
      'has lower-case letters, digits and - in it, begins and ends with a letter or ' +
      'digit, and is at most 40 long',
  ],
  [
    'environments: [production]',
    'belay.yaml:3:15  environments is a list; a map is needed, such as { production: ' +
      '{ hosts: [deploy@shop.example.com] } }',
  ],
])('%s must be answered with one line', (text, line) => {
  expect(mistakesIn(below(text))).toEqual([line])
})

test.each([
  [
    'role: ap',
    'belay.yaml:5:11  services.web.role is "ap"; allowed: app, worker, job, ' +
      'accessory; did you mean "app"?',
  ],
  [
    'rollout: canary',
    'belay.yaml:5:14  services.web.rollout is "canary"; allowed: overlap, handover, rolling',
  ],
  [
    'healthcheck: /x',
    'belay.yaml:5:5  unknown key "healthcheck" in services.web; did you mean "health"?',
  ],
  [
    'smoke: []',
    'belay.yaml:5:5  unknown key "smoke" in services.web; it belongs to the top level ' +
      'or an environment',
  ],
  [
    'health: http://x/health',
    'belay.yaml:5:13  services.web.health is "http://x/health"; a path begins with /, ' +
      'and everything but plain ASCII in it is percent-encoded',
  ],
  [
    'health: /a b',
    'belay.yaml:5:13  services.web.health is "/a b"; a path begins with /, and ' +
      'everything but plain ASCII in it is percent-encoded',
  ],
  [
    'health: 80',
    'belay.yaml:5:13  services.web.health is 80; a path such as /health is needed, or ' +
      'a check: a check has exactly one of: http, tcp, command, run, logs, ' +
      'steps, tls, websocket, static, postgres, mysql, redis, resources, script',
  ],
  [
    'health: /x',
    'belay.yaml:5:13  services.web.health: the service has no routes, so that the ' +
      'check must say which port: http: { path: /health, port: 8000 }',
  ],
  [
    'health: { tcp: {} }',
    'belay.yaml:5:20  services.web.health.tcp has no port; a port is a whole number ' +
      'from 1 to 65535',
  ],
  [
    'health: { tcp: { prt: 1, port: 1 } }',
    'belay.yaml:5:22  unknown key "prt" in services.web.health.tcp; did you mean "port"?',
  ],
  [
    'checks: [{ htp: {} }]',
    'belay.yaml:5:16  unknown key "htp" in services.web.checks[0]; did you mean "http"?',
  ],
  [
    'checks: [{}]',
    'belay.yaml:5:14  services.web.checks[0] is an empty map; a check has exactly one ' +
      'of: http, tcp, command, run, logs, ' +
      'steps, tls, websocket, static, postgres, mysql, redis, resources, script',
  ],
  [
    'checks: [{ tcp: { port: 1 }, logs: { not: x } }]',
    'belay.yaml:5:14  services.web.checks[0] is a map of tcp, logs; a check has ' +
      'exactly one of: http, tcp, command, run, logs, ' +
      'steps, tls, websocket, static, postgres, mysql, redis, resources, script',
  ],
  [
    'checks: [{ tcp: { port: 1, service: db } }]',
    'belay.yaml:5:32  unknown key "service" in services.web.checks[0].tcp; leave it ' +
      'out: the check belongs to the service above it',
  ],
  [
    'checks: [{ logs: {} }]',
    'belay.yaml:5:22  services.web.checks[0].logs is an empty map; not or must is ' +
      'needed, with a regular expression',
  ],
  [
    'checks: [{ logs: { not: "(" } }]',
    'belay.yaml:5:29  services.web.checks[0].logs.not is "("; a regular expression is ' +
      'needed, such as "error|fatal"',
  ],
  [
    'checks: [{ command: { command: "" } }]',
    'belay.yaml:5:36  services.web.checks[0].command.command is ""; a command is a ' +
      'text for the shell, or a list of words for none',
  ],
  [
    'checks: [{ http: { port: 1, status: 99 } }]',
    'belay.yaml:5:41  services.web.checks[0].http.status is 99; a status is a whole ' +
      'number from 100 to 599, or a list of them',
  ],
  [
    'checks: [{ http: { port: 1, body: { contains: a, regex: b } } }]',
    'belay.yaml:5:39  services.web.checks[0].http.body is a map of contains, regex; ' +
      'exactly one of contains and regex is needed',
  ],
  [
    'routes: [{ domain: https://x.com, port: 80 }]',
    'belay.yaml:5:24  services.web.routes[0].domain is "https://x.com"; a domain is a ' +
      'name such as shop.example.com, without scheme, port or path, or "*" for any name ' +
      'over plain HTTP',
  ],
  [
    'routes: [{ domain: x.com }]',
    'belay.yaml:5:14  services.web.routes[0] has no port; a port is a whole number from 1 to 65535',
  ],
  [
    'routes: [{ domain: x.com, port: 65536 }]',
    'belay.yaml:5:37  services.web.routes[0].port is 65536; a port is a whole number ' +
      'from 1 to 65535',
  ],
  [
    'routes: [{ domain: x.com, port: 80, path: api }]',
    'belay.yaml:5:47  services.web.routes[0].path is "api"; a path begins with / and ' +
      'has only letters, digits and . _ ~ @ + , = : - in it',
  ],
  [
    'routes: [{ domain: x.com, port: 80 }, { domain: X.com, path: /, port: 81 }]',
    'belay.yaml:5:43  services.web.routes[1] has the domain and path of ' +
      'services.web.routes[0] in line 5',
  ],
  [
    '{ role: worker, routes: [{ domain: x.com, port: 80 }] }',
    'belay.yaml:5:29  services.web.routes: a worker gets no requests; only an app has routes',
  ],
  [
    '{ role: accessory, rollout: overlap }',
    'belay.yaml:5:33  services.web.rollout: an accessory is not rolled out; leave this out',
  ],
  [
    '{ role: job, health: { command: { command: [x] } }, checks: [{ logs: { not: x } }] }',
    'belay.yaml:5:26  services.web.health: a job has ended by the time that checks are asked; ' +
      'its exit code is its proof',
    'belay.yaml:5:65  services.web.checks: a job has ended by the time that checks are asked; ' +
      'its exit code is its proof',
  ],
  [
    'stop-grace: 0s',
    'belay.yaml:5:17  services.web.stop-grace is "0s"; a duration from 1s to 1h is needed here',
  ],
])('%s of a service must be answered with a line for each mistake', (text, ...lines) => {
  expect(mistakesIn(inWeb(text))).toEqual(lines)
})

test('a smoke check of a job must be answered with one line', () => {
  const text = 'services: { seed: { role: job } }\nsmoke: [{ run: { service: seed, command: x } }]'
  expect(mistakesIn(below(text))).toEqual([
    'belay.yaml:4:9  smoke[0]: seed is a job: it has ended by the time that checks are asked; ' +
      'its exit code is its proof',
  ])
})

test.each([
  ['[a, a]', 'belay.yaml:2:12  hosts[1] is a host that the list has already'],
  [
    '[]',
    'belay.yaml:2:8  hosts is an empty list; a list of at least one is needed, such ' +
      'as [deploy@shop.example.com]',
  ],
  [
    'a',
    'belay.yaml:2:8  hosts is "a"; a list of at least one is needed, such as ' +
      '[deploy@shop.example.com]',
  ],
  [
    '["-x"]',
    'belay.yaml:2:9  hosts[0] is "-x"; a host does not begin with -, which ssh takes for an option',
  ],
  [
    '["a b"]',
    'belay.yaml:2:9  hosts[0] is "a b"; a host has no spaces or control characters in it',
  ],
  ['[5]', 'belay.yaml:2:9  hosts[0] is 5; a host is a text such as deploy@shop.example.com'],
])('hosts: %s must be answered with one line', (hosts, line) => {
  expect(mistakesIn(`app: shop\nhosts: ${hosts}`)).toEqual([line])
})

test('a key in the wrong place must be sent to its home, whichever it is', () => {
  const { properties = {}, definitions = {} } = configJsonSchema()
  for (const key of Object.keys(definitions['service']?.properties ?? {})) {
    if (key in properties) continue
    expect(mistakesIn(below(`${key}: 1`)).join()).toMatch(
      /it belongs to services\.<name>|did you mean/,
    )
  }
  for (const key of Object.keys(properties)) {
    if (key in (definitions['service']?.properties ?? {})) continue
    expect(mistakesIn(inWeb(`${key}: 1`)).join()).toMatch(
      /it belongs to the top level|did you mean/,
    )
  }
})
