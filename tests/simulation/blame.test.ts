import { describe, expect, it } from 'vitest'
import { nthExchange } from './faults.ts'
import { behaves } from './server/behaviour.ts'
import { BAD_IMAGES } from './serving.ts'
import { ALONE, factsOf, SCOPE } from './shop.ts'
import type { SimulatedFleet } from './simulated-fleet.ts'
import { serving } from './standing.ts'
import { eachInstruction, sweep } from './sweep.ts'

/** What the servers say of a release: version 2 is their second one. */
function marks(fleet: SimulatedFleet, release = 'r2'): (string | undefined)[] {
  return fleet.servers.map((server) => server.kit(SCOPE).state.marks.get(release)?.mark)
}

const isBlamed = (fleet: SimulatedFleet): string[] =>
  marks(fleet).includes('bad') ? ['a good release was marked bad'] : []

describe.each(ALONE)('a good release ($rollout)', (shop) => {
  it.each(['freeze', 'power-cut', 'power-cut-later', 'lose-request', 'lose-answer'] as const)(
    'is never marked bad, whatever happens around it (%s, at any exchange)',
    async (fault) => {
      const { problems } = await sweep(shop, fault, ({ fleet }) => Promise.resolve(isBlamed(fleet)))
      expect(problems).toEqual([])
    },
  )

  it('is never marked bad by a deployer that is stopped on the way back to it', async () => {
    for (let nth = 1; ; nth += 1) {
      const fleet = await serving(shop)
      await fleet.deploy({ version: 2 })
      const faults = nthExchange(nth, 'freeze')
      const { deployer } = await fleet.deploy({ version: 2, operation: 'rollback', faults })
      if (deployer.exchanges.length < nth) break
      expect([nth, marks(fleet, 'r1')]).toEqual([nth, ['good']])
    }
  })

  it('is never marked bad when the host cannot do what it is told', async () => {
    const { problems } = await eachInstruction(shop, 'action', async (fleet) => {
      const { exit, events } = await fleet.deploy({ version: 2 })
      const last = events.at(-1)
      const text = last?.type === 'run-finished' ? last.text : ''
      const isTold = exit !== 4 || text.includes('nor marked bad')
      return [...isBlamed(fleet), ...(isTold ? [] : [`it says: ${text}`])]
    })
    expect(problems).toEqual([])
  })
})

describe('a release is marked bad', () => {
  it.each(Object.entries(BAD_IMAGES))('for %s', async (_, image) => {
    const fleet = await serving({ hosts: ['one', 'two'] })
    fleet.add(2, image)
    await fleet.deploy({ version: 2 })
    expect(marks(fleet)).toContain('bad')
  })

  it('for a job of its own that fails', async () => {
    const fleet = await serving({ isWhole: true })
    const [server] = fleet.servers
    server?.docker.addImage('shop-job:1', factsOf('shop-job:1'), behaves.job(3))
    const { codes } = await fleet.deploy({ version: 2 })
    expect(codes).toEqual(['ACTION_FAILED'])
    expect(marks(fleet)).toEqual(['bad'])
  })
})
