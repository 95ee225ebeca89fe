import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Lab } from '../../lab/lab.ts'
import { App, type Json } from '../deploy/scenario.ts'

export const SITE_IMAGES = ['caddy:2.11.4', 'node:20-slim', 'postgres:17', 'redis:7']

const compose: Json = {
  services: {
    web: {
      image: 'node:20-slim',
      command: ['node', '/srv/site.mjs'],
      volumes: ['./site.mjs:/srv/site.mjs:ro'],
      stop_signal: 'SIGKILL',
      mem_limit: '256m',
    },
    db: {
      image: 'postgres:17',
      environment: { POSTGRES_USER: 'shop', POSTGRES_PASSWORD: 'p w', POSTGRES_DB: 'shop' },
      volumes: ['data:/var/lib/postgresql/data'],
    },
    cache: { image: 'redis:7' },
  },
  volumes: { data: {} },
}

/** What the program of the user writes down, so that it can be seen what it was told. */
const SCRIPT = `#!/bin/sh
env | grep ^BELAY_ | sort
echo "argument $1"
exit "\${2:-0}"
`

const LOGIN = { path: '/login', 'send-form': { name: 'ann', password: '${PASSWORD}' } }

/** Every kind of check, each as it passes; \`port\` is where the site is found from here. */
export function goodChecks(port: number): readonly Json[] {
  const url = `http://127.0.0.1:${port}`
  const cors = { origin: 'https://app.example.com', methods: ['PUT'] }
  return [
    { http: { path: '/api/health', json: { status: 'ok' }, 'security-headers': true } },
    { http: { path: '/api/health', from: 'network', within: '5s' } },
    { http: { path: '/api/health', url } },
    { http: { path: '/old', redirect: '/new' } },
    { http: { path: '/old', follow: 2, body: 'arrived' } },
    { http: { path: '/api/open', cors } },
    {
      steps: [
        { http: { ...LOGIN, status: 303 } },
        { http: { path: '/account', json: { hello: 'ann' } } },
        {
          http: { path: '/token', status: 201, 'send-json': { name: 'ann' } },
          save: { token: { json: '$.user.token' } },
        },
        { http: { path: '/orders', 'send-headers': { authorization: 'Bearer {{token}}' } } },
      ],
    },
    { steps: [{ http: { ...LOGIN, follow: 1, json: { hello: 'ann' }, url } }] },
    { tls: { trusted: false, 'days-left': 0 } },
    { static: { page: '/', paths: ['/logo.svg'] } },
    { websocket: { path: '/live', send: 'ping', message: 'you said ping' } },
    { websocket: { path: '/live', url } },
    { postgres: { service: 'db', query: 'select 40 + 2', output: '42' } },
    { redis: { service: 'cache', query: 'set greeting hello', output: 'OK' } },
    { resources: { service: 'web', memory: '95%', cpu: '100%' } },
    { resources: { memory: '100%', cpu: '100%', disk: '100%' } },
    { script: { path: './smoke.sh', args: ['quick'], output: `BELAY_URL=https://site.localhost` } },
  ]
}

/** The same, each as it fails, with what it must say. */
export function badChecks(): readonly (readonly [check: Json, verdict: string, says: string])[] {
  const cors = { origin: 'https://evil.example.com', methods: ['DELETE'], headers: ['x-token'] }
  return [
    [{ http: { path: '/none' } }, 'fail', 'status: expected 200, got 404'],
    [
      { http: { path: '/bad/bare', 'security-headers': true } },
      'fail',
      'x-content-type-options: expected nosniff, got nothing',
    ],
    [{ http: { path: '/bad/slow', within: '100ms' } }, 'fail', 'time: expected at most 0.1s'],
    [{ http: { path: '/old', redirect: '/other' } }, 'fail', 'redirect: expected /other, got /new'],
    [
      { http: { path: '/api/open', cors } },
      'fail',
      'access-control-allow-headers: expected x-token, got nothing',
    ],
    [
      { steps: [{ http: { path: '/login', 'send-form': { password: 'wrong' }, status: 303 } }] },
      'fail',
      'status: expected 303, got 403',
    ],
    [
      { steps: [{ http: { path: '/account' } }, { http: { path: '/never' } }] },
      'fail',
      'step 1 (GET /account): answered 401, not 200',
    ],
    [{ tls: { 'days-left': 3000, trusted: false } }, 'fail', 'days left: expected 3000 or more'],
    [{ static: { page: '/bad/page' } }, 'fail', '/bad/gone.js: expected 200'],
    [{ websocket: { path: '/dead' } }, 'fail', 'handshake: expected 101, got 404'],
    [
      { websocket: { path: '/live', send: 'ping', message: 'pong' } },
      'fail',
      'message: expected "pong", got "you said ping"',
    ],
    [{ postgres: { service: 'db', query: 'select * from none' } }, 'fail', 'the query failed'],
    [{ postgres: { service: 'cache' } }, 'fail', 'no program to ask postgres with'],
    [{ redis: { service: 'cache', query: 'GET none', output: 'x' } }, 'fail', 'output: expected'],
    [{ resources: { service: 'web', memory: '1%' } }, 'fail', 'expected at most 1%, got '],
    [{ script: { path: './smoke.sh', args: ['x', '3'] } }, 'fail', 'exited with code 3'],
    [
      { http: { path: '/', url: 'http://127.0.0.1:9' } },
      'unknown',
      'could not be reached from here',
    ],
    [{ tcp: { service: 'web', port: 9 } }, 'unknown', 'nothing listens on port 9'],
  ]
}

/** The site's folder, with these checks under \`smoke\` and \`suites\`. */
export async function siteApp(lab: Pick<Lab, 'env'>, checks: Json): Promise<App> {
  const routes = [
    { domain: 'site.localhost', port: 8000 },
    { domain: '*', port: 8000 },
  ]
  const app = new App({ env: { ...lab.env, PASSWORD: 'open sesame' } }, 'site').compose(compose)
  app.write('site.mjs', readFileSync(join(import.meta.dirname, 'site.mjs')))
  app.write('smoke.sh', SCRIPT, 0o755)
  const web = { routes, health: '/api/health', 'start-timeout': '15s', drain: '1s' }
  app.config({ app: 'site', hosts: ['lab1'], services: { web }, ...checks })
  return app.commit()
}
