import { afterAll, beforeAll, expect, test } from 'vitest'
import { Lab } from '../lab/lab.ts'
import { CHANGES, FAULTS } from './faults.ts'
import { ChaosRun } from './run.ts'
import type { Comes, Scenario } from './scenario.ts'

// The rest is for `npm run chaos`: there it is told what every part of this means.
const ALL_MS = 240_000

let run: ChaosRun

beforeAll(async () => {
  run = new ChaosRun(await Lab.up({ servers: 2 }))
})
afterAll(() => run.close())

interface Choice {
  readonly points?: RegExp
  readonly moment?: string
  readonly comes?: Comes
}

async function chosen(
  fault: string,
  { points, moment, comes }: Choice = {},
): Promise<readonly Scenario[]> {
  const all = await run.scenarios(FAULTS.filter(({ name }) => name === fault))
  return all.filter(
    (each) =>
      (points === undefined || points.test(each.spot?.point.key ?? '')) &&
      (moment === undefined || each.spot?.moment === moment) &&
      (comes === undefined || each.comes === comes),
  )
}

/** What was not as it must be; each scenario is played, whatever became of the one before. */
async function played(scenarios: readonly Scenario[]): Promise<readonly string[]> {
  expect(scenarios).not.toEqual([])
  const problems: string[] = []
  for (const scenario of scenarios) {
    const outcome = await run.play(scenario)
    await run.cleanUp(outcome)
    const { fault, spot } = scenario
    const where = `${fault.name} ${spot?.moment ?? ''} ${spot?.point.key ?? ''}`
    problems.push(...outcome.problems.map((text) => `${where}: ${text}`))
  }
  return problems
}

test(
  'a deployer killed during any request that changes something must be taken over, nothing lost',
  async () => {
    const scenarios = await chosen('kill', {
      points: CHANGES,
      moment: 'during',
      comes: 'the next deployment',
    })
    expect(scenarios.length).toBeGreaterThan(5)
    expect(await played(scenarios)).toEqual([])
  },
  ALL_MS,
)

test('what nobody comes for must be put back by the server, nothing lost', async () => {
  const comes = 'the watchdog, then the next'
  expect(await played(await chosen('kill', { points: /^do-3$/, comes }))).toEqual([])
})

test.each([
  ['sshd', /^decide$/],
  ['link-cut', /^do-3$/],
  ['watchdog', /^do-3$/],
  ['two-deployers', /^do-1$/],
  ['journal-torn', /^do-3$/],
  ['rebooted-and-kill', /^do-3$/],
  ['fleet-kill', /^decide@lab1$/],
])(
  'what is promised under a fault must hold: %s',
  async (fault, points) => {
    const [first] = await chosen(fault, { points })
    expect(await played(first === undefined ? [] : [first])).toEqual([])
  },
  ALL_MS,
)
