import { describe, expect, it } from 'vitest'
import { leaveServersAlone, NAMES, type Trouble, troubleAt } from './seeds/troubles.ts'
import { servesOnly } from './serving.ts'
import { ROLLOUTS } from './shop.ts'
import type { End, SimulatedFleet } from './simulated-fleet.ts'
import { serving } from './standing.ts'
import { nextWorks, sweep } from './sweep.ts'

/** Long enough for a lease to lapse, a server to boot, and a watchdog to act. */
const LAPSE_MS = 120_000
const MOMENTS_MAX = 500

const ALONE = ROLLOUTS.map((shop) => ({
  ...shop,
  replicas: Math.min(shop.replicas, 2),
  samples: 1,
}))
const TOGETHER = { ...ALONE[0]!, hosts: ['one', 'two'] }

/** Nothing of these is in a deployment's way. */
const HARMLESS: readonly Trouble[] = [
  'the clock is set',
  'the watchdog is killed',
  'the other watchdog is stopped',
]

describe.each([...ALONE, TOGETHER])('a deployment ($rollout on $hosts)', (shop) => {
  it.each(NAMES)('leaves a proved release serving when %s, at any moment', async (trouble) => {
    const problems: string[] = []
    for (let nth = 1; nth < MOMENTS_MAX; nth += 1) {
      const fleet = await serving(shop)
      const met = troubleAt(fleet, nth, trouble)
      const end = await fleet.deploy({ version: 2 })
      if (!met.happened) break
      leaveServersAlone(fleet)
      await fleet.clock.pass(LAPSE_MS)
      const found = [...told(end, trouble), ...after(fleet, end), ...(await nextWorks(fleet))]
      found.push(...fleet.checker.complaints.filter((text) => !isKnown(text, shop.rollout)))
      problems.push(...found.map((text) => `${nth}: ${text}`))
    }
    expect(problems).toEqual([])
  })

  it.each(['twice', 'again-later'] as const)(
    'is confirmed although a request is heard of %s, whichever it is',
    async (fault) => {
      const { exchanges, problems } = await sweep(shop, fault, async ({ fleet, end }) => {
        await fleet.clock.pass(LAPSE_MS)
        const exit = end.exit === 0 ? [] : [`ended ${end.exit} with ${end.codes.join()}`]
        return [...exit, ...servesOnly(fleet, 2), ...(await nextWorks(fleet))]
      })
      expect(problems).toEqual([])
      expect(exchanges).toBeGreaterThan(10)
    },
  )
})

function told({ exit, codes, bug }: End, trouble: Trouble): string[] {
  if (exit === 1) return [`a bug: ${String(bug)}`]
  if (HARMLESS.includes(trouble) && exit !== 0) return [`ended ${exit} with ${codes.join()}`]
  return exit === 0 || codes.length > 0 ? [] : [`ended ${exit} without a word`]
}

/** The end of a run is true: what it says is confirmed serves. Tidying up may be left to the next. */
function after(fleet: SimulatedFleet, { exit }: End): string[] {
  const problems = exit === 0 ? servesOnly(fleet, 2) : []
  return problems.filter((text) => !text.endsWith('left a decision open'))
}

/** Where the power fails between two hands, neither comes back: see findings. */
function isKnown(complaint: string, rollout: string): boolean {
  return rollout === 'handover' && complaint.includes('clients got no answer')
}
