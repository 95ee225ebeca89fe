import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Rig, SHELLS, answerOf } from './rig.ts'

const lists = [
  'back route shop-web a',
  'back stop 5 shop-r2-web-1',
  'back remove-project shop-r2',
  'forward policy always shop-r2-web-1',
  'forward policy no shop-r1-web-1',
  'forward current r2 r1',
  'forward stop 5 shop-r1-web-1',
]

describe.each(SHELLS)('the script for a person under %s', (shell) => {
  let rig: Rig
  let epoch: string
  beforeEach(async () => {
    rig = new Rig(shell)
    const common = { service: 'web', state: 'running' }
    rig.container('shop-r1-web-1', {
      ...common,
      project: 'shop-r1',
      policy: 'always',
      release: 'r1',
    })
    rig.container('shop-r2-web-1', { ...common, project: 'shop-r2', policy: 'no', release: 'r2' })
    epoch = await rig.acquire('run1', 60)
    await rig.act(`${epoch} 90 none 20`, ['current r1 -', 'route shop-web b'])
    await rig.arm(epoch, lists)
  })
  afterEach(() => rig.close())

  const rollback = (...words: string[]) => {
    const env = { ...rig.env, PATH: rig.env['BELAY_PATH'] }
    return answerOf(spawn(join(rig.state, 'rollback'), words, { env }))
  }
  const commit = async () => {
    await rig.once(['decide', epoch, 'commit'], { payload: '{}\n' })
    await rig.once(['settle', epoch])
  }
  const container = (name: string) =>
    `${rig.dockerSays(`c/${name}/state`)} ${rig.dockerSays(`c/${name}/policy`)}`

  test('a pending run must be rolled back, and the deployer be told', async () => {
    const answer = await rollback()
    expect(answer.code).toBe(0)
    expect(answer.lines.at(-1)).toBe('Done. The release that serves: r1')
    expect(rig.token('shop-web')).toEqual(['a'])
    const told = await rig.once(['decide', epoch, 'commit'], { payload: '{}\n' })
    expect(told.lines).toEqual(['rollback'])
  })

  test('a decision that was left half done must be finished, not turned', async () => {
    await rig.once(['decide', epoch, 'commit'], { payload: '{}\n' })
    expect((await rollback()).lines.at(-1)).toBe('Done. The release that serves: r2')
    expect(container('shop-r1-web-1')).toBe('exited no')
  })

  test('with nothing unfinished it must explain and change nothing', async () => {
    await commit()
    const answer = await rollback()
    expect(answer.code).toBe(0)
    expect(answer.lines[0]).toContain('serves: r2; the one before: r1')
    expect(answer.lines[1]).toMatch(/rollback --to r1$/)
    expect(answer.lines.slice(3)).toEqual([
      '  start shop-r1-web-1',
      '  await 60 shop-r1-web-1',
      '  route shop-web a',
      '  stop 5 shop-r2-web-1',
      '  policy no shop-r2-web-1',
      '  policy always shop-r1-web-1',
      '  current r1 -',
    ])
    expect(rig.token('shop-web')).toEqual(['b'])
  })

  test('it must leave the database as it was migrated, and say so', async () => {
    const at = 'shop-r2 releases/r2/compose.json belay-migrate migrate'
    await rig.once(['decide', epoch, 'rollback'], { payload: '{}\n' })
    await rig.once(['settle', epoch])
    rig.uptime = 5000
    epoch = await rig.acquire('run2', 60)
    await rig.act(`${epoch} 1 none 20`, ['current r1 -'])
    const undo = `back task ${at.replaceAll('migrate', 'undo')} 10 lenient after=migrate`
    await rig.arm(epoch, [`back end-task ${at}`, undo, ...lists], 2)
    await commit()
    const answer = await rollback()
    expect(answer.lines[2]).toBe('Only code goes back: the database stays as r2 migrated it.')
    expect(answer.lines.join('\n')).not.toContain('task ')
  })

  test('it must go back to the release before, and fence whoever is at work', async () => {
    await commit()
    expect((await rollback('--to', 'r1')).code).toBe(78)
    rig.uptime = 2000
    const answer = await rollback('--to', 'r1')
    expect(answer.lines.at(-1)).toBe('Done. The release that serves: r1')
    expect(answer.code).toBe(0)
    expect(container('shop-r1-web-1')).toBe('running always')
    expect(container('shop-r2-web-1')).toBe('exited no')
    expect(rig.token('shop-web')).toEqual(['a'])
    expect(rig.read('current')).toBe('r1 -\n')
    expect((await rig.once(['renew', epoch, '60'])).code).toBe(76)
    expect((await rollback('--to', 'r1')).code).toBe(1)
  })

  test('it must never run two of what was handed over', async () => {
    rig.dockerHas('c/shop-r1-web-1/state', 'exited')
    await rig.once(['decide', epoch, 'rollback'], { payload: '{}\n' })
    await rig.once(['settle', epoch])
    rig.uptime = 2000
    epoch = await rig.acquire('run2', 60)
    await rig.act(`${epoch} 90 none 20`, ['current r1 -'])
    const [route, stop] = lists
    const handOver = [route!, stop!, 'back start shop-r1-web-1', ...lists.slice(2)]
    rig.container('shop-r2-web-1', { state: 'running', project: 'shop-r2', release: 'r2' })
    await rig.arm(epoch, handOver)
    await commit()
    rig.uptime = 3000
    const before = rig.asked.length
    expect((await rollback('--to', 'r1')).code).toBe(0)
    const moves = rig.asked.slice(before).filter((line) => /^(start|stop) /.test(line))
    expect(moves).toEqual(['stop -t 5 shop-r2-web-1', 'start shop-r1-web-1'])
  })

  test('it must refuse what it cannot know the way to', async () => {
    await commit()
    rig.uptime = 2000
    expect((await rollback('--to', 'r0')).lines[0]).toContain('knows no way to r0')
    await rig.once(['acquire', '1', 'x'], { payload: 'a\nb\n' })
    rig.uptime = 3000
    await rig.act('2 1 none 20', ['remove-project shop-r1'])
    const gone = await rollback('--to', 'r1')
    expect(gone.lines[0]).toContain('The containers of r1 are gone')
    expect(rig.token('shop-web')).toEqual(['b'])
    expect((await rollback('--to', '$(id)')).code).toBe(70)
  })
})
