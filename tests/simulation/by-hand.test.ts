import { describe, expect, it } from 'vitest'
import type { Exchange } from './faults.ts'
import { behaves } from './server/behaviour.ts'
import { servesOnly } from './serving.ts'
import { OVERLAP, ROLLOUTS, SCOPE, type Shop } from './shop.ts'
import type { End, SimulatedFleet } from './simulated-fleet.ts'
import { serving } from './standing.ts'

const OLD = 'shop-r1-web-1'
const NEW = 'shop-r2-web-1'

/** What a person does to the first server. */
type Deed = (fleet: SimulatedFleet, container: string) => void

const DEEDS: Readonly<Record<string, Deed>> = {
  removed: ({ servers }, name) => {
    servers[0]!.docker.containers.delete(name)
  },
  stopped: ({ servers }, name) => {
    const container = servers[0]!.docker.containers.get(name)
    if (container !== undefined)
      Object.assign(container, { state: 'exited', exitCode: 137, wasStopped: true })
  },
}

interface Meddling {
  readonly shop: Partial<Shop>
  readonly deed: Deed
  readonly container: string
  /** Whether version 2 would prove itself. */
  readonly isGood: boolean
}

/** Does it before the first exchange after the lease, then before a later one, … until the decision. */
async function meddle(
  { shop, deed, container, isGood }: Meddling,
  judge: (fleet: SimulatedFleet, end: End) => readonly string[],
): Promise<readonly string[]> {
  const problems: string[] = []
  for (let nth = 1; nth < 100; nth += isGood ? 1 : 4) {
    const fleet = await serving(shop)
    fleet.add(2, isGood ? behaves.healthy : behaves.neverHealthy)
    const seen: string[] = []
    const faults = ({ verb }: Exchange): undefined => {
      seen.push(verb)
      if (seen.length === nth) deed(fleet, container)
    }
    const end = await fleet.deploy({ version: 2, faults })
    const verbs = end.deployer.exchanges.map(({ verb }) => verb)
    const verb = verbs[nth - 1]
    if (verb === undefined || verbs.slice(0, nth).includes('decide')) return problems
    problems.push(...judge(fleet, end).map((text) => `before ${nth} (${verb}): ${text}`))
  }
  throw new Error('a deployment with too many exchanges')
}

function endsWith(end: End, exits: readonly number[]): string[] {
  return exits.includes(Number(end.exit)) ? [] : [`exit ${end.exit}, ${end.codes.join()}`]
}

describe.each(Object.entries(DEEDS))('by hand, in the middle of a run, %s:', (_, deed) => {
  it('a new container ends it on the old one, or is made once more', async () => {
    const about = { shop: OVERLAP, deed, container: NEW, isGood: true }
    const problems = await meddle(about, (fleet, end) => {
      const { marks } = fleet.servers[0]!.kit(SCOPE).state
      const blamed = marks.get('r2')?.mark === 'bad' ? ['it was marked bad'] : []
      return [...endsWith(end, [0, 4]), ...servesOnly(fleet, end.exit === 0 ? 2 : 1), ...blamed]
    })
    expect(problems).toEqual([])
  })

  it.each(ROLLOUTS)(
    'an old container serves again when the new one fails ($rollout)',
    async (shop) => {
      const about = { shop, deed, container: OLD, isGood: false }
      const problems = await meddle(about, (fleet, end) => [
        ...endsWith(end, [4]),
        ...servesOnly(fleet, 1),
      ])
      expect(problems).toEqual([])
    },
  )

  it.each(ROLLOUTS)('an old container does not stop a good new one ($rollout)', async (shop) => {
    const about = { shop, deed, container: OLD, isGood: true }
    const problems = await meddle(about, (fleet, end) => [
      ...endsWith(end, [0]),
      ...servesOnly(fleet, 2),
    ])
    expect(problems).toEqual([])
  })
})
