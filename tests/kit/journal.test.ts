import { createHash } from 'node:crypto'
import { statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Rig, SHELLS, section } from './rig.ts'

describe.each(SHELLS)('the journal under %s', (shell) => {
  let rig: Rig
  let epoch: string
  beforeEach(async () => {
    rig = new Rig(shell)
    epoch = await rig.acquire()
  })
  afterEach(() => rig.close())

  const note = (json: string) => rig.once(['note', epoch], { payload: `${json}\n` })
  const damaged = async () => section(await rig.once(['observe']), '@damaged')

  test('a line must hold its number, epoch, time, and a check of its JSON', async () => {
    const json = String.raw`{"type":"a","text":"%s \\n é € \" $(id)"}`
    await note(json)
    await note('{"type":"b"}')
    const [, first = '', second = ''] = rig.journal
    const [sequence, of, boot, uptime, clock, check] = first.split(' ')
    expect([sequence, of, boot, uptime]).toEqual(['2', epoch, 'boot-one', '1000'])
    expect(Math.abs(Number(clock) - Date.now() / 1000)).toBeLessThan(60)
    expect(check).toBe(createHash('sha256').update(json).digest('hex').slice(0, 16))
    expect(first.endsWith(json)).toBe(true)
    expect(second.split(' ')[0]).toBe('3')
    expect(await damaged()).toEqual([])
  })

  test('a torn tail must be no damage, and not swallow the next line', async () => {
    await note('{"type":"a"}')
    rig.write('journal', `${rig.read('journal')}7 1 boot-one 10`)
    expect(await damaged()).toEqual([])
    await note('{"type":"b"}')
    expect(await damaged()).toEqual([])
    expect(rig.notes.slice(-2)).toEqual(['{"type":"a"}', '{"type":"b"}'])
    expect(rig.journal.at(-1)?.split(' ')[0]).toBe('3')
  })

  test('a tail of rubbish must be dropped by the next owner', async () => {
    await note('{"type":"a"}')
    rig.write('journal', `${rig.read('journal')}\0\0\0\0 rubbish\n`)
    expect(await damaged()).toEqual([])
    rig.uptime = 2000
    await rig.acquire('run2')
    expect(rig.notes.at(-1)).toBe('{"type":"lease-acquired"}')
    expect(rig.journal.every((line) => /^\d+ \d+ boot-one /.test(line))).toBe(true)
    expect(await damaged()).toEqual([])
  })

  test('damage in the middle must be told by number, in new lines and in old ones', async () => {
    for (const name of ['a', 'b', 'c']) await note(`{"type":"${name}"}`)
    const sound = rig.read('journal')
    rig.write('journal', sound.replace('"b"', '"B"'))
    expect(await damaged()).toEqual(['3'])
    rig.write('journal', sound)
    rig.uptime = 2000
    epoch = await rig.acquire('run2')
    expect(rig.has('journal.checked')).toBe(true)
    for (const name of ['d', 'e']) await note(`{"type":"${name}"}`)
    expect(await damaged()).toEqual([])
    const longer = rig.read('journal')
    rig.write('journal', longer.replace('"b"', '"B"').replace('"d"', '"D"'))
    expect(await damaged()).toEqual(['3', '6'])
    rig.write('journal', longer.replace(/^.*"a".*\n/m, ''))
    expect(await damaged()).toEqual([])
  })

  test('it must be put aside when it is long, and go on counting', async () => {
    const json = `{"type":"long","text":"${'x'.repeat(2000)}"}`
    const check = createHash('sha256').update(json).digest('hex').slice(0, 16)
    const lines = Array.from(
      { length: 550 },
      (_, n) => `${n + 2} 1 boot-one 1000 1 ${check} ${json}`,
    )
    rig.write('journal', `${rig.read('journal')}${lines.join('\n')}\n`)
    rig.uptime = 2000
    await rig.acquire('run2')
    expect(rig.journal).toHaveLength(1)
    expect(rig.journal[0]?.split(' ')[0]).toBe('552')
    const read = await rig.once(['journal', '3'])
    expect(read.lines.map((line) => line.split(' ')[0])).toEqual(['550', '551', '552'])
    expect((await rig.once(['journal', '2'])).lines).toHaveLength(2)
  })

  test('only the owner may write', async () => {
    const before = rig.journal.length
    expect((await rig.once(['note', '7'], { payload: '{}\n' })).code).toBe(76)
    expect(rig.journal).toHaveLength(before)
  })

  test('receipts must be kept for two hundred runs', async () => {
    for (let n = 0; n < 3; n++) {
      await rig.once(['put-receipt', `run${n}`], { payload: `{"n":${n}}` })
    }
    expect((await rig.once(['receipt', 'run1'])).lines).toEqual(['{"n":1}'])
    for (let n = 100; n < 310; n++) rig.write(`runs/run${n}.json`, '{}')
    await rig.once(['put-receipt', 'last'], { payload: '{}' })
    expect(rig.has('runs/last.json')).toBe(true)
    const left = Array.from({ length: 310 }, (_, n) => n).filter((n) =>
      rig.has(`runs/run${n}.json`),
    )
    expect(left).toHaveLength(199)
  })

  test('logs must be kept for thirty days, and be closed to others', async () => {
    await rig.once(['put-log', 'run1'], { payload: 'one\n' })
    await rig.once(['put-log', 'run2'], { payload: 'two\n' })
    expect(statSync(join(rig.state, 'logs/run1.log')).mode & 0o777).toBe(0o600)
    const before = (days: number) => Date.now() / 1000 - days * 86_400
    utimesSync(join(rig.state, 'logs/run1.log'), before(32), before(32))
    utimesSync(join(rig.state, 'logs/run2.log'), before(29), before(29))
    await rig.once(['put-log', 'run3'], { payload: 'three\n' })
    expect(['run1', 'run2', 'run3'].map((run) => rig.has(`logs/${run}.log`))).toEqual([
      false,
      true,
      true,
    ])
    expect((await rig.once(['log', 'run3'])).lines).toEqual(['three'])
    expect((await rig.once(['log', 'run1'])).code).toBe(80)
  })
})
