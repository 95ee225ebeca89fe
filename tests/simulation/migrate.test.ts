import { describe, expect, it } from 'vitest'
import type { MigrateConfig } from '../../src/config/pipeline/run-once.ts'
import { type Fault, nthExchange } from './faults.ts'
import { behaves } from './server/behaviour.ts'
import { servesOnly } from './serving.ts'
import { type End, SimulatedFleet } from './simulated-fleet.ts'
import { HANDOVER, OVERLAP, ROLLING, type Shop, SCOPE } from './shop.ts'

const LAPSE_MS = 120_000

const sh = (text: string) => ['/bin/sh', '-c', text]

/** Brings the database from the version before to this one. */
function migrateTo(version: number, over: Partial<MigrateConfig> = {}): MigrateConfig {
  return {
    service: 'web',
    run: sh(`sleep 2; schema ${version}; exit 0`),
    undo: sh(`sleep 1; schema ${version - 1}; exit 0`),
    version: sh('echo the schema; exit 0'),
    timeoutMs: 10_000,
    name: `migrate to ${version}`,
    ...over,
  }
}

async function serving(shop: Partial<Shop>): Promise<SimulatedFleet> {
  const fleet = new SimulatedFleet({ ...shop, samples: 1 }, { silenceMs: 150_000 })
  const { exit, codes } = await fleet.deploy({ version: 1, migrate: migrateTo(1) })
  if (exit !== 0) throw new Error(`the first deployment ended ${exit}: ${codes.join()}`)
  return fleet
}

/** Its schema is that of what serves, wherever it ended. */
function fits(fleet: SimulatedFleet): string[] {
  const [server] = fleet.servers
  if (server === undefined) return ['no server']
  const wanted = server.kit(SCOPE).state.current === 'r1' ? 1 : 2
  const { schema } = server.docker
  const is = servesOnly(fleet, wanted)
  return [...is, ...(schema === wanted ? [] : [`the schema is ${schema}, and r${wanted} serves`])]
}

function schemaTold({ events }: End): string[] {
  return events.flatMap((event) =>
    event.type === 'noted' && event.about === 'schema' ? [event.text] : [],
  )
}

const SHOPS = [OVERLAP, HANDOVER, { ...ROLLING, replicas: 2 }]

