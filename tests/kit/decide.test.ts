import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Rig, SHELLS, section } from './rig.ts'

const lists = [
  'back route shop-web a',
  'back stop 5 new-web',
  'back start old-web',
  'forward mark r2 good',
  'forward current r2 r1',
  'forward stop 5 old-web',
]

describe.each(SHELLS)('the decision under %s', (shell) => {
  let rig: Rig
  let epoch: string
  beforeEach(async () => {
    rig = new Rig(shell)
    rig.container('old-web', { state: 'running' })
    rig.container('new-web', { state: 'running' })
    epoch = await rig.acquire()
    await rig.act(`${epoch} 90 none 20`, ['route shop-web b'])
  })
  afterEach(() => rig.close())

  const decide = (wish: string) => rig.once(['decide', epoch, wish], { payload: '{"type":"d"}\n' })
  const settle = () => rig.once(['settle', epoch])

  test('without anything armed there must be nothing to decide or settle', async () => {
    expect((await decide('commit')).code).toBe(80)
    expect((await settle()).code).toBe(80)
  })

  test('the first one must stand, and whoever comes later be told it', async () => {
    await rig.arm(epoch, lists)
    expect((await settle()).code).toBe(80)
    expect(await decide('commit')).toMatchObject({ code: 0, lines: ['commit'] })
    expect(await decide('rollback')).toMatchObject({ code: 0, lines: ['commit'] })
    expect(rig.notes.filter((note) => note === '{"type":"d"}')).toHaveLength(1)
  })

  test('a commit must be carried out forward, once', async () => {
    await rig.arm(epoch, lists)
    await decide('commit')
    expect(await settle()).toMatchObject({ code: 0, lines: [] })
    expect(rig.read('current')).toBe('r2 r1\n')
    expect(rig.token('shop-web')).toEqual(['b'])
    expect(rig.dockerSays('c/old-web/state')).toBe('exited')
    expect((await settle()).code).toBe(80)
    expect(section(await rig.once(['observe']), '@decision')).toEqual(['none'])
  })

  test('a commit must make the release the kept one before anyone hears of it', async () => {
    await rig.arm(epoch, [
      'back route shop-web a',
      'forward policy always new-web',
      'forward current r2 r1',
      'forward stop 5 old-web',
      'forward policy no old-web',
    ])
    rig.container('new-web', { policy: 'no' })
    rig.container('old-web', { policy: 'always' })
    expect(await decide('commit')).toMatchObject({ code: 0, lines: ['commit'] })
    expect(rig.read('current')).toBe('r2 r1\n')
    expect(rig.dockerSays('c/new-web/policy')).toBe('always')
    expect(rig.dockerSays('c/old-web/policy')).toBe('always')
    expect(rig.dockerSays('c/old-web/state')).toBe('running')
    expect((await settle()).code).toBe(0)
    expect(rig.dockerSays('c/old-web/policy')).toBe('no')
  })

  test('a release that cannot be kept at once must be decided all the same', async () => {
    await rig.arm(epoch, ['forward policy always new-web', 'forward current r2 r1'])
    rig.dockerHas('fail', '^update')
    expect(await decide('commit')).toMatchObject({ code: 0, lines: ['commit'] })
    expect(rig.read('current')).toBe('r2 r1\n')
    expect((await settle()).lines.at(-1)).toBe('failed 1 policy')
  })

  test('a rollback must be carried out backward, and be known later on', async () => {
    await rig.arm(epoch, lists)
    await decide('rollback')
    expect((await settle()).code).toBe(0)
    expect(rig.token('shop-web')).toEqual(['a'])
    expect(rig.dockerSays('c/new-web/state')).toBe('exited')
    expect(rig.has('current')).toBe(false)
    expect(await decide('commit')).toMatchObject({ code: 0, lines: ['rollback'] })
  })

  test('a run that was decided must not be armed to life again', async () => {
    await rig.arm(epoch, lists)
    await decide('rollback')
    expect((await rig.arm(epoch, lists, 2)).code).toBe(77)
    await settle()
    expect((await rig.arm(epoch, lists, 3)).code).toBe(77)
    rig.uptime = 2000
    const next = await rig.acquire('run2')
    expect((await rig.arm(next, lists, 1)).code).toBe(0)
  })

  test('an undecided run of another epoch must be settled before the next is armed', async () => {
    // It must not look while nobody holds the lease.
    rig.env['BELAY_TICK'] = '60'
    await rig.arm(epoch, lists)
    rig.uptime = 1059
    await rig.once(['break'])
    const next = await rig.acquire('run2', 600)
    const answer = await rig.arm(next, lists)
    expect(answer.code).toBe(1)
    expect(await rig.once(['decide', next, 'rollback'], { payload: '{}\n' })).toMatchObject({
      lines: ['rollback'],
    })
    expect((await rig.once(['settle', next])).code).toBe(0)
    expect((await rig.arm(next, lists, 2)).code).toBe(0)
  })

  test('one line that fails must not keep the others from being tried', async () => {
    rig.dockerHas('fail', '^tag')
    await rig.arm(epoch, ['back tag none a:1', 'back route shop-web a', 'back tag none b:1'])
    await decide('rollback')
    const failed = await settle()
    expect(failed.code).toBe(1)
    expect(failed.lines.filter((line) => line.startsWith('failed'))).toEqual([
      'failed 1 tag',
      'failed 3 tag',
    ])
    expect(rig.token('shop-web')).toEqual(['a'])
    expect(rig.has('decided_rollback')).toBe(true)
    rig.dockerHas('fail', '^nothing')
    expect((await settle()).code).toBe(0)
    expect(rig.has('decided_rollback')).toBe(false)
  })

  test('going back must turn traffic without Docker, and wait for it with the rest', async () => {
    await rig.arm(epoch, lists)
    await decide('rollback')
    rig.dockerHas('stopped')
    rig.env['BELAY_PATIENCE'] = '50'
    const settled = settle()
    await expect.poll(() => rig.token('shop-web'), { timeout: 30_000 }).toEqual(['a'])
    rig.dockerLacks('stopped')
    expect(await settled).toMatchObject({ code: 0 })
    expect(rig.dockerSays('c/new-web/state')).toBe('exited')
  })

  test('where Docker hangs, traffic must be turned, and the rest not wait for ever', async () => {
    await rig.arm(epoch, lists)
    await decide('rollback')
    rig.dockerHas('slow', '30')
    rig.env['BELAY_PATIENCE'] = '5'
    const hung = await settle()
    expect(hung).toMatchObject({ code: 74, lines: ['@problems', expect.stringMatching(/hangs/)] })
    expect(rig.token('shop-web')).toEqual(['a'])
    expect(rig.has('decided_rollback')).toBe(true)
    rig.dockerLacks('slow')
    expect((await settle()).code).toBe(0)
    expect(rig.dockerSays('c/new-web/state')).toBe('exited')
  })

  test('nothing must be started after something could not be stopped', async () => {
    await rig.arm(epoch, ['back stop 5 new-web', 'back start old-web', 'back route shop-web a'])
    await decide('rollback')
    rig.container('old-web', { state: 'exited' })
    rig.dockerHas('fail', '^stop')
    const failed = await settle()
    expect(failed.lines.filter((line) => line.startsWith('failed'))).toEqual([
      'failed 1 stop',
      'failed 2 start',
    ])
    expect(rig.dockerSays('c/old-web/state')).toBe('exited')
    expect(rig.token('shop-web')).toEqual(['a'])
  })

  test('nothing must be stopped after traffic could not be turned', async () => {
    await rig.arm(epoch, [
      'back route shop-web a',
      'back stop 5 new-web',
      'back start old-web',
      'back remove-project shop-r2',
    ])
    await decide('rollback')
    rig.container('new-web', { state: 'running' })
    rig.container('old-web', { state: 'exited' })
    rig.spoilRoute('shop-web')
    const failed = await settle()
    expect(failed.lines.filter((line) => line.startsWith('failed'))).toEqual([
      'failed 1 route',
      'failed 2 stop',
      'failed 3 start',
      'failed 4 remove-project',
    ])
    expect(rig.dockerSays('c/new-web/state')).toBe('running')
    expect(rig.dockerSays('c/old-web/state')).toBe('exited')
  })

  test('pending must begin with the words of its own run', async () => {
    const payload = `{"type":"x"}\n\nrun run1 epoch 77 release r2 previous - anchor one\n`
    const answer = await rig.once(['do', epoch, '1', 'none', '20', 'arm'], { payload })
    expect(answer.code).toBe(1)
    expect(answer.lines.at(-1)).toBe('failed 0 arm')
    expect(rig.has('pending')).toBe(false)
  })
})

