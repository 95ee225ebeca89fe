import { describe, expect, it } from 'vitest'
import type { SimulatedServer } from './server/simulated-server.ts'
import { SimulatedFleet } from './simulated-fleet.ts'
import type { Shop } from './shop.ts'

/** What a checker that saw nothing would let pass: each harm must be noticed. */
async function afterHarm(
  shop: Partial<Shop>,
  harm: (server: SimulatedServer, fleet: SimulatedFleet) => void | Promise<void>,
): Promise<string> {
  const fleet = new SimulatedFleet(shop)
  await fleet.deploy({ version: 1 })
  await fleet.deploy({ version: 2 })
  expect(fleet.checker.complaints).toEqual([])
  await fleet.clock.run(Promise.resolve(harm(fleet.servers[0]!, fleet)))
  return fleet.checker.complaints.join('\n')
}

const WEB = 'shop-r2-web-1'

describe('the checker complains', () => {
  it('when nothing serves any more', async () => {
    const complaints = await afterHarm({}, ({ docker }) => docker.stop([WEB], 1))
    expect(complaints).toContain('clients got no answer')
  })

  it('when the proxy is gone', async () => {
    const complaints = await afterHarm({}, ({ docker }) => {
      docker.removeProject('belay-proxy')
    })
    expect(complaints).toContain('clients got no answer')
  })

  it('when a share of the traffic goes to a slot that nobody serves', async () => {
    const complaints = await afterHarm({}, (server) => {
      server.moveTraffic('shop-production-web', 'b50', undefined)
    })
    expect(complaints).toContain('clients got no answer')
  })

  it('when traffic moves with nothing armed', async () => {
    const complaints = await afterHarm({}, async (server) => {
      await server.docker.start(['shop-r1-web-1'])
      await server.wait(1000)
      server.moveTraffic('shop-production-web', 'a', undefined)
    })
    expect(complaints).toContain('moved from b to a with nothing armed')
  })

  it('when two of a handed-over service run at once', async () => {
    const complaints = await afterHarm({ rollout: 'handover' }, ({ docker }) => {
      return docker.start(['shop-r1-web-1'])
    })
    expect(complaints).toContain('web runs twice, as r1 and r2')
  })

  it('when a hand-over takes longer than requests are held', async () => {
    const complaints = await afterHarm({ rollout: 'handover' }, async (server) => {
      await server.docker.stop([WEB], 1)
      await server.wait(31_000)
      server.changed()
    })
    expect(complaints).toContain('clients got no answer for 31')
  })

  it('when clients meet a release that answers 500', async () => {
    const complaints = await afterHarm({}, (server) => {
      const image = server.docker.images.get(server.docker.containers.get(WEB)!.imageId)!
      const bad = { ...image, behaviour: { ...image.behaviour, status: 500 } }
      server.docker.images.set(image.facts.id, bad)
      server.changed()
    })
    expect(complaints).toContain(`clients got 500 from ${WEB}`)
  })

  it('when a host commits before its anchor', async () => {
    const complaints = await afterHarm({ hosts: ['one', 'two'] }, (_, { checker, servers }) => {
      checker.decided(servers[1]!, 'run-9', 'commit')
    })
    expect(complaints).toContain('run-9 was committed before one, its anchor, said so')
  })

  it('when a decision turns into the other one', async () => {
    const complaints = await afterHarm({}, (server, { checker }) => {
      checker.decided(server, 'run-2', 'rollback')
    })
    expect(complaints).toContain('run-2 was decided commit, and then rollback')
  })
})
