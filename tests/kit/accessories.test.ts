import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Rig, section, SHELLS } from './rig.ts'

const base = 'releases/base/base.json'
const renew = `renew shop ${base} db to shop-db-1 from id-shop-db-1=shop-db-1`
const restore = 'restore shop db 3 id-shop-db-1=shop-db-1'

describe.each(SHELLS)('accessories under %s', (shell) => {
  let rig: Rig
  let epoch: string
  let number = 0
  beforeEach(async () => {
    rig = new Rig(shell)
    epoch = await rig.acquire()
    mkdirSync(join(rig.state, 'releases/base'), { recursive: true })
    rig.write(base, '{"services":{}}')
    rig.container('shop-db-1', {
      project: 'shop',
      service: 'db',
      state: 'running',
      policy: 'always',
    })
  })
  afterEach(() => rig.close())

  const carry = (...list: string[]) => rig.act(`${epoch} ${++number} none 20`, list)
  const done = async (...list: string[]) => expect(await carry(...list)).toMatchObject({ code: 0 })
  const fails = async (...list: string[]) => {
    const answer = await carry(...list)
    expect(answer.code).toBe(1)
    return answer.lines.join('\n')
  }
  const of = (name: string) => ({
    id: rig.dockerSays(`c/${name}/id`).trim(),
    state: rig.dockerSays(`c/${name}/state`).trim(),
    policy: rig.dockerSays(`c/${name}/policy`).trim(),
  })
  const containers = () => readdirSync(join(rig.docker, 'c')).toSorted()

  test('a new one must be made beside the old, started by nobody, also when told twice', async () => {
    for (let n = 0; n < 2; n++) {
      await done(renew)
      expect(containers()).toEqual(['shop-db-1', 'shop-db-1.before'])
      expect(of('shop-db-1')).toMatchObject({ state: 'created', policy: 'no' })
      expect(of('shop-db-1.before')).toMatchObject({ state: 'running', policy: 'always' })
    }
    expect(rig.asked.find((line) => line.startsWith('compose --ansi'))).toMatch(
      /-p shop up --no-start --no-recreate --no-deps --no-build --pull never --scale db=2 db$/,
    )
  })

  test('going back must leave the old one alone under its name, from any point', async () => {
    const old = 'id-shop-db-1'
    await done(restore)
    expect(containers()).toEqual(['shop-db-1'])
    await done(renew, 'stop 3 shop-db-1.before', 'start shop-db-1')
    for (let n = 0; n < 2; n++) {
      await done(restore, 'start shop-db-1')
      expect(containers()).toEqual(['shop-db-1'])
      expect(of('shop-db-1')).toEqual({ id: old, state: 'running', policy: 'always' })
    }
    rig.dockerHas('fail', '^compose')
    await fails(renew)
    await done(restore)
    expect(containers()).toEqual(['shop-db-1'])
  })

  test('the new one must stay where the old one is gone', async () => {
    await done(renew, 'start shop-db-1', 'remove shop-db-1.before')
    expect(await fails(restore)).toContain('shop-db-1 is gone')
    expect(of('shop-db-1').state).toBe('running')
  })

  test('the old one must not start while the new one could not be removed', async () => {
    await done(renew, 'stop 3 shop-db-1.before', 'start shop-db-1')
    rig.dockerHas('fail', '^rm ')
    await rig.arm(epoch, [`back ${restore}`, 'back start shop-db-1.before'], ++number)
    await rig.once(['decide', epoch, 'rollback'], { payload: '{}\n' })
    expect((await rig.once(['settle', epoch])).code).toBe(1)
    expect(of('shop-db-1.before').state).toBe('exited')
  })

  test('one that ends must fail at once, with its last lines', async () => {
    rig.container('shop-crash-1', { project: 'shop', service: 'crash', state: 'created' })
    const said = await fails('start shop-crash-1', 'steady 20 shop-db-1 shop-crash-1')
    expect(said).toContain('shop-crash-1: Exited (3)')
    expect(said).toContain('a line of shop-crash-1')
    expect(await fails('steady 20 gone-1')).toContain('gone-1: gone')
  })

  test('one that keeps restarting must not be waited for for ever', async () => {
    rig.container('shop-db-1', { state: 'restarting', restarts: '10' })
    const said = await fails(`base shop ${base} db`)
    expect(said).toContain('db keeps restarting')
    expect(said).toContain('a line of shop-db-1')
  })

  test('what was just started must be there for some looks, what ran already for one', async () => {
    const looks = () => rig.asked.filter((line) => line.startsWith('ps -a ')).length
    await done(`base shop ${base} db`)
    const once = looks()
    rig.container('shop-db-1', { state: 'exited' })
    await done(`base shop ${base} db`)
    expect(looks() - once).toBeGreaterThan(once + 1)
  })

  test('one that is not healthy in time must fail', async () => {
    rig.container('shop-db-1', { health: 'starting', healthcheck: '2\nCMD\nfalse' })
    expect(await fails('steady 1 shop-db-1')).toContain('shop-db-1: is not ready')
    rig.container('shop-db-1', { health: 'healthy' })
    await done('steady 1 shop-db-1')
  })

  test('what a container was made from must be remembered by its id, and seen', async () => {
    const seen = async () => section(await rig.once(['observe']), '@made')
    expect(await seen()).toEqual([])
    await done(`made-from shop ${base} db=11 cache=22`)
    expect(await seen()).toEqual(['id-shop-db-1 11'])
    expect(rig.read('base/id-shop-db-1')).toBe('11\n{"services":{}}\n')
    rig.write(base, '{"other":1}')
    await done(`made-from shop ${base} db=33`)
    expect(await seen()).toEqual(['id-shop-db-1 11'])
    await done(renew, `made-from shop ${base} db=33`)
    expect((await seen()).toSorted()).toEqual(['id-shop-db-1 11', 'id-shop-db-2 33'])
    await done('remove shop-db-1.before', `made-from shop ${base} db=33`)
    expect(await seen()).toEqual(['id-shop-db-2 33'])
    expect(existsSync(join(rig.state, 'base/id-shop-db-1'))).toBe(false)
  })
})