describe('the race for the decision', () => {
  test('commit and rollback at once: one wins, both are told it, 30 times', async () => {
    const won: Record<string, number> = { commit: 0, rollback: 0 }
    const rig = new Rig('dash')
    try {
      for (let round = 1; round <= 30; round++) {
        const epoch = await rig.acquire(`run${round}`, 1)
        await rig.arm(epoch)
        const wishes = ['commit', 'rollback'].sort(() => Math.random() - 0.5)
        const both = wishes.map((wish) =>
          rig.once(['decide', epoch, wish], { payload: `{"type":"${wish}"}\n` }),
        )
        const told = new Set((await Promise.all(both)).flatMap(({ lines }) => lines))
        expect(told.size).toBe(1)
        const [winner = ''] = told
        expect(rig.has(`decided_${winner}`)).toBe(true)
        expect(rig.has(`decided_${winner === 'commit' ? 'rollback' : 'commit'}`)).toBe(false)
        expect(rig.notes.at(-1)).toBe(`{"type":"${winner}"}`)
        won[winner] = (won[winner] ?? 0) + 1
        await rig.once(['settle', epoch])
        rig.uptime = 1000 + round * 10
      }
      expect(won['commit']).toBeGreaterThan(0)
      expect(won['rollback']).toBeGreaterThan(0)
    } finally {
      rig.close()
    }
  }, 120_000)
})
