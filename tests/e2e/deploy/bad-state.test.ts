import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
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
  type Ran,
  type Running,
  visit,
} from './scenario.ts'
import { current, releases, running, serving, stateOf, world } from './server-state.ts'

let lab: Lab
let server: Server
let two: Server
let app: App
const STATE = stateOf('shop')

beforeAll(async () => {
  lab = await freshLab()
  server = lab.server(1)
  two = lab.server(2)
})
// `one` serves as r1; whatever was done to the server by hand must not take it away.
beforeEach(async () => {
  await lab.clean()
  app = pageApp(lab)
  const { code, stderr } = await app.belay('deploy', '--yes')
  if (code !== 0) throw new Error(stderr)
})
afterEach(() => app.remove())

const deploy = (text: string): Promise<Ran> => {
  app.compose({ services: { web: page(text) } })
  return app.belay('deploy', '--yes', '--json')
}

const warnings = (ran: Ran): readonly string[] =>
  ran.events.flatMap((event) => (event.type === 'warning' ? [event.text] : []))

/** A deployment of something that never answers, under way until its patience ends. */
async function proving(over: Json = {}, patience = '1m'): Promise<Running> {
  app.config(pageConfig('shop', over, { 'start-timeout': patience }))
  app.compose({ services: { web: deaf('two') } })
  const run = app.start(['deploy', '--yes', '--json'])
  await run.saying('"verdict":"unknown"')
  return run
}

describe("a server's state", () => {
  test('that a newer Belay wrote must be left to a newer Belay', async () => {
    await server.sh(`echo 99 >${STATE}/format`)
    const before = await world(server)
    const ran = await deploy('two')
    expect([ran.code, failures(ran)]).toEqual([3, ['STATE_NEWER']])
    expect(ran.stdout).toMatch(/a newer Belay has worked on this app on lab1/)
    expect((await app.belay('status')).stdout).toContain('a newer Belay')
    expect(await world(server)).toBe(before)
    expect(await visit(server)).toBe('200 one')
  })

  test("that is a copy of another app's must be seen for what it is", async () => {
    const store = pageApp(lab, 'store').config(
      pageConfig('store', {}, { routes: [{ domain: 'store.example.com', port: 8000 }] }),
    )
    try {
      await server.sh(`cp -a /var/lib/belay/shop /var/lib/belay/store`)
      const before = await world(server)
      const ran = await store.belay('deploy', '--yes', '--json')
      expect([ran.code, failures(ran)]).toEqual([3, ['STATE_OF_ANOTHER_APP']])
      expect(ran.stdout).toContain('holds r1 of shop in production')
      expect((await store.belay('status')).stdout).toContain('holds r1 of shop in production')
      expect(await world(server)).toBe(before)
      expect(await visit(server)).toBe('200 one')
    } finally {
      store.remove()
      await server.sh('rm -rf /var/lib/belay/store')
    }
  })

  test('whose lease is rubbish must be told, and stand in the way of nothing', async () => {
    await server.sh(`printf 'rub\\0bish "\\n$(id)\\n' >${STATE}/lease`)
    const ran = await deploy('two')
    expect(finished(ran)).toMatchObject({ outcome: 'confirmed', exit: 0, serving: 'r2' })
    expect(warnings(ran).join()).toContain('the file of the lease cannot be read')
    expect(await visit(server)).toBe('200 two')
  })

  test('whose deadline lies in the past must end a run on what served', async () => {
    const before = await serving(server)
    const run = await proving()
    await server.sh(`cd ${STATE} && awk '{ $3 = 1 } 1' lease >lease.past && mv lease.past lease`)
    const ended = await run.ended
    expect(finished(ended)).toMatchObject({ outcome: 'rolled-back', exit: 4, serving: 'r1' })
    expect(finished(ended)?.text).toContain('nor marked bad')
    expect(await serving(server)).toBe(before)
    expect(await visit(server)).toBe('200 one')
  })

  test('without the folder of what serves must be told, before that is replaced blindly', async () => {
    await server.sh(`mv ${STATE}/releases/r1 /root/r1.away`)
    const before = await world(server)
    const ran = await deploy('two')
    expect([ran.code, failures(ran)]).toEqual([3, ['RECORD_GONE']])
    expect(ran.stdout).toContain('r1 serves on lab1, but its record is gone')
    expect((await app.belay('status')).stdout).toContain('its record is gone')
    expect(await world(server)).toBe(before)
    expect(await visit(server)).toBe('200 one')
    await server.sh(`mv /root/r1.away ${STATE}/releases/r1`)
    expect(await deploy('two')).toMatchObject({ code: 0 })
  })

  test('without the folder of the release before must be told when that is wanted', async () => {
    expect(await deploy('two')).toMatchObject({ code: 0 })
    await server.sh(`rm -rf ${STATE}/releases/r1`)
    const ran = await app.belay('rollback', '--yes', '--json')
    expect([ran.code, failures(ran)]).toEqual([2, ['UNKNOWN_RELEASE']])
    expect(await visit(server)).toBe('200 two')
    expect(await deploy('three')).toMatchObject({ code: 0 })
    expect(await visit(server)).toBe('200 three')
  })

  test('must be ended by what it says, though its journal is damaged in the middle', async () => {
    const before = await serving(server)
    const run = await proving()
    run.child.kill('SIGKILL')
    await run.ended
    await server.sh(
      `sed -i '3s/.*/garbage "\\\\ line/' ${STATE}/journal; printf '9 9 torn' >>${STATE}/journal`,
    )
    const ran = await app.belay('resume', '--yes', '--steal', '--json')
    expect(finished(ran)).toMatchObject({ outcome: 'confirmed', exit: 0, serving: 'r1' })
    expect(warnings(ran).join()).toContain('line 3 of its journal')
    expect(await serving(server)).toBe(before)
  })
})

