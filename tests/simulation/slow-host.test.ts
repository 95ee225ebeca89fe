import { expect, it } from 'vitest'
import { factsOf, HANDOVER, imageOf, OVERLAP } from './shop.ts'
import { behaves } from './server/behaviour.ts'
import { serving } from './standing.ts'
import { standsOnOneOf } from './sweep.ts'

/** What version 2 is on each host: it gets healthy on neither, and on the first ends late. */
const SLOW = { ...behaves.neverHealthy, stopMs: 60_000 }

it('one slow host does not keep the others from going back', async () => {
  const shop = { ...HANDOVER, hosts: ['one', 'two'], wave: { kind: 'all' }, samples: 1 } as const
  const fleet = await serving(shop)
  const before = fleet.snapshot()
  fleet.add(2, behaves.neverHealthy)
  const [one] = fleet.servers
  one!.docker.addImage(imageOf(2), factsOf(imageOf(2)), SLOW)
  const { exit, events } = await fleet.deploy({ version: 2 })
  const settled = events.flatMap((event) =>
    event.type === 'step-finished' && event.step === 'settle' ? [event] : [],
  )
  expect(exit).toBe(4)
  expect(settled.map(({ host }) => host)).toEqual(['two', 'one'])
  const [quick, slow] = settled.map(({ durationMs }) => durationMs)
  expect(Number(slow) - Number(quick)).toBeGreaterThan(1000)
  expect(standsOnOneOf([before], fleet)).toEqual([])
})

it('a run that first ends what another left keeps its lease, however long that takes', async () => {
  const longerThanALease = 100_000
  const fleet = await serving({ ...OVERLAP, stopGraceMs: longerThanALease })
  fleet.add(2, { ...behaves.neverHealthy, stopMs: longerThanALease })
  const faults = ({ verb }: { verb: string }) => (verb === 'sample' ? 'die-before' : undefined)
  expect((await fleet.deploy({ version: 2, faults })).exit).toBe('died')
  const going = fleet.begin({ version: 3, request: { steal: true } })
  await fleet.clock.pass(80_000)
  expect((await fleet.deploy({ version: 4 })).codes).toEqual(['LEASE_HELD'])
  expect((await fleet.clock.run(going)).exit).toBe(0)
  expect(fleet.checker.complaints).toEqual([])
})
