import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { SmokeReport } from '../../../src/operations/smoke/smoke.ts'
import { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import { App, finished, IMAGES, page, pageConfig, type Ran } from '../deploy/scenario.ts'
import { current, world } from '../deploy/server-state.ts'
import { badChecks, goodChecks, SITE_IMAGES, siteApp } from './site.ts'

let lab: Lab
let server: Server
let app: App

beforeAll(async () => {
  lab = await Lab.up({ servers: 1 })
  server = lab.server(1)
  await server.loadImages([...IMAGES, ...SITE_IMAGES])
})
beforeEach(async () => {
  await server.clean()
  app = new App(lab).compose({ services: { web: page('one') } })
})
afterEach(() => app.remove())

const CHECKS = { suites: { page: [{ http: { path: '/', body: 'one' } }] } }

const report = (ran: Ran): SmokeReport =>
  ran.events.flatMap((event) => (event.type === 'answer' ? [event.data as SmokeReport] : []))[0]!

test('smoke checks must be asked alone of what serves, and touch nothing', async () => {
  app.config(pageConfig('shop', { ...CHECKS, smoke: [{ suite: 'page' }] }))
  expect(finished(await app.belay('deploy', '--yes', '--json'))).toMatchObject({ exit: 0 })
  const before = await world(server)
  const good = await app.belay('smoke', '--json')
  expect(good.code).toBe(0)
  expect(report(good).hosts).toMatchObject([
    { release: 'r1', checks: [{ check: 'web: GET /', verdict: 'pass' }] },
  ])
  const suites = { ...CHECKS.suites, more: [{ http: { path: '/', body: 'two' } }] }
  app.config(
    pageConfig('shop', {
      suites,
      smoke: [{ suite: 'page' }, { http: { path: '/none' } }, { tcp: { service: 'web', port: 9 } }],
    }),
  )
  const bad = await app.belay('smoke', '--wait', '0s', '--json')
  expect(bad.code).toBe(4)
  expect(report(bad).hosts[0]?.checks.map(({ verdict }) => verdict)).toEqual([
    'pass',
    'fail',
    'unknown',
  ])
  const more = await app.belay('smoke', '--suite', 'more', '--wait', '0s')
  expect(more.code).toBe(4)
  expect(more.stdout + more.stderr).toContain('the body lacks "two"')
  expect(await world(server)).toBe(before)
  expect(await current(server, 'shop')).toBe('r1 -')
})

test('every kind of check must prove a release, and each must see what is wrong', async () => {
  app.remove()
  const good = goodChecks(server.httpPort)
  const bad = badChecks()
  app = await siteApp(lab, { smoke: good, suites: { bad: bad.map(([check]) => check) } })
  const ran = await app.belay('deploy', '--yes', '--json')
  expect(ran.events.filter(({ type }) => type === 'failed')).toEqual([])
  expect(finished(ran)).toMatchObject({ outcome: 'confirmed', exit: 0 })

  const asked = await app.belay('smoke', '--json')
  const passed = report(asked).hosts[0]?.checks ?? []
  expect(passed.filter(({ verdict }) => verdict !== 'pass')).toEqual([])
  expect([asked.code, passed.length]).toEqual([0, good.length])
  expect(new Set(passed.map(({ from }) => from))).toEqual(new Set(['host', 'network', 'here']))

  const seen = await app.belay('smoke', '--suite', 'bad', '--wait', '0s', '--json')
  expect(seen.code).toBe(4)
  const checks = report(seen).hosts[0]?.checks ?? []
  const shown = await app.belay('smoke', '--suite', 'bad', '--wait', '0s')
  for (const [n, [check, verdict, says]] of bad.entries()) {
    expect([check, checks[n]?.verdict]).toEqual([check, verdict])
    const parts = checks[n]?.differences ?? []
    const words = parts.map(
      ({ what, expected, got }) => `${what}: expected ${expected}, got ${got}`,
    )
    expect([checks[n]?.text, ...words].join('\n')).toContain(says)
    expect(shown.stdout + shown.stderr).toContain(says)
  }
  expect(shown.stdout + shown.stderr).not.toContain('open sesame')

  // What is wrong under real traffic puts the old release back, which is proved by its own checks.
  app.config(app.configText().replace('"quick"', '"quick","4"'))
  const put = await app.belay('deploy', '--yes', '--json')
  expect(finished(put)).toMatchObject({ outcome: 'rolled-back', exit: 4, serving: 'r1' })
  const told = put.events.flatMap((event) => (event.type === 'failed' ? event.evidence : []))
  expect(told.join('\n')).toContain('web: ./smoke.sh, from here: exited with code 4')
  expect(told.join('\n')).toContain('BELAY_RELEASE=r2')
})
