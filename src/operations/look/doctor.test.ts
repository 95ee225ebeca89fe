import { describe, expect, it } from 'vitest'
import { containerOf, observedOf, releaseOf } from '../../../tests/support/releases.ts'
import { configOf, stubWorld } from '../../../tests/support/worlds.ts'
import { dockerStopped } from '../../hosts/failures.ts'
import type { Lease, Observed } from '../../plan/observed.ts'
import { doctor } from './doctor.ts'

const r42 = releaseOf('r42')
const watchdog = containerOf('belay-proxy-watchdog-1', { service: 'watchdog' })
const lease: Lease = {
  epoch: 3,
  owner: 'ana@laptop',
  purpose: 'deploy to production',
  run: 'run-3',
  secondsLeft: 40,
  ageSeconds: 12,
}

const run = async () => ({ code: 0, stdout: '', stderr: '' })

async function examine(observed: Observed | ReturnType<typeof dockerStopped>, now = 0) {
  const clock = { now: () => now, monotonic: () => 0, sleep: async () => {} }
  const report = await doctor(stubWorld({ a: { observed, run } }, { clock }), configOf(['a']))
  const bad = report.hosts[0]?.findings.filter(({ level }) => level !== 'ok') ?? []
  for (const { fix } of bad) expect(fix).not.toBe('')
  return { ...report, bad: bad.map(({ level, about }) => `${level}: ${about}`) }
}

describe('doctor', () => {
  const well = observedOf('a', r42, { containers: [watchdog] })
  const facts = (over: Partial<Observed['facts']>): Observed => ({
    ...well,
    facts: { ...well.facts, ...over },
  })

  it('finds nothing on a host that is well, or fresh', async () => {
    expect(await examine(well)).toMatchObject({ bad: [], problems: 0, warnings: 0 })
    expect((await examine(observedOf('a'))).bad).toEqual([])
  })
  it('tells a host that cannot be asked as a problem, with the way out of it', async () => {
    const { bad, problems } = await examine(dockerStopped({ host: 'a' }))
    expect([bad, problems]).toEqual([['problem: DOCKER_STOPPED'], 1])
  })
  it.each([
    ['problem: docker', facts({ dockerVersion: '19.3.15' })],
    ['problem: docker', facts({ dockerVersion: '20.9.0' })],
    ['problem: compose', facts({ composeVersion: 'v2.19.1' })],
    ['warning: compose', facts({ composeVersion: 'dev' })],
    ['problem: disk', facts({ stateDiskFreeBytes: 5e8 })],
    ['warning: disk', facts({ diskFreeBytes: 3e9 })],
    ['warning: memory', facts({ memoryAvailableBytes: 1e8 })],
    [
      'warning: ports',
      { ...observedOf('a'), proxy: { ...observedOf('a').proxy, takenPorts: [80] } },
    ],
    ['warning: watchdog', { ...well, containers: [] }],
    ['warning: watchdog', { ...well, containers: [{ ...watchdog, state: 'exited' }] }],
    ['warning: proxy', { ...well, proxy: { ...well.proxy, running: false } }],
    ['warning: journal', { ...well, damagedJournalLines: [3, 9] }],
  ])('finds %s', async (finding, observed) => {
    expect((await examine(observed)).bad).toEqual([finding])
  })
  it('takes Docker 20.10 and Compose 2.20 as new enough', async () => {
    const observed = facts({ dockerVersion: '20.10.0', composeVersion: '2.20.0-desktop.1' })
    expect((await examine(observed)).bad).toEqual([])
  })
  it('finds a clock that is more than a minute off, either way', async () => {
    const at = 1_800_000_000
    const skewed = async (seconds: number) =>
      (await examine(facts({ clock: at + seconds }), at * 1000)).bad
    expect(await skewed(59)).toEqual([])
    expect(await skewed(-59)).toEqual([])
    expect(await skewed(75)).toEqual(['warning: clock'])
    expect(await skewed(-75)).toEqual(['warning: clock'])
  })
  it('finds a run that was cut off, but not one that is under way', async () => {
    const armed = { run: 'x', epoch: 1, release: 'r43', previous: 'r42', anchor: 'a' }
    const decision = { state: 'pending', armed: { ...armed, watchdog: 'container' } } as const
    expect((await examine({ ...well, decision })).bad).toEqual(['warning: runs'])
    expect((await examine({ ...well, decision, lease })).bad).toEqual([])
  })
})
