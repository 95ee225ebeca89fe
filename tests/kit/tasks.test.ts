import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Rig, SHELLS, section } from './rig.ts'

const at = 'shop-r2 releases/r2/compose.json'
const migrate = `task ${at} job-migrate migrate 10`
const undo = `task ${at} job-undo undo 10 lenient after=migrate`
const end = `end-task ${at} job-migrate migrate`

describe.each(SHELLS)('tasks under %s', (shell) => {
  let rig: Rig
  let epoch: string
  let number = 0
  beforeEach(async () => {
    rig = new Rig(shell)
    epoch = await rig.acquire()
    mkdirSync(join(rig.state, 'releases/r2/tasks'), { recursive: true })
    for (const name of ['compose.json', 'release.json']) rig.write(`releases/r2/${name}`, '{}')
  })
  afterEach(() => rig.close())

  const carry = (...list: string[]) => rig.act(`${epoch} ${++number} none 30`, list)
  const done = async (...list: string[]) => expect(await carry(...list)).toMatchObject({ code: 0 })
  const ran = () => rig.dockerSays('jobs').split('\n').filter(Boolean).length
  const record = (name: string) => rig.read(`releases/r2/tasks/${name}`).trim()
  const base64 = (text: string) => Buffer.from(text).toString('base64')

  test('one must run once, with its output kept and its container gone', async () => {
    for (let n = 0; n < 2; n += 1) await done(migrate)
    expect(ran()).toBe(1)
    expect(record('migrate')).toBe(`ended 0 ${base64('a line of shop-r2-job-migrate-1\n')}`)
    expect(rig.read('logs/r2-migrate.log')).toBe('a line of shop-r2-job-migrate-1\n')
    expect(rig.dockerSays('c/shop-r2-job-migrate-1/state')).toBe('')
    const seen = await rig.once(['observe'])
    expect(section(seen, '@tasks')[0]).toMatch(/^r2 migrate ended 0 /)
  })

  test('its output must be shown as it comes, and kept within bounds', async () => {
    rig.dockerHas('says', 'x'.repeat(99).concat('\n').repeat(12_000))
    const answer = await carry(migrate)
    expect(answer.code).toBe(0)
    expect(rig.read('logs/r2-migrate.log').length).toBe(1_048_576)
    const shown = answer.errors.split('\n').filter((line) => line.startsWith('migrate: '))
    expect(shown).toHaveLength(1000)
  })

  test('one that runs already must be waited for, and never be started beside itself', async () => {
    rig.write('releases/r2/tasks/migrate', 'begun')
    const own = { project: 'shop-r2', service: 'job-migrate', exit: '0' }
    rig.container('shop-r2-job-migrate-1', { ...own, state: 'exited' })
    await done(migrate)
    expect(ran()).toBe(0)
    expect(record('migrate')).toMatch(/^ended 0 /)
  })

  test('one whose container was taken away must count as failed', async () => {
    rig.write('releases/r2/tasks/migrate', 'begun')
    const answer = await carry(migrate)
    expect(answer.code).toBe(1)
    expect(answer.lines.join('\n')).toContain('migrate was ended by somebody')
    expect(record('migrate')).toBe('ended gone')
  })

  test('one that hangs must be ended, and count as failed', async () => {
    const answer = await carry(`task ${at} hang-migrate migrate 1`)
    expect(answer.code).toBe(1)
    expect(answer.lines.join('\n')).toContain('did not end within 1 s')
    expect(record('migrate')).toMatch(/^ended 124 /)
    expect(rig.dockerSays('c/shop-r2-hang-migrate-1/state')).toBe('')
  })

  test('one that was about to start never ran, and needs no undoing', async () => {
    rig.write('releases/r2/tasks/migrate', 'begun')
    const own = { project: 'shop-r2', service: 'job-migrate' }
    rig.container('shop-r2-job-migrate-1', { ...own, state: 'created' })
    await done(end, undo, 'remove-project shop-r2', end, undo)
    expect(record('migrate')).toBe('never')
    expect(ran()).toBe(0)
  })

  test('one that still runs must be ended before it is undone', async () => {
    rig.write('releases/r2/tasks/migrate', 'begun')
    const own = { project: 'shop-r2', service: 'hang-migrate', state: 'running' }
    rig.container('shop-r2-hang-migrate-1', own)
    expect((await carry(undo)).code).toBe(1)
    expect(ran()).toBe(0)
    await done(`end-task ${at} hang-migrate migrate`, undo, undo)
    expect(record('migrate')).toMatch(/^ended 137 /)
    expect(ran()).toBe(1)
  })

  test('nothing must be undone, nor started, beside one that cannot be ended', async () => {
    rig.write('releases/r2/tasks/migrate', 'begun')
    const own = { project: 'shop-r2', service: 'hang-migrate', state: 'running' }
    rig.container('shop-r2-hang-migrate-1', own)
    rig.container('shop-r1-web-1', { project: 'shop-r1', service: 'web', state: 'exited' })
    const lists = [`end-task ${at} hang-migrate migrate`, undo, 'start shop-r1-web-1']
    await rig.arm(
      epoch,
      lists.map((line) => `back ${line}`),
      50,
    )
    await rig.once(['decide', epoch, 'rollback'], { payload: '{}\n' })
    rig.dockerHas('fail', '^stop')
    const answer = await rig.once(['settle', epoch])
    expect(answer.code).toBe(1)
    expect(rig.dockerSays('c/shop-r1-web-1/state')).toBe('exited')
    expect(ran()).toBe(0)
  })

  test('an undo must follow a version that moved, and no other', async () => {
    const version = (name: string) => `task ${at} job-version ${name} 10 again lenient`
    const moved = `${undo} moved=before,now`
    await done(migrate)
    rig.dockerHas('says', 'v1')
    await done(version('before'), version('now'), moved)
    expect(record('undo')).toBe('')
    rig.dockerHas('says', 'v2')
    await done(version('now'), moved)
    expect(record('undo')).toMatch(/^ended 0 /)
    rig.dockerHas('job-exit', '1')
    await done(version('now'), `task ${at} job-undo other 10 after=migrate moved=before,now`)
    expect(record('other')).toBe('')
  })

  test('words that lead elsewhere must be refused', async () => {
    for (const line of [
      'task shop-r2 releases/r9/compose.json job-x x 10',
      `task ${at} job-x ../x 10`,
      `task ${at} job-x x 10 after=../migrate`,
      `task ${at} job-x x 10 sometimes`,
      'task shop-r2 ../compose.json job-x x 10',
    ]) {
      expect((await carry(line)).code, line).toBe(1)
    }
    expect(ran()).toBe(0)
  })
})
