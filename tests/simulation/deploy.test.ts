import { describe, expect, it } from 'vitest'
import { BAD_IMAGES, servesOnly } from './serving.ts'
import { type End, SimulatedFleet } from './simulated-fleet.ts'
import { OVERLAP, ROLLING, ROLLOUTS } from './shop.ts'
import { serving } from './standing.ts'
import { eachInstruction, goBackBadly, standsOnOneOf } from './sweep.ts'

const FLEETS = [['one'], ['one', 'two'], ['one', 'two', 'three', 'four', 'five']]

describe.each(ROLLOUTS)('$rollout', (shop) => {
  it.each(FLEETS)('deploys to %s and more, one release after another', async (...hosts) => {
    const fleet = await serving({ ...shop, hosts })
    expect(servesOnly(fleet, 1)).toEqual([])
    for (const version of [2, 3, 4, 5]) {
      const end = await fleet.deploy({ version })
      expect(end).toMatchObject({ exit: 0, codes: [] })
      expect(servesOnly(fleet, version)).toEqual([])
    }
    expect(fleet.checker.complaints).toEqual([])
  })

  it('deploys an app with a worker and a job, and runs the job once for each release', async () => {
    const fleet = await serving({ ...shop, isWhole: true })
    await fleet.deploy({ version: 2 })
    const { docker } = fleet.servers[0]!
    const jobs = [...docker.containers.values()].filter(({ name }) => name.includes('-job-'))
    expect(jobs.map(({ starts }) => starts)).toEqual([1, 1])
    expect(servesOnly(fleet, 2)).toEqual([])
    expect(fleet.checker.complaints).toEqual([])
  })

  it('does nothing when nothing changed', async () => {
    const fleet = await serving(shop)
    const before = fleet.snapshot()
    const end = await fleet.deploy({ version: 1 })
    expect(end.exit).toBe(0)
    expect(end.deployer.exchanges.map(({ verb }) => verb)).toEqual(['connect', 'images'])
    expect(fleet.snapshot()).toEqual(before)
  })

  it.each(Object.entries(BAD_IMAGES))('keeps the old release against %s', async (_, image) => {
    const fleet = await serving({ ...shop, hosts: ['one', 'two'] })
    fleet.add(2, image)
    const before = fleet.snapshot()
    const end = await fleet.deploy({ version: 2 })
    expect(end).toMatchObject({ exit: 4, codes: ['NOT_PROVED'] })
    expect(fleet.snapshot()).toEqual(before)
    expect(fleet.checker.complaints).toEqual([])
    expect(await fleet.deploy({ version: 3 })).toMatchObject({ exit: 0 })
    expect(servesOnly(fleet, 3)).toEqual([])
  })

  it.each(Object.entries(BAD_IMAGES))('leaves no container of a first %s', async (_, image) => {
    const fleet = new SimulatedFleet({ ...shop, hosts: ['one', 'two'] })
    fleet.add(1, image)
    expect(await fleet.deploy({ version: 1 })).toMatchObject({ exit: 4, codes: ['NOT_PROVED'] })
    for (const after of Object.values(fleet.snapshot())) {
      expect(after).toMatchObject({ containers: [], current: '-', decision: 'none' })
    }
    expect(await fleet.deploy({ version: 2 })).toMatchObject({ exit: 0 })
    expect(servesOnly(fleet, 2)).toEqual([])
  })

  it('rolls back to the release before, forward again by a deployment, and restarts', async () => {
    const fleet = await serving({ ...shop, hosts: ['one', 'two'] })
    await fleet.deploy({ version: 2 })
    const back = await fleet.deploy({ version: 2, operation: 'rollback' })
    expect(back).toMatchObject({ exit: 0, codes: [] })
    expect(servesOnly(fleet, 1)).toEqual([])
    expect(await fleet.deploy({ version: 1, operation: 'restart' })).toMatchObject({ exit: 0 })
    expect(servesOnly(fleet, 1)).toEqual([])
    expect(await fleet.deploy({ version: 3 })).toMatchObject({ exit: 0 })
    expect(servesOnly(fleet, 3)).toEqual([])
    expect(fleet.checker.complaints).toEqual([])
  })

  it('rolls back past a restart, to what was another release', async () => {
    const fleet = await serving(shop)
    await fleet.deploy({ version: 2 })
    await fleet.deploy({ version: 2, operation: 'restart' })
    expect(servesOnly(fleet, 2)).toEqual([])
    const back = await fleet.deploy({ version: 2, operation: 'rollback' })
    expect(back).toMatchObject({ exit: 0, codes: [] })
    expect(servesOnly(fleet, 1)).toEqual([])
    expect(fleet.checker.complaints).toEqual([])
  })

  it('goes back from every instruction that can fail, to the very same world', async () => {
    const hosts = shop.rollout === 'overlap' ? ['one', 'two'] : ['one']
    const whole = { ...shop, hosts, isWhole: true, samples: 1 }
    const { count, problems } = await eachInstruction(whole, 'action', async (fleet, before) => {
      const end = await fleet.deploy({ version: 2 })
      const isTold = end.exit === 4 && end.codes.join() === 'ACTION_FAILED'
      return [...(isTold ? [] : [`exit ${end.exit}`]), ...standsOnOneOf([before], fleet)]
    })
    expect(problems).toEqual([])
    expect(count).toBeGreaterThan(5)
  })

  it('stays confirmed when only tidying fails', async () => {
    const { count, problems } = await eachInstruction(shop, 'settling', async (fleet) => {
      const { exit } = await fleet.deploy({ version: 2 })
      return exit === 0 ? [] : [`exit ${exit}`]
    })
    expect(problems).toEqual([])
    expect(count).toBeGreaterThan(2)
  })
})

