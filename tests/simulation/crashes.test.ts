import { describe, expect, it } from 'vitest'
import { behaves } from './server/behaviour.ts'
import { servesOnly } from './serving.ts'
import { ALONE, TOGETHER } from './shop.ts'
import { serving } from './standing.ts'
import { endsOf, nextWorks, standsOnOneOf, sweep } from './sweep.ts'

/** Long enough for a lease to lapse, and for a watchdog to act on it. */
const LAPSE_MS = 90_000

describe.each([...ALONE, ...TOGETHER])('$rollout on $hosts', (shop) => {
  it('ends on a proved release by itself when the deployer dies, after any exchange', async () => {
    const ends = await endsOf(shop)
    const { exchanges, problems } = await sweep(shop, 'die-after', async ({ fleet }) => {
      await fleet.clock.pass(LAPSE_MS)
      return [...standsOnOneOf(ends, fleet), ...(await nextWorks(fleet))]
    })
    expect(problems).toEqual([])
    expect(exchanges).toBeGreaterThan(10)
  })

  it('survives a deployer that stops for longer than its lease, at any exchange', async () => {
    const ends = await endsOf(shop)
    const { problems } = await sweep(shop, 'freeze', async ({ fleet, end }) => {
      const isFine = [0, 3, 4].includes(Number(end.exit)) || end.codes.includes('SPLIT')
      return [
        ...(isFine ? [] : [`ended with ${end.codes.join()}`]),
        ...(end.exit === 0 ? servesOnly(fleet, 2) : standsOnOneOf(ends, fleet)),
        ...(await nextWorks(fleet)),
      ]
    })
    expect(problems).toEqual([])
  })
})

describe.each(ALONE)('$rollout', (shop) => {
  it('lets the next deployment go on when the deployer dies before any exchange', async () => {
    const { exchanges, problems } = await sweep(shop, 'die-before', ({ fleet }) => nextWorks(fleet))
    expect(problems).toEqual([])
    expect(exchanges).toBeGreaterThan(10)
  })

  it.each(['lose-request', 'lose-answer'] as const)(
    'is deployed all the same when a link breaks (%s, at any exchange)',
    async (fault) => {
      const [, confirmed] = await endsOf(shop)
      const { problems } = await sweep(shop, fault, ({ fleet, end }) => {
        const exit = end.exit === 0 ? [] : [`ended with ${end.codes.join()}`]
        return Promise.resolve([...exit, ...standsOnOneOf([confirmed], fleet)])
      })
      expect(problems).toEqual([])
    },
  )

  it('is put back by the host when the deployer dies while it goes back', async () => {
    const fleet = await serving({ ...shop, hosts: ['one', 'two'] })
    const before = fleet.snapshot()
    fleet.add(2, behaves.neverHealthy)
    const request = { again: true }
    for (const verb of ['decide', 'settle']) {
      for (const fault of ['die-before', 'die-after'] as const) {
        const faults = (exchange: { verb: string }) => (exchange.verb === verb ? fault : undefined)
        expect((await fleet.deploy({ version: 2, request, faults })).exit).toBe('died')
        await fleet.clock.pass(LAPSE_MS)
        expect(standsOnOneOf([before], fleet)).toEqual([])
      }
    }
  })
})

describe('a watchdog that was killed too', () => {
  it('leaves a release serving, and the next deployment puts things right', async () => {
    const { problems } = await sweep({ samples: 1 }, 'die-before', async ({ fleet }) => {
      for (const server of fleet.servers) server.watchdogs.processesDie = true
      await fleet.clock.pass(LAPSE_MS)
      return nextWorks(fleet)
    })
    expect(problems).toEqual([])
  })
})
