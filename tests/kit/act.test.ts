import { mkdirSync, readdirSync, renameSync, statSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { tar } from '../../src/hosts/wire/tar.ts'
import { Rig, SHELLS } from './rig.ts'

const file = (path: string, content: string, mode = 0o644) => ({
  path,
  content: Buffer.from(content),
  mode,
})

describe.each(SHELLS)('an action under %s', (shell) => {
  let rig: Rig
  let epoch: string
  beforeEach(async () => {
    rig = new Rig(shell)
    epoch = await rig.acquire()
  })
  afterEach(() => rig.close())

  const ran = () => rig.asked.filter((line) => line.startsWith('start ')).length

  test('it must happen once for its number, however often it is asked', async () => {
    rig.container('web', { state: 'created' })
    for (let n = 0; n < 3; n++) {
      expect(await rig.act(`${epoch} 1 none 20`, ['start web'])).toMatchObject({ code: 0 })
    }
    expect(ran()).toBe(1)
    await rig.act(`${epoch} 2 none 20`, ['start web'])
    expect(ran()).toBe(2)
  })

  test('it must happen once when it is asked by two at the same time', async () => {
    rig.container('web', { state: 'created' })
    rig.dockerHas('slow', '0.3')
    const both = [1, 2].map(() => rig.act(`${epoch} 1 none 20`, ['start web']))
    expect((await Promise.all(both)).map(({ code }) => code)).toEqual([0, 0])
    expect(ran()).toBe(1)
  })

  test('a failure must come back with its evidence, and be the same when asked again', async () => {
    const list = ['route shop-web a', 'start missing', 'route shop-web b']
    const first = await rig.act(`${epoch} 1 none 20`, list)
    expect(first.code).toBe(1)
    expect(first.lines.at(-1)).toBe('failed 2 start')
    expect(first.lines.join('\n')).toContain('No such container: missing')
    expect(await rig.act(`${epoch} 1 none 20`, list)).toMatchObject({ lines: first.lines })
    expect(rig.token('shop-web')).toEqual(['a'])
  })

  test('the journal must hold the intent before, and the result after', async () => {
    await rig.act(`${epoch} 3 none 20`, ['route shop-web b'])
    expect(rig.notes.slice(-2)).toEqual([
      '{"type":"act"}',
      '{"type":"action-finished","number":3,"code":0}',
    ])
  })

  test('with the guard it must be refused once a decision was taken', async () => {
    expect((await rig.act(`${epoch} 1 pending 20`, ['route shop-web b'])).code).toBe(77)
    expect((await rig.arm(epoch, [], 2)).code).toBe(0)
    expect((await rig.act(`${epoch} 1 pending 20`, ['route shop-web b'])).code).toBe(0)
    await rig.once(['decide', epoch, 'rollback'], { payload: '{}\n' })
    expect((await rig.act(`${epoch} 3 pending 20`, ['route shop-web a'])).code).toBe(77)
    expect(rig.token('shop-web')).toEqual(['b'])
    expect((await rig.act(`${epoch} 4 none 20`, ['route shop-web a'])).code).toBe(0)
  })

  test('it must stop where it is when a decision is taken under it', async () => {
    await rig.arm(epoch, [], 2)
    rig.container('web', { state: 'created' })
    rig.dockerHas('slow', '1')
    const action = rig.act(`${epoch} 1 pending 20`, ['start web', 'route shop-web b'])
    await expect.poll(() => rig.asked, { timeout: 5000 }).toContain('start web')
    // As a watchdog does whose image has no flock.
    renameSync(`${rig.state}/pending`, `${rig.state}/decided_rollback`)
    expect((await action).code).toBe(77)
    expect(rig.token('shop-web')).toEqual([])
  })

  test('it must end at its time limit and say where it was', async () => {
    rig.container('web', { state: 'created' })
    rig.dockerHas('slow', '30')
    const late = await rig.act(`${epoch} 1 none 1`, ['route shop-web a', 'start web'])
    expect(late.code).toBe(124)
    expect(late.lines.slice(-2)).toEqual(['not done within 1 s', 'failed 2 start'])
    expect(rig.has('doing')).toBe(false)
  })

  test('it must end when Docker hangs under it, and be told from one that takes long', async () => {
    rig.container('web', { state: 'created' })
    rig.env['BELAY_SILENCE'] = '2'
    rig.dockerHas('slow', '30')
    const begun = performance.now()
    const hung = await rig.act(`${epoch} 1 none 60`, ['start web'])
    expect(hung).toMatchObject({ code: 74, lines: ['@problems', expect.stringMatching(/hangs/)] })
    expect(performance.now() - begun).toBeLessThan(15_000)
    expect(rig.has('doing')).toBe(false)
    // One slow answer is none that is missing.
    rig.dockerHas('slow', '1')
    expect((await rig.act(`${epoch} 2 none 60`, ['start web'])).code).toBe(0)
  })

  test('cancel must end what is under way, for the right epoch only', async () => {
    rig.container('web', { state: 'created' })
    rig.dockerHas('slow', '30')
    const action = rig.act(`${epoch} 1 none 60`, ['start web'])
    await expect.poll(() => rig.has('doing'), { timeout: 5000 }).toBe(true)
    await rig.once(['cancel', '99'])
    expect(rig.has('doing')).toBe(true)
    await rig.once(['cancel', epoch])
    const { code, lines } = await action
    expect({ code, lines }).toEqual({ code: 1, lines: ['cancelled', 'failed 1 start'] })
    expect((await rig.once(['cancel', epoch])).code).toBe(0)
  })

  test('a busy lock must be told with who has it', async () => {
    rig.container('web', { state: 'created' })
    rig.dockerHas('slow', '30')
    const action = rig.act(`${epoch} 1 none 60`, ['start web'])
    await expect.poll(() => rig.has('doing'), { timeout: 5000 }).toBe(true)
    const refused = await rig.once(['release', epoch], { env: { BELAY_PATIENCE: '1' } })
    expect({ ...refused, errors: '' }).toEqual({ code: 79, lines: ['busy one 1'], errors: '' })
    await rig.once(['cancel', epoch])
    await action
  })

  test('what a killed kit left running must end before the action is tried again', async () => {
    rig.container('web', { state: 'created' })
    rig.dockerHas('slow', '2')
    const words = [rig.kit, 'once', 'shop', 'production', 'do', epoch, '1', 'none', '20']
    const child = rig.spawn(words)
    child.stdin?.end('{"type":"x"}\nstart web\n\n')
    await expect.poll(() => rig.asked, { timeout: 5000 }).toContain('start web')
    process.kill(-(child.pid ?? 0), 'SIGKILL')
    const again = rig.act(`${epoch} 1 none 20`, ['start web'])
    await new Promise((wait) => setTimeout(wait, 1000))
    expect(ran()).toBe(1)
    expect((await again).code).toBe(0)
    expect(ran()).toBe(2)
  })

  test('a word that is not safe must not reach anything', async () => {
    for (const bad of [
      'route shop-web $(id)',
      'route ../../x b',
      'route shop-web ../b',
      'nope x',
    ]) {
      const number = 10 + Math.floor(Math.random() * 1e6)
      const answer = await rig.act(`${epoch} ${number} none 20`, [bad])
      expect(answer.code).toBe(1)
    }
    expect(readdirSync(rig.folder).sort()).toEqual(readdirSync(rig.folder).sort())
    expect(rig.token('shop-web')).toEqual([])
  })

  describe('with a stage', () => {
    const stage = (files: Parameters<typeof tar>[0], words: string[] = []) =>
      rig.once(['do', epoch, '1', 'none', '20', 'stage=r2', ...words], {
        payload: Buffer.concat([Buffer.from('{"type":"x"}\nroute shop-web b\n\n'), tar(files)]),
      })

    test('its files must be there, with their modes, in a folder of ours alone', async () => {
      const files = [
        file('release.json', '{"id":"r2"}'),
        file('files/nginx.conf', 'a'),
        file('files/run me.sh', '#!/bin/sh\n', 0o755),
        file(`files/${'long/'.repeat(30)}ünï\n.txt`, '\0\xff', 0o600),
      ]
      expect(await stage(files)).toMatchObject({ code: 0 })
      const mode = (path: string) => (statSync(`${rig.state}/${path}`).mode & 0o777).toString(8)
      expect(mode('releases/r2')).toBe('700')
      expect(mode('releases/r2/files')).toBe('755')
      expect(mode('releases/r2/files/nginx.conf')).toBe('644')
      expect(mode('releases/r2/files/run me.sh')).toBe('755')
      expect(mode(`releases/r2/files/${'long/'.repeat(30)}ünï\n.txt`)).toBe('600')
      expect(readdirSync(`${rig.state}/releases`)).toEqual(['r2'])
    })

    test('what was there before must go whole', async () => {
      mkdirSync(`${rig.state}/releases/r2/old`, { recursive: true })
      expect(await stage([file('release.json', '{}')])).toMatchObject({ code: 0 })
      expect(readdirSync(`${rig.state}/releases/r2`)).toEqual(['release.json'])
    })

    const from = (release: string, files: Parameters<typeof tar>[0], number = '5') =>
      rig.once(['do', epoch, number, 'none', '20', 'stage=r2', `from=${release}`], {
        payload: Buffer.concat([Buffer.from('{"type":"x"}\n\n'), tar(files)]),
      })

    test('a folder must start from that of another, without what was said of it', async () => {
      mkdirSync(`${rig.state}/releases/r1/files`, { recursive: true })
      rig.write('releases/r1/files/a', 'one')
      rig.write('releases/r1/mark', 'good\n')
      rig.write('releases/r1/pending', 'old')
      expect(await from('r1', [file('release.json', '{}')])).toMatchObject({ code: 0 })
      expect(readdirSync(`${rig.state}/releases/r2`).sort()).toEqual(['files', 'release.json'])
      expect(rig.read('releases/r2/files/a')).toBe('one')
      expect(readdirSync(`${rig.state}/releases/r1`)).toHaveLength(3)
    })

    test('a folder that starts from itself must keep its mark', async () => {
      mkdirSync(`${rig.state}/releases/r2`, { recursive: true })
      rig.write('releases/r2/mark', 'good\n')
      rig.write('releases/r2/release.json', 'old')
      expect(await from('r2', [file('release.json', 'new')])).toMatchObject({ code: 0 })
      expect(rig.read('releases/r2/mark')).toBe('good\n')
      expect(rig.read('releases/r2/release.json')).toBe('new')
    })

    test('a folder that is not there must not be started from', async () => {
      const answer = await from('r9', [file('release.json', '{}')])
      expect(answer.lines).toEqual(['there is no release r9 to start from', 'failed 0 stage'])
      expect((await from('../..', [], '6')).code).toBe(1)
      expect(rig.has('releases/r2')).toBe(false)
    })

    test('a folder that a crash left aside must come back with the next owner', async () => {
      mkdirSync(`${rig.state}/releases/r1.old-1`, { recursive: true })
      rig.write('releases/r1.old-1/release.json', 'kept')
      rig.uptime = 5000
      await rig.acquire('run2')
      expect(rig.read('releases/r1/release.json')).toBe('kept')
    })

    test('a cut tar must leave nothing behind and carry nothing out', async () => {
      const payload = Buffer.concat([
        Buffer.from('{"type":"x"}\nroute shop-web b\n\n'),
        tar([file('release.json', 'x'.repeat(2000))]).subarray(0, 1500),
      ])
      const words = ['do', epoch, '1', 'none', '20', 'stage=r2']
      const answer = await rig.once(words, { payload })
      expect(answer.code).toBe(1)
      expect(answer.lines.at(-1)).toBe('failed 0 stage')
      expect(rig.has('releases/r2')).toBe(false)
      expect(rig.token('shop-web')).toEqual([])
    })

    test('arming must link the release own pending file', async () => {
      const head = `run run1 epoch ${epoch} release r2 previous r1 anchor one\n`
      const files = [file('release.json', '{}'), file('pending', head)]
      expect(await stage(files, ['arm'])).toMatchObject({ code: 0 })
      expect(rig.read('pending')).toBe(head)
      expect(rig.read('watch')).toMatch(/^setsid \d+ 1000\n$/)
    })
  })
})
