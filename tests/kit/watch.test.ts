import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ChildProcess, spawn } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Rig, SHELLS, located, section } from './rig.ts'

const soon = { timeout: 20_000, interval: 50 }
const lists = ['back route shop-web a', 'back stop 5 new-web', 'forward current r2 r1']
const seconds = (n: number) => new Promise((done) => setTimeout(done, n * 1000))

describe.each(SHELLS)('the watchdog under %s', (shell) => {
  let rig: Rig
  let epoch: string
  beforeEach(async () => {
    rig = new Rig(shell)
    rig.container('new-web', { state: 'running' })
    epoch = await rig.acquire('run1', 60)
    await rig.act(`${epoch} 90 none 20`, ['route shop-web b'])
  })
  afterEach(() => rig.close())

  const pid = () => Number(rig.read('watch').split(' ')[1])
  const lives = (id: number) => {
    try {
      return readFileSync(`/proc/${id}/cmdline`, 'utf8').includes('kit.sh')
    } catch {
      return false
    }
  }

  /** It has looked twice since then, so at least once from beginning to end. */
  const looksAgain = async (from: number) => {
    for (const uptime of [from, from + 1]) {
      rig.uptime = uptime
      await expect.poll(() => rig.read('watch').trim().split(' ')[2], soon).toBe(`${uptime}`)
    }
  }

  test('it must be seen alive when arming returns, and outlive its session', async () => {
    expect((await rig.arm(epoch, lists)).code).toBe(0)
    expect(rig.read('watch')).toMatch(/^setsid \d+ 1000\n$/)
    expect(lives(pid())).toBe(true)
    expect(section(await rig.once(['observe']), '@decision')).toEqual([
      'pending',
      `run run1 epoch ${epoch} release r2 previous r1 anchor one`,
      rig.read('watch').trim(),
    ])
  })

  test('it must do nothing while the lease lives, and keep looking', async () => {
    await rig.arm(epoch, lists)
    await looksAgain(1058)
    expect(rig.has('pending')).toBe(true)
    expect(rig.token('shop-web')).toEqual(['b'])
  })

  test('it must go back once the lease has lapsed, and tell the journal', async () => {
    await rig.arm(epoch, lists)
    const id = pid()
    rig.uptime = 1060
    await expect.poll(() => rig.has('settled_rollback'), soon).toBe(true)
    expect(rig.token('shop-web')).toEqual(['a'])
    expect(rig.dockerSays('c/new-web/state')).toBe('exited')
    expect(rig.notes.slice(-2)).toEqual([
      '{"type":"decided","decision":"rollback","by":"the watchdog"}',
      `{"type":"settled","decision":"rollback","epoch":${epoch},"code":0}`,
    ])
    await expect.poll(() => lives(id), soon).toBe(false)
    const late = await rig.once(['decide', epoch, 'commit'], { payload: '{}\n' })
    expect(late.lines).toEqual(['rollback'])
  })

  test('another boot must count as lapsed', async () => {
    await rig.arm(epoch, lists)
    rig.boot = 'boot-two'
    await expect.poll(() => rig.token('shop-web'), soon).toEqual(['a'])
  })

  test.each(['lapsed', 'rubbish', 'gone'])('a lease that is %s must not protect', async (how) => {
    await rig.arm(epoch, lists)
    if (how === 'lapsed') rig.uptime = 5000
    if (how === 'rubbish') rig.write('lease', '1 boot-one xx 1 -\n')
    if (how === 'gone') await rig.once(['release', epoch])
    await expect.poll(() => rig.token('shop-web'), soon).toEqual(['a'])
  })

  test('a renewed lease must hold it off', async () => {
    await rig.arm(epoch, lists)
    for (const uptime of [1050, 1100, 1150]) {
      rig.uptime = uptime
      expect((await rig.once(['renew', epoch, '60'])).code).toBe(0)
      await looksAgain(uptime + 1)
    }
    expect(rig.has('pending')).toBe(true)
  })

  test('a lease that is renewed at the last moment must count', async () => {
    await rig.arm(epoch, lists)
    const holder = spawn(located('flock'), [join(rig.state, 'lease.lock'), 'sleep', '2'])
    await seconds(0.3)
    const lease = rig.read('lease')
    rig.uptime = 5000
    await expect.poll(() => rig.read('watch').trim().split(' ')[2], soon).toBe('5000')
    rig.write('lease', lease.replace(' 1060 ', ' 5060 '))
    await new Promise((done) => holder.on('close', done))
    await seconds(1.5)
    expect(rig.has('pending')).toBe(true)
    expect(rig.token('shop-web')).toEqual(['b'])
  })

  test('a confirmed run must be finished, never taken back, when its deployer died', async () => {
    await rig.arm(epoch, lists)
    const id = pid()
    await rig.once(['decide', epoch, 'commit'], { payload: '{}\n' })
    await looksAgain(1010)
    expect(rig.has('decided_commit')).toBe(true)
    expect(lives(id)).toBe(true)
    rig.uptime = 5000
    await expect.poll(() => rig.has('settled_commit'), soon).toBe(true)
    await expect.poll(() => lives(id), soon).toBe(false)
    expect(rig.read('current')).toBe('r2 r1\n')
    expect(rig.token('shop-web')).toEqual(['b'])
    expect(rig.dockerSays('c/new-web/state')).toBe('running')
  })

  test('it must be gone once the deployer settled', async () => {
    await rig.arm(epoch, lists)
    const id = pid()
    await rig.once(['decide', epoch, 'commit'], { payload: '{}\n' })
    await rig.once(['settle', epoch])
    await expect.poll(() => lives(id), soon).toBe(false)
    expect(rig.has('watch')).toBe(false)
  })

  test('a new owner that dies before it decides must be covered too', async () => {
    await rig.arm(epoch, lists)
    await rig.once(['break'])
    await rig.acquire('run2', 60)
    expect(section(await rig.once(['observe']), '@decision')[0]).not.toBe('decided_commit')
    rig.uptime = 5000
    await expect.poll(() => rig.token('shop-web'), soon).toEqual(['a'])
  })

  test('an action that outlives its lease must be ended for it', async () => {
    rig.container('slow-web', { state: 'created' })
    rig.env['BELAY_PATIENCE'] = '1'
    await rig.arm(epoch, ['back route shop-web a'])
    rig.dockerHas('slow', '60')
    const action = rig.act(`${epoch} 2 pending 60`, ['start slow-web', 'route shop-web c'])
    await expect.poll(() => rig.has('doing'), soon).toBe(true)
    rig.uptime = 5000
    expect((await action).lines.at(-1)).toBe('failed 1 start')
    rmSync(join(rig.docker, 'slow'), { force: true })
    await expect.poll(() => rig.has('decided_rollback'), soon).toBe(true)
    await expect.poll(() => rig.token('shop-web'), { timeout: 20_000 }).toEqual(['a'])
  })

  test('without Docker it must turn the routes, and leave the rest to who comes next', async () => {
    rig.dockerHas('stopped')
    await rig.arm(epoch, lists)
    rig.uptime = 5000
    await expect.poll(() => rig.token('shop-web'), soon).toEqual(['a'])
    expect(rig.has('decided_rollback')).toBe(true)
    expect(rig.dockerSays('c/new-web/state')).toBe('running')
    expect(rig.asked.filter((line) => line.startsWith('stop'))).toEqual([])
  })

  test('where it cannot live the action must fail and nothing be carried out', async () => {
    const setsid = join(rig.bin, 'setsid')
    writeFileSync(
      setsid,
      '#!/bin/sh\ncase $3 in watch) exit 1 ;; esac\nexec /usr/bin/setsid "$@"\n',
    )
    chmodSync(setsid, 0o755)
    rig.env['BELAY_PATIENCE'] = '2'
    const head = `run run1 epoch ${epoch} release r2 previous r1 anchor one`
    const payload = `{"type":"x"}\nroute shop-web c\n\n${head}\n`
    const answer = await rig.once(['do', epoch, '1', 'none', '30', 'arm'], { payload })
    expect(answer).toMatchObject({ code: 81, lines: ['failed 0 arm'] })
    expect(rig.token('shop-web')).toEqual(['b'])
  })

  test('the one in the container must do where no other can live', async () => {
    const setsid = join(rig.bin, 'setsid')
    writeFileSync(
      setsid,
      '#!/bin/sh\ncase $3 in watch) exit 1 ;; esac\nexec /usr/bin/setsid "$@"\n',
    )
    chmodSync(setsid, 0o755)
    rig.env['BELAY_PATIENCE'] = '2'
    rig.spawn([rig.kit, 'watch-all'])
    expect((await rig.arm(epoch, lists)).code).toBe(0)
    expect(rig.read('watch')).toMatch(/^container \d+ 1000\n$/)
  })

  test('systemd must be preferred where there is one', async () => {
    mkdirSync(join(rig.folder, 'run/systemd/system'), { recursive: true })
    const program = join(rig.bin, 'systemd-run')
    writeFileSync(
      program,
      `#!/bin/sh
echo "$*" >${rig.folder}/unit
while [ "$1" != sh ]; do shift; done
setsid "$@" </dev/null >/dev/null 2>&1 3>&- 8>&- 9>&- &
`,
    )
    chmodSync(program, 0o755)
    const head = `run run1 epoch ${epoch} release r2 previous r1 anchor one`
    const payload = `{"type":"x"}\n\n${head}\n`
    const env = { BELAY_RUN: join(rig.folder, 'run') }
    await rig.once(['do', epoch, '1', 'none', '30', 'arm'], { payload, env })
    expect(rig.read('watch')).toMatch(/^systemd-run \d+ 1000/)
    expect(readFileSync(join(rig.folder, 'unit'), 'utf8')).toContain(
      '--unit=belay-shop-production-1',
    )
  })

  describe('in its container', () => {
    let container: ChildProcess
    const start = (env: Record<string, string> = {}) => {
      rig.dockerHas('stopped')
      container = rig.spawn([rig.kit, 'watch-all'], env)
    }
    const killHost = () => process.kill(pid(), 'SIGKILL')

    test('it must go back with routes alone after the host watchdog died', async () => {
      await rig.arm(epoch, lists)
      killHost()
      start()
      await expect.poll(() => rig.read('watch').split(' ')[0], soon).toBe('container')
      rig.uptime = 5000
      await expect.poll(() => rig.token('shop-web'), soon).toEqual(['a'])
      expect(rig.has('decided_rollback')).toBe(true)
      expect(container.exitCode).toBe(null)
    })

    test('it must do the same without flock, which its image may lack', async () => {
      await rig.arm(epoch, lists)
      killHost()
      const flock = join(rig.folder, 'noflock')
      mkdirSync(flock)
      const path = (rig.env['BELAY_PATH'] ?? '').split(':')
      const programs = ['sh', 'sleep', 'mv', 'sync', 'tail', 'sha256sum', 'date', 'sed', 'setsid']
      for (const name of [...programs, 'rm', 'mkdir', 'stat', 'id', 'cut', 'tr', 'grep']) {
        const at = path.map((folder) => join(folder, name)).find((file) => readable(file))
        writeFileSync(join(flock, name), `#!${rig.sh}\nexec ${at} "$@"\n`)
        chmodSync(join(flock, name), 0o755)
      }
      start({ BELAY_PATH: flock })
      rig.uptime = 5000
      await expect.poll(() => rig.token('shop-web'), soon).toEqual(['a'])
      await expect.poll(() => rig.notes.at(-1), soon).toContain('by":"the watchdog"')
    })

    test('routes of a rollback that a crash cut short must be turned by it', async () => {
      await rig.arm(epoch, lists)
      killHost()
      await rig.once(['decide', epoch, 'rollback'], { payload: '{}\n' })
      start()
      await expect.poll(() => rig.token('shop-web'), soon).toEqual(['a'])
    })

    test('beside the host watchdog nobody may act twice', async () => {
      start()
      await rig.arm(epoch, lists)
      rig.uptime = 5000
      await expect.poll(() => rig.token('shop-web'), soon).toEqual(['a'])
      await seconds(1)
      expect(rig.notes.filter((note) => note.includes('"decided"'))).toHaveLength(1)
      expect(section(await rig.once(['observe']), '@damaged')).toEqual([])
    })
  })
})

function readable(path: string): boolean {
  try {
    readFileSync(path)
    return true
  } catch {
    return false
  }
}
