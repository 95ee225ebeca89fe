import { expect, test } from 'vitest'
import { explain, explainLines } from './explain.ts'
import { loadText } from '../../tests/config/memory-files.ts'

const TEXT = `
app: shop
hosts: [a]
proxy: { tls: off }
keep: \${KEEP}
environments:
  staging:
    hosts: ["\${HOST}"]
    compose: { profiles: [debug] }
    services: { web: { drain: 5s } }
services:
  web:
    routes: [{ domain: x.com, port: 80 }]
    health: /health
`

test('every setting must be told with its value and its origin', () => {
  const loaded = loadText(TEXT, {
    variables: { HOST: 'hidden.example.com', KEEP: '7' },
    beside: { '/app/.env': 'A=1', '/app/.env.example': '# A=' },
  })
  const rows = explain(loaded).map(({ setting, value, from }) => `${setting} = ${value} | ${from}`)
  expect(rows).toEqual([
    'environment = staging | chosen',
    'app = shop | belay.yaml:2',
    'hosts = [${HOST}] | belay.yaml:8 (environment staging)',
    'branch = - | not set',
    'env.file = .env | default',
    'env.template = .env.example | default',
    'env.required = [] | default',
    'compose.files = [compose.yaml] | default',
    'compose.profiles = [debug] | belay.yaml:9 (environment staging)',
    'services.web.role = guessed (see `belay plan`) | not set',
    'services.web.rollout = chosen (see `belay plan`) | not set',
    'services.web.calls = found (see `belay plan`) | not set',
    'services.web.routes = [{ domain: x.com, port: 80 }] | belay.yaml:13',
    'services.web.health = /health | belay.yaml:14',
    'services.web.checks = [] | default',
    'services.web.build = - | not set',
    'services.web.start-timeout = 60s | default',
    'services.web.drain = 5s | belay.yaml:10 (environment staging)',
    'services.web.hold = as long as a hand-over may take | not set',
    'services.web.stop-grace = as the compose file says | not set',
    'smoke = [] | default',
    'suites = {} | default',
    'test = [] | default',
    'build = {} | default',
    'registry = [] | default',
    'migrate = - | not set',
    'tasks = [] | default',
    'notify = [] | default',
    'wave = 1 | default',
    'keep = ${KEEP} | belay.yaml:5',
    'watchdog = 60s | default',
    'proxy.image = caddy:2.11.4 | default',
    'proxy.http-port = 80 | default',
    'proxy.https-port = 443 | default',
    'proxy.tls = off | belay.yaml:4',
    'proxy.balancer = [] | default',
    'proof.samples = 3 | default',
    'proof.interval = 100ms | default',
    'proof.soak = 0s | default',
    'hook.busy = wait | default',
    'setup.folders = [] | default',
    'setup.firewall = [] | default',
    'setup.deploy-user = - | not set',
    'backup = [] | default',
    'backups.keep = 7d | default',
    'backups.keep-at-least = 3 | default',
    'backups.required = true | default',
    'backups.timeout = 30m | default',
    'backups.verify = read | default',
  ])
})

test('forms that are short for a map must be told as they were written', () => {
  const loaded = loadText('app: shop\nhosts: [a]\nproxy: none\ncompose: compose.yaml\n')
  const rows = explain(loaded)
  expect(rows).toContainEqual({ setting: 'proxy', value: 'none', from: 'belay.yaml:3' })
  expect(rows).toContainEqual({
    setting: 'compose.files',
    value: '[compose.yaml]',
    from: 'belay.yaml:4',
  })
})

test('lines must stand in three columns', () => {
  const rows = [
    { setting: 'app', value: 'shop', from: 'belay.yaml:1' },
    { setting: 'proxy.image', value: 'caddy:2.11.4', from: 'default' },
  ]
  expect(explainLines(rows)).toEqual([
    'app          shop          belay.yaml:1',
    'proxy.image  caddy:2.11.4  default',
  ])
})