describe('a release that failed, and could not be put back at once', () => {
  it.each([OVERLAP, ROLLING])('calls for a person, until the next one ($rollout)', async (shop) => {
    const { count, problems } = await eachInstruction(shop, 'settling', goBackBadly)
    expect(problems).toEqual([])
    expect(count).toBeGreaterThan(1)
  })
})

describe('a deployment', () => {
  it('moves no traffic when no watchdog comes alive', async () => {
    const fleet = await serving({})
    const before = fleet.snapshot()
    fleet.servers[0]!.watchdogs.canStart = false
    const end = await fleet.deploy({ version: 2 })
    expect(end).toMatchObject({ exit: 4, codes: ['WATCHDOG_NOT_ALIVE'] })
    expect(fleet.snapshot()).toEqual(before)
  })

  it('is refused while another one runs, and the other one is not disturbed', async () => {
    const fleet = await serving({ hosts: ['one', 'two'] })
    const first = fleet.begin({ version: 2 })
    const second = fleet.clock.sleep(300).then(() => fleet.begin({ version: 3, owner: 'bob@desk' }))
    const [one, two] = await fleet.clock.run(Promise.all([first, second]))
    expect(one.exit).toBe(0)
    expect(two).toMatchObject({ exit: 3, codes: ['LEASE_HELD'] })
    expect(servesOnly(fleet, 2)).toEqual([])
    expect(fleet.checker.complaints).toEqual([])
  })

  it('waits for another one when told to, and then follows it', async () => {
    const fleet = await serving({ hosts: ['one', 'two'] })
    const request = { waitMs: 60_000 }
    const first = fleet.begin({ version: 2 })
    const second = fleet.clock
      .sleep(300)
      .then(() => fleet.begin({ version: 3, owner: 'bob@desk', request }))
    const ends = await fleet.clock.run(Promise.all([first, second]))
    expect(ends.map(({ exit }) => exit)).toEqual([0, 0])
    expect(servesOnly(fleet, 3)).toEqual([])
    expect(fleet.checker.complaints).toEqual([])
  })

  it('that begins at the very same moment as another never mixes with it', async () => {
    const fleet = await serving({ hosts: ['one', 'two', 'three'] })
    const both = [2, 3].map((version) => fleet.begin({ version, owner: `owner-${version}` }))
    const ends = await fleet.clock.run(Promise.all(both))
    const winner = ends[0]?.exit === 0 ? 2 : 3
    expect(ends.map(({ exit }) => exit)).toEqual(winner === 2 ? [0, 3] : [3, 0])
    expect(servesOnly(fleet, winner)).toEqual([])
    expect(fleet.checker.complaints).toEqual([])
  })

  it('whose lease two thieves go for goes to one of them, and the other is told', async () => {
    const problems: string[] = []
    for (let laterMs = 0; laterMs <= 40; laterMs += 2) {
      const fleet = await serving({ hosts: ['one', 'two'] })
      const first = fleet.begin({ version: 2 })
      const thieves = [3, 4].map((version) =>
        fleet.clock
          .sleep(300 + (version - 3) * laterMs)
          .then(() =>
            fleet.begin({ version, owner: `thief-${version}`, request: { steal: true } }),
          ),
      )
      const [, ...ends] = await fleet.clock.run(Promise.all([first, ...thieves]))
      const won = ends.findIndex(({ exit }) => exit === 0)
      const { exit, codes } = ends[1 - won]!
      // Too late, or itself robbed by one that came after it.
      const isTold = [`3 LEASE_HELD`, `4 FENCED`].includes(`${exit} ${codes.join()}`)
      if (!isTold) problems.push(`${laterMs} ms later: ${ends.map(({ exit }) => exit).join()}`)
      problems.push(...servesOnly(fleet, 3 + won), ...fleet.checker.complaints)
    }
    expect(problems).toEqual([])
  })

  it('whose lease is stolen, at any moment, ends and leaves the hosts to the thief', async () => {
    const problems: string[] = []
    for (let afterMs = 30; afterMs <= 1800; afterMs += 120) {
      const fleet = await serving({ hosts: ['one', 'two'] })
      const first = fleet.begin({ version: 2 })
      const thief = fleet.clock
        .sleep(afterMs)
        .then(() => fleet.begin({ version: 3, owner: 'bob@desk', request: { steal: true } }))
      const [one, two] = await fleet.clock.run(Promise.all([first, thief]))
      const ends = `after ${afterMs} ms they ended ${one.exit} and ${two.exit}`
      if (two.exit !== 0 || one.exit === 1) problems.push(`${ends}, ${two.codes.join()}`)
      problems.push(...servesOnly(fleet, 3), ...fleet.checker.complaints)
    }
    expect(problems).toEqual([])
  })

  it('whose lease is stolen just before it decides, leaves that to the thief', async () => {
    const fleet = await serving({})
    let thief: Promise<End> | undefined
    const first = await fleet.deploy({
      version: 2,
      faults: ({ verb }) => {
        if (verb === 'decide')
          thief ??= fleet.deploy({ version: 3, owner: 'bob@desk', request: { steal: true } })
        return verb === 'decide' ? 'freeze' : undefined
      },
    })
    expect((await thief)?.exit).toBe(0)
    expect([first.exit, ...first.codes]).toEqual([4, 'FENCED'])
    expect(servesOnly(fleet, 3)).toEqual([])
  })
})