describe('a host', () => {
  /** The same server, as another name of it would reach it. */
  const renamed = () => {
    const known = readFileSync(String(lab.env.BELAY_SSH_CONFIG), 'utf8')
    app.write('ssh_config', known.replace(/^Host lab1$/m, 'Host renamed'))
    return { BELAY_SSH_CONFIG: join(app.folder, 'ssh_config') }
  }

  test('that was renamed must be known again, with what was left on it', async () => {
    const before = await serving(server)
    const run = await proving()
    run.child.kill('SIGKILL')
    await run.ended
    app.config(pageConfig('shop', { hosts: ['renamed'] }))
    const ran = await app.with(renamed(), 'resume', '--yes', '--steal', '--json')
    expect(finished(ran)).toMatchObject({ outcome: 'confirmed', exit: 0, serving: 'r1' })
    expect(await serving(server)).toBe(before)
    app.compose({ services: { web: page('two') } })
    expect(await app.with(renamed(), 'deploy', '--yes')).toMatchObject({ code: 0 })
    expect(await visit(server)).toBe('200 two')
    expect(await running(server)).toEqual(['shop-production-r3-web-1'])
  })

  test('that was replaced behind its address must be told, and get what the others serve', async () => {
    app.config(pageConfig('shop', { hosts: ['lab1', 'lab2'] }))
    expect(await deploy('two')).toMatchObject({ code: 0 })
    await two.clean()
    const seen = await app.belay('status')
    expect(seen.stdout).toContain('split')
    const resumed = await app.belay('resume', '--yes', '--json')
    expect([resumed.code, failures(resumed)]).toEqual([5, ['STILL_SPLIT']])
    expect(resumed.stdout).toContain('r2 is not on lab2')
    expect(await visit(server)).toBe('200 two')
    expect(await app.belay('deploy', '--yes')).toMatchObject({ code: 0 })
    expect([await visit(server), await visit(two)]).toEqual(['200 two', '200 two'])
    expect(await current(two, 'shop')).toBe(await current(server, 'shop').then(firstOnly))
  })

  const firstOnly = (text: string): string => `${text.split(' ')[0]} -`
})

describe('in the middle of a run', () => {
  const OLD = 'shop-production-r1-web-1'

  test.each([
    ['removed', `docker rm -f ${OLD}`],
    ['stopped', `docker stop -t 0 ${OLD}`],
  ])(
    'an old container that is %s by hand must serve again when the new one fails',
    async (_, by) => {
      const run = await proving({}, '8s')
      await server.sh(by)
      const ended = await run.ended
      expect(finished(ended)).toMatchObject({ outcome: 'rolled-back', exit: 4, serving: 'r1' })
      expect(await visit(server)).toBe('200 one')
      expect(await running(server)).toEqual([OLD])
    },
  )

  test('an old container that is removed by hand must not stop the new one', async () => {
    app.config(pageConfig('shop', { proof: { soak: '3s' } }))
    app.compose({ services: { web: page('two') } })
    const run = app.start(['deploy', '--yes', '--json'])
    await run.saying('"type":"traffic-moved"')
    await server.sh(`docker rm -f ${OLD}`)
    expect(finished(await run.ended)).toMatchObject({ outcome: 'confirmed', serving: 'r2' })
    expect(await visit(server)).toBe('200 two')
    expect(await releases(server, 'shop')).toContain('r2')
  })
})
