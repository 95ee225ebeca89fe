import { expect, it } from 'vitest'
import type { BackupRecord } from '../../plan/backup.ts'
import { observedOf, releaseOf } from '../../../tests/support/releases.ts'
import { outlived } from './retention.ts'

const DAY = 86_400
const NOW = 100 * DAY

function record(id: string, days: number, over: Partial<BackupRecord> = {}): BackupRecord {
  const about = {
    name: 'db',
    kind: 'postgres',
    title: 'db',
    app: 'shop',
    environment: 'production',
  }
  return {
    id,
    about: { ...about, run: 'run-1', purpose: 'by-hand' },
    file: `${id}.sql.gz`,
    bytes: 1,
    sha256: '',
    takenAt: NOW - days * DAY,
    verified: { at: 1, how: 'read' },
    damaged: false,
    ...over,
  }
}

const RULES = { keepMs: 7 * DAY * 1000, keepAtLeast: 2 }

function old(...backups: readonly BackupRecord[]): readonly string[] {
  const releases = [{ id: 'r3', mark: 'good' as const, release: releaseOf('r3') }]
  const seen = observedOf('one', undefined, { backups, releases })
  return outlived({ ...seen, facts: { ...seen.facts, clock: NOW } }, RULES)
}

it('must let go what is older than the time, but for the number that is kept of each', () => {
  const other = { ...record('x1', 50), about: { ...record('x1', 50).about, name: 'cache' } }
  expect(old(record('b1', 30), record('b2', 20), record('b3', 8), record('b4', 1), other)).toEqual([
    'b2',
    'b1',
  ])
  expect(old(record('b1', 6), record('b2', 5), record('b3', 4), record('b4', 3))).toEqual([])
})

it('must keep the newest that is whole, however old', () => {
  const torn = [record('b3', 9, { damaged: true }), record('b2', 10, { damaged: true })]
  expect(old(record('b0', 40), record('b1', 30), ...torn)).toEqual(['b0'])
})

it('must keep what going back to a kept release would restore, the newest of it', () => {
  const of = (id: string, days: number, release: string) => {
    const each = record(id, days)
    return { ...each, about: { ...each.about, purpose: 'deploy' as const, release } }
  }
  const recent = [record('b8', 2), record('b9', 1)]
  const all = [of('b1', 40, 'r3'), of('b2', 30, 'r3'), of('b3', 20, 'r1'), ...recent]
  expect(old(...all)).toEqual(['b3', 'b1'])
})
