import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fakeSurroundings } from '../../../tests/cli/surroundings.ts'
import { sampleEvents } from '../../../tests/support/receipts.ts'
import { stubWorld } from '../../../tests/support/worlds.ts'
import { defineFailure } from '../../base/failure.ts'
import { Secrets } from '../../base/secret.ts'
import type { Outcome, World } from '../../operations/world.ts'
import { openLogbook } from './logbook.ts'
import { recordedRun } from './recorded-run.ts'
import type { Session } from '../session.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'belay-recorded-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const clock = {
  now: () => Date.UTC(2026, 10, 21, 7, 48),
  monotonic: () => 0,
  sleep: async () => {},
}
const broken = defineFailure<object>({
  code: 'BROKEN',
  exit: 'unavailable',
  message: () => 'it broke',
  hint: () => 'mend it',
})

/** A session as far as a run needs one. */
function session(told: unknown[] = []): Session {
  const secrets = new Secrets()
  secrets.add('s3cret-value')
  const openWorld: Session['openWorld'] = async (options) =>
    stubWorld({}, { clock, secrets, tell: (event) => options?.logbook?.tell(event) })
  const reporter = { tell: (event: unknown) => void told.push(event) }
  const around = fakeSurroundings([])
  return { clock, secrets, directory: folder, around, reporter, openWorld } as unknown as Session
}

async function good(world: World): Promise<Outcome> {
  for (const { event } of sampleEvents('confirmed')) world.tell(event)
  world.tell({ type: 'warning', code: 'X', text: 'signed in with s3cret-value' })
  return { exit: 0 }
}

const read = (name: string) => readFileSync(join(folder, name), 'utf8')

describe('the records of a run on this machine', () => {
  it('are none unless they were asked for', async () => {
    expect(await recordedRun(session(), { log: undefined, report: undefined }, good)).toBe(0)
    expect(() => read('x')).toThrow('ENOENT')
  })

  it('have what was told, with times, for their owner alone, and no secret', async () => {
    await recordedRun(session(), { log: 'run.log', report: undefined }, good)
    const lines = read('run.log').trim().split('\n')
    expect(lines[0]).toBe(
      '2026-11-21T07:48:00.000Z  deploy · shop · production · run 20261121-074800-k3f9, by ana@laptop',
    )
    expect(lines).toContain('2026-11-21T07:48:00.000Z  deploy r42')
    expect(lines.at(-1)).toContain('warning: signed in with •••')
    expect(statSync(join(folder, 'run.log')).mode & 0o777).toBe(0o600)
  })

  it('are written for a run that failed, too', async () => {
    const failing = async (world: World): Promise<Outcome> => {
      for (const { event } of sampleEvents('under-way')) world.tell(event)
      throw broken({})
    }
    const flags = { log: 'run.log', report: 'run.json' }
    await expect(recordedRun(session(), flags, failing)).rejects.toThrow('it broke')
    expect(read('run.log')).toContain('error: it broke')
    expect(JSON.parse(read('run.json'))).toMatchObject({
      outcome: 'refused',
      failures: [{ code: 'BROKEN', message: 'it broke', hint: 'mend it' }],
    })
  })

  it('begin no run when the log cannot be written', async () => {
    let hasRun = false
    const flags = { log: 'no/such/folder/run.log', report: undefined }
    const run = recordedRun(session(), flags, async () => {
      hasRun = true
      return { exit: 0 }
    })
    await expect(run).rejects.toMatchObject({ code: 'LOG_FILE_UNWRITABLE', exit: 'input' })
    expect(hasRun).toBe(false)
  })

  it('cost a warning and nothing more when the report cannot be written', async () => {
    const told: unknown[] = []
    const flags = { log: undefined, report: 'no/such/folder/x.md' }
    expect(await recordedRun(session(told), flags, good)).toBe(0)
    expect(told).toMatchObject([{ type: 'warning', code: 'REPORT_NOT_WRITTEN' }])
  })
})

it('a log that grows without end must keep its end', () => {
  const book = openLogbook({ clock, secrets: new Secrets() })
  const text = 'x'.repeat(10_000)
  for (let n = 0; n < 500; n++) book.tell({ type: 'progress', host: 'a', text: `${n} ${text}` })
  const last = sampleEvents('confirmed').at(-1)!
  const whole = book.textWith(last)
  expect(whole.length).toBeLessThan(2_200_000)
  expect(whole.length).toBeGreaterThan(1_900_000)
  expect(whole).toMatch(/^The beginning is left out/)
  expect(whole).toContain('499 xxx')
  expect(whole).toContain('r42 proved itself and is kept')
})
