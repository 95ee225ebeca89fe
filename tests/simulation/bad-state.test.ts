import { describe, expect, it } from 'vitest'
import type { KitState } from './server/kit-state.ts'
import { servesOnly } from './serving.ts'
import { OVERLAP, SCOPE } from './shop.ts'
import type { SimulatedFleet } from './simulated-fleet.ts'
import { serving } from './standing.ts'

/** What somebody did to a server's state between two runs. */
const stateOn = (fleet: SimulatedFleet, n = 0): KitState => fleet.servers[n]!.kit(SCOPE).state

const OPERATIONS = ['deploy', 'rollback', 'restart', 'resume', 'base'] as const

async function refusedBy(fleet: SimulatedFleet, code: string): Promise<void> {
  const before = fleet.snapshot()
  for (const operation of OPERATIONS) {
    const end = await fleet.deploy({ version: 2, operation })
    expect([operation, end.exit, end.codes]).toEqual([operation, 3, [code]])
    expect(end.deployer.exchanges.map(({ verb }) => verb)).toEqual(['connect'])
  }
  expect(fleet.snapshot()).toEqual(before)
  expect(servesOnly(fleet, 1)).toEqual([])
}

describe("a server's state", () => {
  it('without the record of what serves is refused, before that is replaced blindly', async () => {
    const fleet = await serving(OVERLAP)
    stateOn(fleet).folders.delete('r1')
    await refusedBy(fleet, 'RECORD_GONE')
  })

  it.each([
    ['app', 'store'],
    ['environment', 'staging'],
  ])("that is a copy of another %s's is refused", async (key, other) => {
    const fleet = await serving(OVERLAP)
    const { folders } = stateOn(fleet)
    const record = JSON.parse(folders.get('r1')!.get('release.json')!) as object
    const text = JSON.stringify({ ...record, [key]: other, id: 'r0' })
    folders.set('r0', new Map([['release.json', text]]))
    await refusedBy(fleet, 'STATE_OF_ANOTHER_APP')
  })

  it('of a host that was renamed is ended as what it says, by presumed abort', async () => {
    const fleet = await serving(OVERLAP)
    const before = fleet.snapshot()
    const faults = ({ verb }: { verb: string }) => (verb === 'decide' ? 'die-before' : undefined)
    expect((await fleet.deploy({ version: 2, faults })).exit).toBe('died')
    const state = stateOn(fleet)
    const { deciding } = state
    state.deciding = { ...deciding!, armed: { ...deciding!.armed, anchor: 'its-old-name' } }
    const request = { steal: true }
    expect((await fleet.deploy({ version: 2, operation: 'resume', request })).exit).toBe(0)
    expect(fleet.snapshot()).toEqual(before)
  })

  it('whose journal is damaged in the middle is told by resume, which goes by the decision', async () => {
    const fleet = await serving(OVERLAP)
    const before = fleet.snapshot()
    const faults = ({ verb }: { verb: string }) => (verb === 'decide' ? 'die-before' : undefined)
    expect((await fleet.deploy({ version: 2, faults })).exit).toBe('died')
    stateOn(fleet).damaged = [3, 4]
    const request = { steal: true }
    const { exit, events } = await fleet.deploy({ version: 2, operation: 'resume', request })
    expect(exit).toBe(0)
    const told = events.flatMap((each) => (each.type === 'warning' ? [each.text] : []))
    expect(told.join()).toContain('one: line 3, 4 of its journal cannot be read')
    expect(fleet.snapshot()).toEqual(before)
  })
})
