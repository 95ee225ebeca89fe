import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import {
  type App,
  deaf,
  failures,
  finished,
  freshLab,
  type Json,
  page,
  pageApp,
  pageConfig,
  type Running,
  visit,
} from './scenario.ts'
import { containers, running, serving, stateOf, world } from './server-state.ts'

let lab: Lab
let server: Server
let ann: App
let bob: App

beforeAll(async () => {
  lab = await freshLab()
  server = lab.server(1)
})
// `one` serves; Ann's next release will not answer, which takes as long as she is patient.
beforeEach(async () => {
  await server.clean()
  ann = pageApp(lab)
  const { code, stderr } = await ann.belay('deploy', '--yes')
  if (code !== 0) throw new Error(stderr)
  bob = pageApp(lab).compose({ services: { web: page('bob') } })
})
afterEach(() => {
  ann.remove()
  bob.remove()
})

const deploy = ['deploy', '--yes', '--json']

/** A deployment of Ann's that is under way, until it gives up or is interrupted. */
async function proving(patience: string, over: Json = {}): Promise<Running> {
  ann.config(pageConfig('shop', over, { 'start-timeout': patience }))
  ann.compose({ services: { web: deaf('two') } })
  const run = ann.start(deploy)
  await run.saying('"verdict":"unknown"')
  return run
}

test('a lease must be shown, keep others out, and end with a Ctrl-C that puts all back', async () => {
  const before = await serving(server)
  const hers = await proving('1m')
  const shown = await bob.belay('lease', 'show', '--json')
  expect(shown.events.at(-1)).toMatchObject({
    of: 'lease',
    data: { hosts: [{ host: 'lab1', lease: { purpose: 'deploy to production' } }] },
  })
  const status = await bob.belay('status')
  expect(status.stdout).toContain('deploy to production')

  const refused = await bob.belay(...deploy)
  expect([refused.code, failures(refused)]).toEqual([3, ['LEASE_HELD']])
  expect(refused.stdout).toMatch(
    /has been working on this app on lab1 for \d+s: deploy to production/,
  )
  expect(refused.stdout).toMatch(/--wait 10m .*--steal/)

  const waiting = bob.start([...deploy, '--wait', '1m'])
  await waiting.saying('waiting: ')
  waiting.child.kill('SIGINT')
  expect(await waiting.ended).toMatchObject({ code: 130 })

  hers.child.kill('SIGINT')
  const ended = await hers.ended
  expect(finished(ended)).toMatchObject({ outcome: 'rolled-back', exit: 130, serving: 'r1' })
  expect(ended.code).toBe(130)
  expect(await serving(server)).toBe(before)
  expect(await containers(server)).toEqual(['shop-production-r1-web-1'])
  expect(await visit(server)).toBe('200 one')
  // It said nothing about the release, so the same may be tried again.
  const again = await ann.belay('plan', '--json')
  expect(failures(again)).toEqual([])
})

test('a Ctrl-C before anything has changed must leave everything as it is', async () => {
  const before = await world(server)
  bob.config(pageConfig('shop'))
  const run = bob.start(deploy)
  await run.saying('"type":"run-started"')
  run.child.kill('SIGINT')
  expect(await run.ended).toMatchObject({ code: 130 })
  expect(await world(server)).toBe(before)
})

test('a deployer that is killed must be told of, and who ended its run', async () => {
  const hers = await proving('1m', { watchdog: '10s' })
  const newest = async (): Promise<unknown> => {
    const { events } = await bob.belay('history', '--json')
    const [last] = events.flatMap((each) => (each.type === 'answer' ? [each.data] : []))
    return (last as { runs: readonly object[] }).runs[0]
  }
  expect(await newest()).toMatchObject({ outcome: 'under-way', release: 'r2', purpose: 'deploy' })
  hers.child.kill('SIGKILL')
  await hers.ended
  const put = { outcome: 'rolled-back', release: 'r2', text: expect.stringMatching(/watchdog/) }
  await expect.poll(newest, { timeout: 30_000 }).toMatchObject(put)
  expect(await visit(server)).toBe('200 one')
})

test('what a deployer that was stopped finds must not be held against the release', async () => {
  const hers = await proving('1m', { watchdog: '10s' })
  hers.child.kill('SIGSTOP')
  const left = (): Promise<readonly string[]> => containers(server)
  await expect.poll(left, { timeout: 30_000 }).toEqual(['shop-production-r1-web-1'])
  hers.child.kill('SIGCONT')
  const ended = await hers.ended
  expect(finished(ended)).toMatchObject({ outcome: 'rolled-back', exit: 4, serving: 'r1' })
  expect(finished(ended)?.text).toContain('nor marked bad')
  expect(await server.sh(`cat ${stateOf('shop')}/releases/r2/mark 2>/dev/null; :`)).toBe('')
  expect(failures(await ann.belay('plan', '--json'))).toEqual([])
})

test('a Docker that is restarted must not be held against the release that it ends', async () => {
  const hers = await proving('1m')
  await server.killDocker()
  const ended = await hers.ended
  expect(failures(ended)).toEqual(['PROOF_NOT_HAD'])
  expect(finished(ended)).toMatchObject({ outcome: 'rolled-back', exit: 4, serving: 'r1' })
  expect(await visit(server)).toBe('200 one')
  expect(await server.sh(`cat ${stateOf('shop')}/releases/r2/mark 2>/dev/null; :`)).toBe('')
})

test('whoever steals a lease must win, and the robbed run must change nothing more', async () => {
  const hers = await proving('1m')
  const his = await bob.belay(...deploy, '--steal')
  expect(finished(his)).toMatchObject({ outcome: 'confirmed', exit: 0 })
  const robbed = await hers.ended
  expect(robbed.code).toBe(4)
  expect(failures(robbed)).toEqual(['FENCED'])
  expect(await visit(server)).toBe('200 bob')
  expect(await running(server)).toHaveLength(1)
})

test('whoever waits must come next', async () => {
  const hers = await proving('4s')
  const his = await bob.belay(...deploy, '--wait', '1m')
  expect(await hers.ended).toMatchObject({ code: 4 })
  expect(finished(his)).toMatchObject({ outcome: 'confirmed', exit: 0 })
  expect(await visit(server)).toBe('200 bob')
})

test('of two deployments at once, one must be done and the other refused', async () => {
  const slow = (text: string) =>
    page(text, {
      command: [
        'sh',
        '-c',
        'sleep 3; mkdir /w; echo "$$TEXT" >/w/index.html; exec httpd -f -p 8000 -h /w',
      ],
    })
  ann
    .compose({ services: { web: slow('ann') } })
    .config(pageConfig('shop', {}, { 'start-timeout': '20s' }))
  bob
    .compose({ services: { web: slow('bob') } })
    .config(pageConfig('shop', {}, { 'start-timeout': '20s' }))
  const both = await Promise.all([ann.belay(...deploy), bob.belay(...deploy)])
  const [winner, loser] = both[0].code === 0 ? both : [both[1], both[0]]
  expect([winner.code, loser.code, failures(loser)]).toEqual([0, 3, ['LEASE_HELD']])
  expect(await visit(server)).toBe(both[0].code === 0 ? '200 ann' : '200 bob')
  expect(await running(server)).toHaveLength(1)
})
