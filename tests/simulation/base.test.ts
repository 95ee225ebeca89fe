import { describe, expect, it } from 'vitest'
import { type Fault, nthExchange } from './faults.ts'
import { type Behaviour, behaves } from './server/behaviour.ts'
import type { SimulatedServer, Watcher } from './server/simulated-server.ts'
import { servesOnly } from './serving.ts'
import type { End, SimulatedFleet } from './simulated-fleet.ts'
import { factsOf } from './shop.ts'
import { serving } from './standing.ts'
import { standsOnOneOf } from './sweep.ts'

const NEXT = 'postgres:17'
const change = { version: 1, operation: 'base', database: NEXT } as const
const LAPSE_MS = 120_000

/** Two databases on one volume would be the end of it. */
class OneDatabase implements Watcher {
  readonly complaints: string[] = []

  changed(server: SimulatedServer): void {
    const running = databases(server).filter(({ state }) => state === 'running')
    if (running.length > 1) this.complaints.push(`${server.name} runs two databases`)
  }

  trafficMoved(): void {}
  decided(): void {}
}

function databases({ docker }: SimulatedServer) {
  return docker.ofProject('shop').filter(({ service }) => service === 'db')
}

interface Scene {
  readonly fleet: SimulatedFleet
  readonly watcher: OneDatabase
}

async function scene(hosts: readonly string[], next?: Behaviour): Promise<Scene> {
  const fleet = await serving({ hosts, samples: 1 })
  const watcher = new OneDatabase()
  for (const server of fleet.servers) {
    server.watchers.push(watcher)
    if (next !== undefined) server.docker.addImage(NEXT, factsOf(NEXT), next)
  }
  return { fleet, watcher }
}

/** One runs, under its own name, and comes back after a reboot. */
function standing({ fleet, watcher }: Scene): string[] {
  const each = fleet.servers.flatMap((server) => {
    const seen = databases(server).map(({ name, state, policy }) => `${name} ${state} ${policy}`)
    return seen.join() === 'shop-db-1 running always' ? [] : [`${server.name}: ${seen.join()}`]
  })
  return [...each, ...watcher.complaints, ...fleet.checker.complaints, ...servesOnly(fleet, 1)]
}

describe.each([[['one']], [['one', 'two']]])('a change of the base on %s', (hosts) => {
  it('exchanges the database, and touches nothing else', async () => {
    const at = await scene(hosts)
    expect(await at.fleet.deploy(change)).toMatchObject({ exit: 0, codes: [] })
    for (const server of at.fleet.servers) {
      expect(databases(server).map(({ imageId }) => imageId)).toEqual([factsOf(NEXT).id])
    }
    expect(standing(at)).toEqual([])
    const before = at.fleet.snapshot()
    const end = await at.fleet.deploy(change)
    expect(end.events.at(-1)).toMatchObject({ outcome: 'nothing-to-do' })
    expect(at.fleet.snapshot()).toEqual(before)
  })

  it.each([
    ['exits at once', behaves.exitsAtOnce],
    ['is never ready', behaves.neverHealthy],
  ])('puts the old one back where the new one %s', async (_, next) => {
    const at = await scene(hosts, next)
    const before = at.fleet.snapshot()
    expect(await at.fleet.deploy(change)).toMatchObject({ exit: 4, codes: ['ACTION_FAILED'] })
    expect(at.fleet.snapshot()).toEqual(before)
    expect(standing(at)).toEqual([])
  })

  it.each<Fault>(['die-before', 'die-after', 'lose-request', 'lose-answer', 'freeze'])(
    'leaves one database, the old or the new, whatever comes between (%s)',
    async (fault) => {
      const problems: string[] = []
      const calm = await scene(hosts)
      const ends = [calm.fleet.snapshot()]
      await calm.fleet.deploy(change)
      ends.push(calm.fleet.snapshot())
      for (let nth = 1; ; nth += 1) {
        const at = await scene(hosts)
        const end = await at.fleet.deploy({ ...change, faults: nthExchange(nth, fault) })
        const met = end.deployer.exchanges[nth - 1]
        if (met === undefined) break
        await at.fleet.clock.pass(LAPSE_MS)
        const found = [...standsOnOneOf(ends, at.fleet), ...standing(at), ...bug(end)]
        found.push(...(await nextWorks(at)))
        problems.push(...found.map((text) => `${nth} (${met.verb}): ${text}`))
      }
      expect(problems).toEqual([])
    },
  )

  it('leaves one database when a server loses its power at any moment', async () => {
    const problems: string[] = []
    for (const fault of ['power-cut', 'power-cut-later'] as const) {
      for (let nth = 1; ; nth += 1) {
        const at = await scene(hosts)
        const end = await at.fleet.deploy({ ...change, faults: nthExchange(nth, fault) })
        const met = end.deployer.exchanges[nth - 1]
        if (met === undefined) break
        await at.fleet.clock.pass(LAPSE_MS)
        const found = [...at.watcher.complaints, ...(await nextWorks(at)), ...bug(end)]
        problems.push(...found.map((text) => `${fault} at ${nth} (${met.verb}): ${text}`))
      }
    }
    expect(problems).toEqual([])
  })
})

/** The next change ends what was begun, on every server. */
async function nextWorks(at: Scene): Promise<string[]> {
  const next = await at.fleet.deploy({ ...change, request: { steal: true } })
  const exit = next.exit === 0 ? [] : [`the next ended ${next.exit}, ${next.codes.join()}`]
  const images = at.fleet.servers.flatMap((server) => databases(server).map((it) => it.imageId))
  const wrong = images.filter((id) => id !== factsOf(NEXT).id)
  return [...exit, ...wrong.map(() => 'the next left an old one'), ...standing(at)]
}

function bug({ exit, bug }: End): string[] {
  return exit === 1 ? [`a bug: ${String(bug)}`] : []
}