describe.each(SHOPS)('a migration before $rollout', (shop) => {
  it('runs once for its release, on one host, and tells both versions', async () => {
    const fleet = await serving({ ...shop, hosts: ['one', 'two', 'three'], wave: { kind: 'all' } })
    const end = await fleet.deploy({ version: 2, migrate: migrateTo(2) })
    expect(end).toMatchObject({ exit: 0, codes: [] })
    expect(fleet.servers.map(({ docker }) => docker.schema)).toEqual([2, 0, 0])
    expect(schemaTold(end)).toEqual(['the schema is 2; before r2 it was 1'])
    expect(servesOnly(fleet, 2)).toEqual([])
    expect(fleet.checker.complaints).toEqual([])
  })

  it('that fails leaves the old release serving, and the schema as it was', async () => {
    const fleet = await serving(shop)
    const run = sh('sleep 1; schema 2; exit 3')
    const end = await fleet.deploy({ version: 2, migrate: migrateTo(2, { run }) })
    expect(end).toMatchObject({ exit: 4, codes: ['ACTION_FAILED'] })
    expect(schemaTold(end)).toEqual([
      'the schema is 1 as before: the migration of r2 moved nothing',
    ])
    expect(fits(fleet)).toEqual([])
    expect(fleet.checker.complaints).toEqual([])
  })

  it('that hangs is ended, and fails', async () => {
    const fleet = await serving(shop)
    const run = sh('sleep 9999; schema 2; exit 0')
    const end = await fleet.deploy({ version: 2, migrate: migrateTo(2, { run }) })
    expect(end).toMatchObject({ exit: 4, codes: ['ACTION_FAILED'] })
    expect(fits(fleet)).toEqual([])
    expect(fleet.checker.complaints).toEqual([])
  })

  it('is undone when the release does not prove itself', async () => {
    const fleet = await serving(shop)
    fleet.add(2, behaves.neverHealthy)
    const end = await fleet.deploy({ version: 2, migrate: migrateTo(2) })
    expect(end).toMatchObject({ exit: 4, codes: ['NOT_PROVED'] })
    expect(schemaTold(end)).toEqual(['the schema is 1 again: the migration of r2 was undone'])
    expect(fits(fleet)).toEqual([])
    expect(fleet.checker.complaints).toEqual([])
  })

  it('without an undo is told plainly when only the code goes back', async () => {
    const fleet = await serving(shop)
    fleet.add(2, behaves.neverHealthy)
    const { undo: _, ...migrate } = migrateTo(2)
    const end = await fleet.deploy({ version: 2, migrate })
    expect(end).toMatchObject({ exit: 4, codes: ['NOT_PROVED', 'SCHEMA_MOVED'] })
    expect(schemaTold(end)).toEqual([
      'code moved back, schema did not: it is 2, and was 1 before r2',
    ])
    expect(servesOnly(fleet, 1)).toEqual([])
  })

  it('that cannot be undone needs a person', async () => {
    const fleet = await serving(shop)
    fleet.add(2, behaves.neverHealthy)
    const end = await fleet.deploy({ version: 2, migrate: migrateTo(2, { undo: sh('exit 1') }) })
    expect(end).toMatchObject({ exit: 5, codes: ['NOT_PROVED', 'UNDO_FAILED'] })
    expect(servesOnly(fleet, 1)).toEqual([])
  })

  it('that had nothing to do is not undone', async () => {
    const fleet = await serving(shop)
    fleet.add(2, behaves.neverHealthy)
    const run = sh('schema 1; exit 0')
    const undo = sh('schema 0; exit 0')
    await fleet.deploy({ version: 2, migrate: migrateTo(2, { run, undo }) })
    expect(fits(fleet)).toEqual([])
  })

  it('runs neither for a rollback nor for a restart', async () => {
    const fleet = await serving(shop)
    await fleet.deploy({ version: 2, migrate: migrateTo(2) })
    const again = { version: 2, migrate: migrateTo(7) }
    expect((await fleet.deploy({ ...again, operation: 'restart' })).exit).toBe(0)
    expect((await fleet.deploy({ ...again, operation: 'rollback' })).exit).toBe(0)
    expect(fleet.servers[0]?.docker.schema).toBe(2)
  })

  const faults = ['die-before', 'die-after', 'freeze', 'lose-answer', 'power-cut'] as const
  it.each(faults)('ends with the schema of what serves, whatever happens (%s)', async (fault) => {
    for (const bad of [false, true]) {
      const { exchanges, problems } = await spoil({ ...shop, hosts: ['one'] }, fault, bad)
      expect(problems).toEqual([])
      expect(exchanges).toBeGreaterThan(8)
    }
  })
})

/** Spoils one exchange after the other, of a deployment that goes well or is to be put back. */
async function spoil(shop: Partial<Shop>, fault: Fault, bad: boolean) {
  const problems: string[] = []
  for (let nth = 1; nth < 200; nth += 1) {
    const fleet = await serving(shop)
    if (bad) fleet.add(2, behaves.neverHealthy)
    const faults = nthExchange(nth, fault)
    const end = await fleet.deploy({ version: 2, migrate: migrateTo(2), faults })
    await fleet.clock.pass(LAPSE_MS)
    const met = end.deployer.exchanges[nth - 1]
    if (met === undefined) return { exchanges: nth - 1, problems }
    const where = `${fault} at ${nth} (${met.verb}), exit ${end.exit} ${end.codes.join()}`
    const found = [...(await leftBehind(fleet)), ...fleet.checker.complaints.slice(0, 2)]
    problems.push(...found.map((text) => `${where}: ${text}`))
  }
  throw new Error('too many exchanges')
}

/** What is not carried out yet, the next deployment does: it finds the schema of what was decided. */
async function leftBehind(fleet: SimulatedFleet): Promise<string[]> {
  const { decision, current } = Object.values(fleet.snapshot())[0] ?? {}
  if (decision === 'none') return fits(fleet)
  const wanted = decision === 'commit' || current === 'r2' ? 2 : 1
  const next = await fleet.deploy({ version: 3, migrate: migrateTo(3) })
  const told = schemaTold(next).join()
  return [
    ...servesOnly(fleet, 3),
    ...(told.endsWith(`it was ${wanted}`)
      ? []
      : [`after ${decision}: ${told} ${next.codes.join()}`]),
  ]
}
