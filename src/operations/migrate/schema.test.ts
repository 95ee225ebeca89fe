import { describe, expect, it } from 'vitest'
import type { TaskRecord } from '../../plan/observed.ts'
import { keptSchema, schemaAfterRollback, schemaChangeOf } from './schema.ts'

type Known = Partial<Record<string, Partial<TaskRecord> | string>>

/** A text is what one said that ended well. */
function changeOf(known: Known) {
  const records = Object.entries(known).map(([name, record]): TaskRecord => {
    const own = typeof record === 'string' ? { said: record } : record
    return { release: 'r2', name, state: 'ended', end: 0, said: '', ...own }
  })
  return schemaChangeOf(records, 'r2')
}

const before = { 'version-before': 'a1' }

describe('what a release did to the schema', () => {
  it('is nothing where its migration never began, or was another release’s', () => {
    expect(changeOf({ ...before })).toBeUndefined()
    expect(changeOf({ ...before, migrate: { state: 'never' } })).toBeUndefined()
    expect(changeOf({ migrate: { release: 'r1' } })).toBeUndefined()
  })

  it.each([
    [{ ...before, migrate: '', 'version-after': 'b2' }, 'the schema is b2; before r2 it was a1'],
    [{ ...before, migrate: '', 'version-after': 'a1' }, 'the schema is a1, as it was'],
    [
      { 'version-before': '', migrate: '', 'version-after': 'b2' },
      'the schema is b2; before r2 it was none',
    ],
    [{ ...before, migrate: '', 'version-after': { end: 1 } }, 'r2 ran its migration'],
    [{ migrate: '' }, 'r2 ran its migration'],
  ])('is told of one that is kept: %j', (known, text) => {
    expect(keptSchema(changeOf(known)!)).toBe(text)
  })

  it.each([
    [
      { ...before, migrate: '', 'version-now': 'a1', undo: '' },
      'the schema is a1 again: the migration of r2 was undone',
      undefined,
    ],
    [
      { ...before, migrate: { end: 3 }, 'version-now': 'a1' },
      'the schema is a1 as before: the migration of r2 moved nothing',
      undefined,
    ],
    [{ migrate: '', undo: '' }, 'the migration of r2 was undone', undefined],
    [
      { ...before, migrate: '', 'version-now': 'b2' },
      'code moved back, schema did not: it is b2, and was a1 before r2',
      'SCHEMA_MOVED',
    ],
    [
      { ...before, migrate: '', 'version-now': 'b2', undo: '' },
      'code moved back, schema did not: it is b2, and was a1 before r2',
      'SCHEMA_MOVED',
    ],
    [
      { ...before, migrate: '', 'version-now': 'b2', undo: { end: 'late' as const } },
      'code moved back, schema did not, as migrate.undo failed: it is b2, and was a1 before r2',
      'UNDO_FAILED',
    ],
    [
      { migrate: { state: 'begun' as const } },
      'code moved back, schema did not: it is as the migration of r2 left it',
      'SCHEMA_MOVED',
    ],
  ])('is told of one that was not: %j', (known, text, code) => {
    const told = schemaAfterRollback(changeOf(known)!, {})
    expect(told.text).toBe(text)
    expect(told.failure?.code).toBe(code)
  })

  it('names the command that brings the data back, where there is one', () => {
    const restore = 'belay backup restore production b7'
    const { failure } = schemaAfterRollback(changeOf({ migrate: '' })!, { restore })
    expect(failure?.hint).toContain(`\`${restore}\``)
  })
})
