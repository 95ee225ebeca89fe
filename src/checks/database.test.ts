import { describe, expect, it } from 'vitest'
import { lookAt, subjectOf } from '../../tests/support/looks.ts'
import type { DatabaseSettings } from '../config/checks/database.ts'
import { database } from './database.ts'

const settings = (over: Partial<DatabaseSettings> = {}): DatabaseSettings => ({
  engine: 'postgres',
  timeoutMs: 1500,
  ...over,
})

const judge = (code: number, output = '', over: Partial<DatabaseSettings> = {}) =>
  database.judge(lookAt({}, { commands: [{ code, output }] }), settings(over), subjectOf())

describe('a database', () => {
  it('must be asked in its own container, the query as a word of its own', () => {
    const query = `select 'a; $(rm)'`
    const [command] = database.needs(settings({ query, user: 'me' }), subjectOf()).commands ?? []
    expect(command).toMatchObject({ container: 'shop-r2-web-1', timeoutSeconds: 2 })
    expect(command?.argv.slice(3)).toEqual(['sh', query, 'me', ''])
    expect(command?.argv[2]).not.toContain('select')
  })

  it('must have what the query printed compared, with both told', () => {
    const output = { contains: '42' }
    expect(judge(0, '42\n', { query: 'x', output })).toMatchObject({ verdict: 'pass' })
    expect(judge(0, 'ready\n41\n', { query: 'x', output })).toMatchObject({
      verdict: 'fail',
      differences: [{ what: 'output', expected: '"42"', got: '"41"' }],
    })
  })

  it('must print nothing of its own beside the answer, which is compared', () => {
    for (const engine of ['postgres', 'mysql', 'redis'] as const) {
      const [command] = database.needs(settings({ engine }), subjectOf()).commands ?? []
      const lines = (command?.argv[2] ?? '').split('\n').map((line) => line.trim())
      const pings = lines.filter((line) => /pg_isready -U|" ping| ping /.test(line))
      expect(pings).toHaveLength(1)
      expect(pings[0]).toMatch(/^said=\$\(/)
    }
  })

  it('must tell silence, a failing query and a missing program apart', () => {
    expect(judge(90, 'no response')).toMatchObject({ text: 'postgres takes no connections' })
    expect(judge(1, 'ERROR: no relation')).toMatchObject({
      text: 'the query failed',
      evidence: ['ERROR: no relation'],
    })
    expect(judge(91)).toMatchObject({ verdict: 'fail', final: true })
    expect(judge(125)).toMatchObject({ verdict: 'unknown' })
  })

  it('must not be taken for good when it was not asked', () => {
    expect(database.judge(lookAt(), settings(), subjectOf())).toMatchObject({ verdict: 'unknown' })
    const look = lookAt({ state: 'exited' }, { commands: [{ code: 0, output: '' }] })
    expect(database.judge(look, settings(), subjectOf())).toMatchObject({ verdict: 'unknown' })
  })
})
