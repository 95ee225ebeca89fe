import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Rig, SHELLS } from './rig.ts'

const WATCHDOG = 'belay-proxy-watchdog-1'

describe.each(SHELLS)('other versions of the kit under %s', (shell) => {
  let rig: Rig
  beforeEach(() => {
    rig = new Rig(shell)
  })
  afterEach(() => rig.close())

  /** A version that somebody used, so many minutes ago. */
  function another(digit: string, minutes: number): { folder: string; kit: string } {
    const folder = join(rig.root, 'kit', digit.repeat(64))
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'kit.sh'), 'sleep 60\n')
    const at = new Date(Date.now() - minutes * 60_000)
    utimesSync(folder, at, at)
    return { folder, kit: join(folder, 'kit.sh') }
  }

  test('must go when nothing needs them, and the one in use stay', async () => {
    const unused = another('a', 90)
    const fresh = another('b', 5)
    mkdirSync(join(rig.root, 'kit/notes'))
    await rig.acquire()
    expect(existsSync(unused.folder)).toBe(false)
    for (const path of [fresh.folder, rig.kit, join(rig.root, 'kit/notes')]) {
      expect(existsSync(path)).toBe(true)
    }
  })

  test('must stay as long as a program runs from them, or a session is being opened', async () => {
    const watching = another('a', 90)
    const opening = another('b', 90)
    const words = ['-c', 'sleep 60; :', 'belay', 'b'.repeat(64), '1', 'shop', 'production']
    const programs = [
      spawn(rig.sh, [watching.kit, 'watch', 'shop', 'production', '1', 'setsid']),
      spawn(rig.sh, words),
    ]
    await Promise.all(programs.map((each) => new Promise((begun) => each.once('spawn', begun))))
    await rig.acquire('run1', 1)
    expect([watching, opening].map(({ folder }) => existsSync(folder))).toEqual([true, true])
    const ended = programs.map((each) => new Promise((done) => each.once('exit', done)))
    for (const program of programs) program.kill('SIGKILL')
    await Promise.all(ended)
    rig.uptime = 2000
    await rig.acquire('run2')
    expect([watching, opening].map(({ folder }) => existsSync(folder))).toEqual([false, false])
  })

  test('must stay for the script of another app, and for the watchdog of the proxy', async () => {
    const script = another('a', 90)
    const watchdog = another('b', 90)
    mkdirSync(join(rig.root, 'blog/production'), { recursive: true })
    writeFileSync(join(rig.root, 'blog/production/rollback'), `exec sh '${script.kit}' once …\n`)
    rig.container(WATCHDOG, { state: 'exited', cmd: `["${watchdog.kit}","watch-all"]` })
    await rig.acquire()
    expect([script, watchdog].map(({ folder }) => existsSync(folder))).toEqual([true, true])
  })

  test('must all stay while Docker cannot say what the watchdog needs', async () => {
    const unused = another('a', 90)
    rig.dockerHas('fail', `Config.Cmd}} ${WATCHDOG}`)
    await rig.acquire()
    expect(existsSync(unused.folder)).toBe(true)
  })
})
