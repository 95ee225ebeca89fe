import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Rig, SHELLS } from './rig.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const ABOUT = base64('{"name":"db","kind":"postgres"}')
const END = base64('-- the end')

describe.each(SHELLS)('backups under %s', (shell) => {
  let rig: Rig
  let epoch: string
  let number = 0
  beforeEach(async () => {
    rig = new Rig(shell)
    epoch = await rig.acquire()
    rig.container('db', { state: 'running', service: 'db' })
  })
  afterEach(() => rig.close())

  const carry = (...list: string[]) => rig.act(`${epoch} ${++number} none 20`, list)
  const done = async (...list: string[]) => expect(await carry(...list)).toMatchObject({ code: 0 })
  const fails = async (...list: string[]) => {
    const answer = await carry(...list)
    expect(answer.code).toBe(1)
    return answer.lines.join('\n')
  }
  const backUp = (script: string, { id = 'b1', needed = 0, size = '-' } = {}) =>
    `back-up ${id} sql.gz db ${needed} ${ABOUT} ${size} ends ${END} script ${base64(script)}`
  const folder = () => join(rig.state, 'backups')
  const files = () => readdirSync(folder()).sort()
  const seen = async () =>
    (await rig.once(['observe'])).lines.filter((line) => line.startsWith('@backup'))

  test('one that is whole must be kept, closed to others, and made once', async () => {
    const script = 'echo a line; echo more >>counted; echo "-- the end"'
    for (let n = 0; n < 2; n++) await done(backUp(`cd "${rig.folder}" && ${script}`))
    expect(files()).toEqual(['b1.meta', 'b1.sql.gz'])
    expect(gunzipSync(readFileSync(join(folder(), 'b1.sql.gz'))).toString()).toContain('a line')
    expect(readFileSync(join(rig.folder, 'counted'), 'utf8')).toBe('more\n')
    expect(
      [folder(), join(folder(), 'b1.sql.gz')].map((path) => statSync(path).mode & 0o777),
    ).toEqual([0o700, 0o600])
    const size = statSync(join(folder(), 'b1.sql.gz')).size
    expect(await seen()).toEqual([`@backup b1 ${size}`])
    expect(rig.read('backups/b1.meta')).toMatch(/^verified \d+ read$/m)
  })

  test('one whose source fails must leave nothing, whatever it printed before', async () => {
    const said = await fails(
      backUp('echo a line; echo "-- the end"; echo no such table >&2; exit 3'),
    )
    expect(said).toContain('no such table')
    expect(files()).toEqual([])
    expect(await fails(backUp('echo "-- the end"; exit 7'))).toContain(
      'it ended with 7, and said nothing',
    )
  })

  test('one that ends early must leave nothing, though its source says that it is well', async () => {
    expect(await fails(backUp('echo a line'))).toContain('it is not whole: its end is missing')
    expect(files()).toEqual([])
  })

  test('one that cannot be packed must leave nothing', async () => {
    writeFileSync(join(rig.bin, 'gzip'), '#!/bin/sh\ncat >/dev/null\necho no room >&2\nexit 1\n', {
      mode: 0o755,
    })
    expect(await fails(backUp('echo "-- the end"'))).toContain('no room')
    expect(files()).toEqual([])
  })

  test('nothing must be begun where there is no room, or no such container', async () => {
    expect(await fails(backUp('echo "-- the end"', { needed: 999_999_999 }))).toMatch(
      /\d+ MB are free for it, and about 999999999 MB are needed/,
    )
    const size = base64('echo 99999999999999999')
    expect(await fails(backUp('echo "-- the end"', { size }))).toMatch(/are needed/)
    rig.container('db', { state: 'exited', service: 'db' })
    expect(await fails(backUp('echo "-- the end"'))).toContain('db does not run: it is exited')
    expect(files()).toEqual([])
  })

  test('one that was cut off or changed since must be found', async () => {
    await done(backUp('echo a line; echo "-- the end"'))
    await done(`check-backup b1 ends ${END}`)
    const file = join(folder(), 'b1.sql.gz')
    const whole = readFileSync(file)
    writeFileSync(file, whole.subarray(0, -9))
    expect(await fails(`check-backup b1 ends ${END}`)).toContain('another checksum')
    expect(await seen()).toEqual([`@backup b1 ${whole.length - 9}`])
    rig.write('backups/b1.meta', rig.read('backups/b1.meta').replace(/^file .*/m, 'file gone.gz'))
    expect(await fails(`check-backup b1 ends ${END}`)).toContain('its file is gone')
    expect(await fails(`check-backup b2 ends ${END}`)).toContain('there is no backup b2')
  })

  test('what is let go must go, and nothing else', async () => {
    for (const id of ['b1', 'b2']) await done(backUp('echo "-- the end"', { id }))
    await done('forget-backup b1 b3')
    expect(files()).toEqual(['b2.meta', 'b2.sql.gz'])
  })

  test('what a crash left half made must go with the next lease', async () => {
    await done(backUp('echo "-- the end"'))
    for (const name of ['b2.sql.gz.part', 'b3.sql.gz', 'b4.meta.part'])
      rig.write(`backups/${name}`, 'x')
    mkdirSync(join(folder(), 'b2.spool'))
    rig.write('backups/b5.trial', 'b5')
    await rig.once(['release', epoch])
    await rig.acquire('run2')
    expect(files()).toEqual(['b1.meta', 'b1.sql.gz'])
    expect(rig.asked).toContain('rm -f -v belay-trial-shop-production-b5')
  })

  describe('of a file that an app writes', () => {
    const copy = `back-up b1 tar.gz web 0 ${ABOUT} - tar - file ${base64('/data/app.db')}`
    const paused = (name: string) =>
      rig.dockerSays(`c/${name}/paused`) === '' && hasFile(`c/${name}/paused`)
    const hasFile = (path: string) => readdirSync(join(rig.docker, path, '..')).includes('paused')
    beforeEach(() => {
      for (const name of ['web', 'worker', 'other']) {
        const source = name === 'other' ? '/v/else' : '/v/data'
        rig.container(name, { state: 'running', service: name, mounts: `${source}\t/data` })
      }
      mkdirSync(join(rig.docker, 'c/web/files/data'), { recursive: true })
      for (const beside of ['', '-wal']) {
        rig.dockerHas(`c/web/files/data/app.db${beside}`, 'SQLite format 3')
      }
    })

    test('all that writes must be halted while it is copied, with its journals, and go on', async () => {
      await done(copy)
      const asked = rig.asked.filter((line) => /^(pause|unpause|cp)/.test(line))
      expect(asked.map((line) => line.split(' ')[0])).toEqual([
        'pause',
        'cp',
        'cp',
        'cp',
        'unpause',
      ])
      expect(asked[0]).toBe('pause web worker')
      expect(files()).toEqual(['b1.meta', 'b1.tar.gz'])
      const packed = gunzipSync(readFileSync(join(folder(), 'b1.tar.gz'))).toString('latin1')
      for (const name of ['./app.db\0', './app.db-wal\0']) expect(packed).toContain(name)
    })

    test('it must go on whoever dies in between', async () => {
      rig.dockerHas('cp-hangs')
      const going = rig.spawn([
        rig.kit,
        'once',
        'shop',
        'production',
        'do',
        epoch,
        '99',
        'none',
        '20',
      ])
      going.stdin?.end(`{"type":"act"}\n${copy}\n\n`)
      await until(() => readdirSync(rig.docker).includes('cp-began'))
      expect(paused('web')).toBe(true)
      for (const pid of rig.processes()) {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        if (!words.includes('\0guard\0')) process.kill(pid, 'SIGKILL')
      }
      await until(() => !paused('web') && !paused('worker'))
    })

    test('it must be a database, on a volume', async () => {
      rig.dockerHas('c/web/files/data/app.db', 'something else')
      expect(await fails(copy)).toContain('/data/app.db is no SQLite database')
      rig.container('web', { mounts: '/v/data\t/elsewhere' })
      expect(await fails(copy)).toContain('no volume holds /data/app.db of web')
      expect(paused('web') || paused('worker')).toBe(false)
      expect(files()).toEqual([])
    })
  })
})

async function until(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 15_000
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error('it did not come to be so')
    await new Promise((done) => setTimeout(done, 50))
  }
}
