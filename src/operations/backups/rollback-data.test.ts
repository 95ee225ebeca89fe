import { expect, it } from 'vitest'
import { Failure } from '../../base/failure.ts'
import type { BackupTarget } from '../../config/pipeline/backup-target.ts'
import type { BackupRecord } from '../../plan/backup.ts'
import type { Plan } from '../../plan/plan.ts'
import { makeHostPlan } from '../../rollouts/host-plan.ts'
import { configOf } from '../../../tests/support/worlds.ts'
import { containerOf, observedOf, releaseOf } from '../../../tests/support/releases.ts'
import type { Fleet } from '../fleet.ts'
import { dataNotes, dataOf, withData } from './rollback-data.ts'

const backup: BackupTarget[] = [
  { kind: 'postgres', name: 'db', service: 'db' },
  { kind: 'redis', name: 'cache', service: 'cache' },
]
const config = configOf(['a'], { backup })
const accessories = ['db', 'cache']
const r1 = releaseOf('r1', { accessories })
const r2 = releaseOf('r2', { accessories, slot: 'b' })

function record(
  id: string,
  release: string,
  over: Partial<BackupRecord['about']> = {},
): BackupRecord {
  const name = id.split('-').at(-1) ?? ''
  const kind = name === 'db' ? 'postgres' : 'redis'
  const { app, environment } = config
  const about = {
    name,
    kind,
    title: name,
    app,
    environment,
    run: 'run',
    purpose: 'deploy' as const,
  }
  const seen = { file: `${id}.gz`, bytes: 1, sha256: 'x', damaged: false }
  return { id, takenAt: Number(id.split('-')[0]), about: { ...about, release, ...over }, ...seen }
}

function fleetWith(...backups: readonly BackupRecord[]): Fleet {
  const releases = [r1, r2].map((release) => ({ id: release.id, mark: 'good' as const, release }))
  const seen = observedOf('a', r2, { backups, releases, previous: 'r1' })
  const made = accessories.map((service) => containerOf(`shop-${service}-1`, { service }))
  const observed = { ...seen, containers: [...seen.containers, ...made] }
  return { names: ['a'], hosts: new Map(), here: new Map(), observed: new Map([['a', observed]]) }
}

const WHOLE = [
  record('1-db', 'r1'),
  record('3-db', 'r1'),
  record('5-db', 'r2'),
  record('9-db', 'r1', { purpose: 'by-hand' }),
  record('4-cache', 'r1'),
]

it('must take the newest backup that was made when the release was left, of each thing', () => {
  const found = dataOf(config, { fleet: fleetWith(...WHOLE), to: 'r1', now: 0 })
  expect(found.map(({ record: { id }, safety }) => [id, safety])).toEqual([
    ['3-db', '19700101-000000-db'],
    ['4-cache', '19700101-000000-cache'],
  ])
  expect(dataNotes(config, fleetWith(...WHOLE), 'r1')[0]?.text).toContain('3-db, 4-cache')
})

it('must refuse where one of them has none', () => {
  const some = fleetWith(record('3-db', 'r1'))
  const refused = () => dataOf(config, { fleet: some, to: 'r1', now: 0 })
  expect(refused).toThrow(Failure)
  expect(refused).toThrow(/no backup of the data of cache as r1 left it/)
  expect(dataNotes(config, fleetWith(), 'r1')[0]?.text).toContain('there is no backup')
})

it('must put the data back before anything starts, and first of all when the run goes back', () => {
  const fleet = fleetWith(...WHOLE)
  const observed = fleet.observed.get('a')!
  const host = makeHostPlan({ release: r1, observed, kept: true, fold: [], forget: [] })
  const bare = { release: r1, hosts: [host], notes: [] } as unknown as Plan
  const plan = withData(bare, dataOf(config, { fleet, to: 'r1', now: 0 }), config)
  const [changed] = plan.hosts
  const [first, second] = changed?.steps ?? []
  const doing = first?.kind === 'change' ? first.instructions : []
  expect(doing.map(({ do: what }) => what)).toEqual(['restore-backup', 'restore-backup'])
  expect(doing[0]).toMatchObject({ after: 'stay-down', stop: ['shop-r2-web-1'] })
  expect(second?.id).toBe('start')
  const back = changed?.back.slice(0, 3) ?? []
  expect(back).toMatchObject([
    { do: 'undo-restore', start: [], stop: ['shop-r1-web-1', 'shop-r2-web-1'] },
    { do: 'undo-restore', start: [], stop: ['shop-r1-web-1', 'shop-r2-web-1'] },
    { do: 'start', containers: ['shop-r2-web-1'] },
  ])
  expect(changed?.back.slice(3)).toEqual(host.back)
  expect(withData(bare, [], config)).toBe(bare)
})
