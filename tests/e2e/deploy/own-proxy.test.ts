import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import { App, deaf, failures, finished, freshLab, type Json, page, visit } from './scenario.ts'
import { current } from './server-state.ts'

let lab: Lab
let server: Server
let app: App

/** A front that has the server's port 80 itself, what only it can reach, and an accessory. */
function app1(front: Json, api: Json): Json {
  return {
    services: {
      front: { ...front, ports: ['80:8000'], depends_on: ['api'] },
      api,
      cache: page('cache', { restart: 'always' }),
    },
  }
}

beforeAll(async () => {
  lab = await freshLab(['busybox:stable'])
  server = lab.server(1)
  const patience = { 'start-timeout': '4s' }
  const asked = [{ http: { path: '/', port: 8000, body: 'api' } }, { tcp: { port: 8000 } }]
  app = new App(lab).config({
    app: 'shop',
    hosts: ['lab1'],
    proxy: 'none',
    services: {
      front: { health: { http: { path: '/', port: 8000 } }, ...patience },
      api: { checks: asked, ...patience },
      cache: { role: 'accessory' },
    },
    smoke: [
      { http: { service: 'front', port: 8000, body: 'front' } },
      { tcp: { service: 'cache', port: 8000 } },
    ],
  })
})
afterAll(() => app.remove())

const deploy = () => app.belay('deploy', '--yes', '--json')

test('without the shared proxy, checks must ask published ports and containers themselves', async () => {
  app.compose(app1(page('front 1'), page('api 1')))
  const ran = await deploy()
  expect(finished(ran)).toMatchObject({ outcome: 'confirmed', exit: 0, serving: 'r1' })
  expect(await visit(server)).toBe('200 front 1')
  const passed = ran.events.flatMap((event) =>
    event.type === 'check-judged' && event.verdict === 'pass' ? [event.check] : [],
  )
  const asked = ['front: GET / on port 8000', 'api: GET / on port 8000', 'api: port 8000']
  expect(passed).toEqual(expect.arrayContaining([...asked, 'cache: port 8000']))
  expect(await server.sh("docker ps -a --format '{{.Names}}' | grep proxy; :")).toBe('')
})

test.each([
  ['its published port', app1(deaf('front 2'), page('api 2'))],
  ['a port that nobody publishes', app1(page('front 2'), deaf('api 2'))],
])('a release that does not answer on %s must be put back', async (_, compose) => {
  app.compose(compose)
  const ran = await deploy()
  expect(failures(ran)).toEqual(['NOT_PROVED'])
  expect(finished(ran)).toMatchObject({ outcome: 'rolled-back', exit: 4, serving: 'r1' })
  expect(await visit(server)).toBe('200 front 1')
  expect(await current(server, 'shop')).toBe('r1 -')
})
