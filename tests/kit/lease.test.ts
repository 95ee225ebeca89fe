import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Rig, SHELLS, section } from './rig.ts'

const them = { payload: 'other@host\nrollback r1\n' }

describe.each(SHELLS)('the lease under %s', (shell) => {
  let rig: Rig
  beforeEach(() => {
    rig = new Rig(shell)
  })
  afterEach(() => rig.close())

  test('it must be held by the host uptime and boot, and name its owner', async () => {
    expect(await rig.acquire('run1', 60)).toBe('1')
    expect(rig.read('epoch')).toBe('1\n')
    const [epoch, boot, deadline, taken, who = ''] = rig.read('lease').trim().split(' ')
    expect([epoch, boot, deadline, taken]).toEqual(['1', 'boot-one', '1060', '1000'])
    const lines = Buffer.from(who, 'base64').toString().split('\n')
    expect(lines).toEqual(['me@laptop', 'deploy', 'run1', ''])
  })

  test('it must be refused to another while it lives, saying whose it is', async () => {
    await rig.acquire('run1', 60)
    rig.uptime = 1059
    const refused = await rig.once(['acquire', '60', 'run2'], them)
    expect(refused.code).toBe(78)
    expect(section(refused, '@lease')[0]).toMatch(/^1 1 59 \S+$/)
    expect(rig.read('epoch')).toBe('1\n')
  })

  test('it must lapse by uptime alone, and the next epoch fence the old one', async () => {
    await rig.acquire('run1', 60)
    rig.uptime = 1060
    expect(section(await rig.once(['acquire', '60', 'run2'], them), '@epoch')).toEqual(['2'])
    for (const words of [
      ['renew', '1', '60'],
      ['note', '1'],
      ['decide', '1', 'commit'],
    ]) {
      expect((await rig.once(words, { payload: '{}\n' })).code).toBe(76)
    }
    expect((await rig.act('1 1 none 20', ['route shop-web b'])).code).toBe(76)
    expect(rig.token('shop-web')).toEqual([])
  })

  test('a state that a newer kit keeps must be told of, and not be written', async () => {
    await rig.acquire('run1', 60)
    expect(rig.read('format')).toBe('1\n')
    rig.uptime = 1060
    rig.write('format', '2\n')
    for (const words of [['observe'], ['acquire', '60', 'run2']]) {
      const refused = await rig.once(words, them)
      expect(refused.code).toBe(82)
      expect(section(refused, '@problems')).toEqual(['its format is 2, and this one knows 1'])
    }
    expect([rig.read('epoch'), rig.read('format')]).toEqual(['1\n', '2\n'])
    rig.write('format', 'rubbish\n')
    expect(await rig.acquire('run3', 60)).toBe('2')
  })

  test('a reboot must end it, whatever the uptime says', async () => {
    await rig.acquire('run1', 60)
    rig.boot = 'boot-two'
    rig.uptime = 5
    const seen = await rig.once(['observe'])
    expect(section(seen, '@lease')[0]).toMatch(/^1 0 0 \S+$/)
    expect(section(await rig.once(['acquire', '60', 'run2'], them), '@epoch')).toEqual(['2'])
  })

  test('the same run must get the same epoch when it asks again', async () => {
    expect(await rig.acquire('run1', 60)).toBe('1')
    rig.uptime = 1030
    expect(await rig.acquire('run1', 60)).toBe('1')
    expect(rig.read('lease')).toMatch(/^1 boot-one 1090 1000 /)
    rig.uptime = 1090
    expect(await rig.acquire('run1', 60)).toBe('2')
  })

  test('of two that ask at once exactly one must get it', async () => {
    const asked = Array.from({ length: 6 }, (_, index) =>
      rig.once(['acquire', '60', `run${index}`], { payload: `me${index}\nx\n` }),
    )
    const codes = (await Promise.all(asked)).map(({ code }) => code).toSorted((a, b) => a - b)
    expect(codes).toEqual([0, 78, 78, 78, 78, 78])
    expect(rig.read('epoch')).toBe('1\n')
  })

  test('renewing must not wait for an action, nor for anything but its own epoch', async () => {
    const epoch = await rig.acquire('run1', 60)
    rig.container('web', { state: 'created' })
    rig.dockerHas('slow', '4')
    const action = rig.act(`${epoch} 1 none 20`, ['start web'])
    await expect.poll(() => rig.has('doing'), { timeout: 5000 }).toBe(true)
    rig.uptime = 1040
    const begun = performance.now()
    expect((await rig.once(['renew', epoch, '60'])).code).toBe(0)
    expect(performance.now() - begun).toBeLessThan(3900)
    expect(rig.read('lease')).toMatch(/^1 boot-one 1100 1000 /)
    expect((await action).code).toBe(0)
  })

  test('only its owner may give it back', async () => {
    await rig.acquire('run1', 60)
    expect((await rig.once(['release', '7'])).code).toBe(0)
    expect(rig.has('lease')).toBe(true)
    expect((await rig.once(['release', '1'])).code).toBe(0)
    expect(rig.has('lease')).toBe(false)
    expect(await rig.acquire('run2')).toBe('2')
  })

  test('breaking it must tell whose it was and fence the owner', async () => {
    await rig.acquire('run1', 60)
    const broken = await rig.once(['break'])
    expect(section(broken, '@lease')[0]).toMatch(/^1 60 0 \S+$/)
    expect(rig.has('lease')).toBe(false)
    expect(rig.read('epoch')).toBe('2\n')
    expect((await rig.once(['renew', '1', '60'])).code).toBe(76)
  })

  test('of thieves that saw the same lease exactly one must get it', async () => {
    await rig.acquire('run1', 60)
    const asked = Array.from({ length: 5 }, (_, index) =>
      rig.once(['acquire', '60', `run${index + 2}`, 'steal=run0,run1'], {
        payload: `me${index}\nx\n`,
      }),
    )
    const codes = (await Promise.all(asked)).map(({ code }) => code).toSorted((a, b) => a - b)
    expect(codes).toEqual([0, 78, 78, 78, 78])
    expect(rig.read('epoch')).toBe('2\n')
    expect((await rig.once(['renew', '1', '60'])).code).toBe(76)
    expect(rig.notes.slice(-2)).toEqual([
      '{"type":"lease-broken","epoch":1}',
      '{"type":"lease-acquired"}',
    ])
  })

  test('a thief must fence the owner at once, and keep nothing that he cannot use', async () => {
    const epoch = await rig.acquire('run1', 60)
    rig.container('web', { state: 'created' })
    rig.dockerHas('slow', '4')
    const action = rig.act(`${epoch} 1 none 20`, ['start web'])
    await expect.poll(() => rig.has('doing'), { timeout: 5000 }).toBe(true)
    const env = { BELAY_PATIENCE: '1' }
    const busy = await rig.once(['acquire', '60', 'run2', 'steal=run0,run1'], { ...them, env })
    expect(busy).toMatchObject({ code: 79, lines: ['busy one 1'] })
    expect((await rig.once(['renew', epoch, '60'])).code).toBe(76)
    expect(rig.has('lease')).toBe(false)
    expect((await action).code).toBe(0)
    expect(await rig.acquire('run3')).toBe('3')
  })

  test.each([
    'rubbish\n',
    '',
    '1 boot-one 99999999 1000 eA==\n',
    '1 boot-one 087 1000 eA==\n',
    '1 boot-one 1060 1000\n',
    '\0\0\0\0',
  ])('a lease that cannot be read must count as lapsed and be reported: %j', async (text) => {
    await rig.acquire('run1', 60)
    rig.write('lease', text)
    const seen = await rig.once(['observe'])
    expect(seen.code).toBe(0)
    expect(section(seen, '@lease')).toEqual([])
    expect(section(seen, '@problems')).toHaveLength(1)
    expect(await rig.acquire('run2')).toBe('2')
  })

  test('a damaged epoch must never give a token out twice', async () => {
    await rig.acquire('run1', 1)
    rig.uptime = 1010
    await rig.acquire('run2', 1)
    rig.write('epoch', 'x')
    rig.uptime = 1020
    expect(await rig.acquire('run3', 1)).toBe('3')
  })

  test('a file without a newline at its end must be read all the same', async () => {
    await rig.acquire('run1', 60)
    rig.write('epoch', '1')
    rig.write('lease', rig.read('lease').trim())
    expect((await rig.once(['renew', '1', '60'])).code).toBe(0)
  })

  test('state of another user on this host must be told, and no lease be taken', async () => {
    rig.dockerHas('volumes/belay', '/home/deploy/.local/state/belay')
    const seen = await rig.once(['acquire', '60', 'run1'], { payload: 'a\nb\n' })
    expect(seen.code).toBe(75)
    expect(section(seen, '@problems')[0]).toContain('/home/deploy/.local/state/belay')
    expect(rig.has('lease')).toBe(false)
  })

  test('the first lease must record where the state is', async () => {
    await rig.acquire()
    expect(rig.dockerSays('volumes/belay')).toBe(rig.root)
  })
})
