import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import {
  type App,
  deaf,
  failures,
  finished,
  freshLab,
  page,
  pageApp,
  pageConfig,
  visit,
} from './scenario.ts'
import { containers, current, serving, stateOf, world } from './server-state.ts'

let lab: Lab
let one: Server
let two: Server
let app: App

beforeAll(async () => {
  lab = await freshLab()
  one = lab.server(1)
  two = lab.server(2)
})
beforeEach(async () => {
  await lab.clean()
  app = pageApp(lab)
})
afterEach(() => app.remove())

const resume = ['resume', '--yes', '--json']

test('what a killed deployer left must be ended and proved, and nothing else done', async () => {
  expect(await app.belay('deploy', '--yes')).toMatchObject({ code: 0 })
  const before = await serving(one)
  app.config(pageConfig('shop', {}, { 'start-timeout': '1m' }))
  app.compose({ services: { web: deaf('two') } })
  const run = app.start(['deploy', '--yes', '--json'])
  await run.saying('"verdict":"unknown"')
  run.child.kill('SIGKILL')
  await run.ended
  expect((await app.belay('status')).stdout).toContain('r2 is being deployed')

  const held = await app.belay(...resume)
  expect([held.code, failures(held)]).toEqual([3, ['LEASE_HELD']])
  const left = await world(one)
  const shown = await app.belay('resume', '--dry-run')
  expect(shown.code).toBe(0)
  expect(shown.stdout).toMatch(/on lab1 the run \S+ of r2 was cut off .*: r1 is put back/)
  expect(await world(one)).toBe(left)

  const done = await app.belay(...resume, '--steal')
  expect(finished(done)).toMatchObject({ outcome: 'confirmed', exit: 0, serving: 'r1' })
  expect(finished(done)?.text).toBe('r2 is undone: r1 serves, and passes its checks')
  expect(await serving(one)).toBe(before)
  expect(await containers(one)).toEqual(['shop-production-r1-web-1'])
  expect(await visit(one)).toBe('200 one')
  const told = await app.belay('show')
  expect(told.stdout).toContain('r2 is undone')

  const whole = await world(one)
  const again = await app.belay(...resume)
  expect(finished(again)).toMatchObject({ outcome: 'nothing-to-do', exit: 0, serving: 'r1' })
  expect(await world(one)).toBe(whole)
})

test('a host that missed the confirm of the others must follow it', async () => {
  const over = { hosts: ['lab1', 'lab2'], watchdog: '10s' }
  app.config(pageConfig('shop', over))
  expect(await app.belay('deploy', '--yes')).toMatchObject({ code: 0 })
  app.config(pageConfig('shop', { ...over, proof: { soak: '5s' } }))
  app.compose({ services: { web: page('two') } })
  const run = app.start(['deploy', '--yes', '--json'])
  await run.saying(/"traffic-moved","host":"lab2"/)
  // What is asked of the second host now waits, and is given up before it is done.
  const held = two.sh(`cd ${stateOf('shop')}; exec 9>>lock; flock 9; touch /tmp/held; sleep 25`)
  await expect.poll(() => two.sh('ls /tmp/held 2>&1; :')).toBe('/tmp/held')
  await run.saying('"type":"decided"')
  run.child.kill('SIGKILL')
  await run.ended
  await held
  const served = async () => [await current(one, 'shop'), await current(two, 'shop')]
  const open = () => two.sh(`ls ${stateOf('shop')} | grep -e pending -e decided; :`)
  await expect.poll(open, { timeout: 60_000 }).toBe('')
  expect(await served()).toEqual(['r2 r1', 'r1 -'])
  expect([await visit(one), await visit(two)]).toEqual(['200 two', '200 one'])
  expect((await app.belay('status')).stdout).toContain('split')

  const done = await app.belay(...resume)
  expect(finished(done)).toMatchObject({ outcome: 'confirmed', exit: 0, serving: 'r2' })
  expect(await served()).toEqual(['r2 r1', 'r2 r1'])
  expect([await visit(one), await visit(two)]).toEqual(['200 two', '200 two'])
  expect((await app.belay('status')).stdout).toContain('r2 serves on 2 hosts, as deployed')
})
