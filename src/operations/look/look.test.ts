import { describe, expect, it } from 'vitest'
import { containerOf, observedOf, releaseOf } from '../../../tests/support/releases.ts'
import { type StubHost, configOf, stubWorld } from '../../../tests/support/worlds.ts'
import { hostUnreachable } from '../../hosts/failures.ts'
import type { JournalEntry, JournalNote } from '../../hosts/host.ts'
import type { Lease, Observed } from '../../plan/observed.ts'
import { history, showRun } from './history.ts'
import { breakLease, showLease } from './lease.ts'
import { status } from './status.ts'

const r41 = releaseOf('r41')
const r42 = releaseOf('r42', { accessories: ['db'] })
const db = containerOf('shop-db-1', { service: 'db', project: 'shop' })
const away = hostUnreachable({ host: 'b', why: 'timeout', reason: 'timed out' })
const lease: Lease = {
  epoch: 3,
  owner: 'ana@laptop',
  purpose: 'deploy to production',
  run: 'run-3',
  secondsLeft: 40,
  ageSeconds: 12,
}

function serving(release = r42, over: Partial<Observed> = {}): StubHost {
  const observed = observedOf('a', release)
  return { observed: { ...observed, containers: [...observed.containers, db], ...over } }
}

describe('status', () => {
  it('tells what all hosts serve, by the tokens and what runs', async () => {
    const report = await status(stubWorld({ a: serving(), b: serving() }), configOf(['a', 'b']))
    expect([report.serving, report.split]).toEqual(['r42', false])
    expect(report.hosts[0]?.containers.map(({ service, name }) => [service, name])).toEqual([
      ['web', 'shop-r42-web-1'],
      ['db', 'shop-db-1'],
    ])
    expect(report.hosts[0]?.drift).toEqual([])
  })
  it('warns of what a host noticed of itself', async () => {
    const { observed } = serving()
    const odd = { ...(observed as Observed), problems: ['the file of the lease cannot be read'] }
    const world = stubWorld({ a: { observed: odd } })
    await status(world, configOf(['a']))
    const text = 'a: the file of the lease cannot be read'
    expect(world.told).toContainEqual({ type: 'warning', code: 'HOST_PROBLEM', text })
  })
  it('tells when hosts serve different releases', async () => {
    const report = await status(
      stubWorld({ a: serving(r42), b: serving(r41) }),
      configOf(['a', 'b']),
    )
    expect([report.serving, report.split]).toEqual([null, true])
  })
  it('believes the proxy, not the record', async () => {
    const r43 = releaseOf('r43', { slot: 'b' })
    const old = containerOf('shop-r42-web-1', { release: r42, service: 'web-r42' })
    const moved = containerOf('shop-r43-web-1', { release: r43, service: 'web-r43' })
    const observed = observedOf('a', r42, {
      tokens: { 'shop-production-web': 'b' },
      containers: [old, moved],
      releases: [
        { id: 'r42', mark: 'good', release: r42 },
        { id: 'r43', mark: 'unproved', release: r43 },
      ],
    })
    const report = await status(stubWorld({ a: { observed } }), configOf(['a']))
    expect(report.hosts[0]).toMatchObject({ serving: 'r43', release: { id: 'r42' } })
    expect(report.hosts[0]?.drift).not.toEqual([])
  })
  it('tells of hosts that are away, and of the others all the same', async () => {
    const report = await status(
      stubWorld({ a: serving(), b: { observed: away } }),
      configOf(['a', 'b']),
    )
    expect(report.serving).toBe('r42')
    expect(report.unreachable).toMatchObject([{ host: 'b', code: 'HOST_UNREACHABLE' }])
  })
  it('tells the lease that holds, not one that has lapsed', async () => {
    const lapsed = { ...lease, secondsLeft: -1 }
    const world = stubWorld({ a: serving(r42, { lease }), b: serving(r42, { lease: lapsed }) })
    const { hosts } = await status(world, configOf(['a', 'b']))
    expect(hosts.map((host) => host.lease)).toEqual([lease, null])
    expect((await showLease(world, configOf(['a', 'b']))).hosts).toEqual([
      { host: 'a', lease },
      { host: 'b', lease: null },
    ])
  })
  it('tells nothing of nothing: a host on which this app never was', async () => {
    const report = await status(stubWorld({ a: { observed: observedOf('a') } }), configOf(['a']))
    expect(report).toMatchObject({ serving: null, split: false })
    expect(report.hosts[0]).toMatchObject({ release: null, containers: [], drift: [] })
  })
})

describe('lease release', () => {
  it('takes the lease on every host, and says from whom', async () => {
    const world = stubWorld({
      a: { ...serving(), breakLease: async () => lease },
      b: { ...serving(), breakLease: async () => undefined },
    })
    expect((await breakLease(world, configOf(['a', 'b']))).hosts).toEqual([
      { host: 'a', lease },
      { host: 'b', lease: null },
    ])
  })
})

function entry(at: number, note: JournalNote): JournalEntry {
  return { sequence: at, epoch: 1, at, note }
}

const ended = (run: string, release: string): JournalNote => ({
  type: 'run-finished',
  run,
  purpose: 'deploy',
  release,
  outcome: 'confirmed',
  owner: 'ana@laptop',
  durationMs: 3000,
  text: `${release} serves`,
})

function withJournal(entries: readonly JournalEntry[], receipts: Record<string, string> = {}) {
  return {
    ...serving(),
    journal: async () => [...entries],
    readReceipt: async (run: string) => receipts[run],
  }
}

describe('history', () => {
  const both = {
    a: withJournal([entry(1, ended('run-1', 'r41')), entry(9, ended('run-2', 'r42'))]),
    b: withJournal([
      entry(10, ended('run-2', 'r42')),
      entry(11, { type: 'decided', run: 'run-2' }),
      entry(20, { type: 'decide', run: 'run-3', release: 'r43' }),
      entry(21, { type: 'verb', verb: 'do' }),
      entry(22, { type: 'odd', run: 7 }),
    ]),
  }
  it('gathers the runs of all hosts, the newest first, each once', async () => {
    const { runs } = await history(stubWorld(both), configOf(['a', 'b']), 10)
    expect(runs.map(({ run, outcome, hosts }) => [run, outcome, hosts])).toEqual([
      ['run-3', 'cut-off', ['b']],
      ['run-2', 'confirmed', ['a', 'b']],
      ['run-1', 'confirmed', ['a']],
    ])
    expect(runs[1]).toMatchObject({ at: '1970-01-01T00:00:11.000Z', release: 'r42' })
  })
  it('tells of a run whose deployer vanished, and who ended it', async () => {
    const about = { purpose: 'deploy', owner: 'ana@laptop' }
    const journal = (epoch: number, at: number, note: JournalNote) => ({
      ...entry(at, note),
      epoch,
    })
    const host = withJournal([
      journal(4, 1, { type: 'action', run: 'run-4', release: 'r44', ...about }),
      journal(4, 60, { type: 'decided', decision: 'rollback', by: 'the watchdog' }),
      journal(5, 70, { type: 'action', run: 'run-5', release: 'r45', ...about }),
      journal(6, 80, { type: 'recovered', run: 'run-5', release: 'r45', wish: 'commit' }),
      journal(7, 90, { type: 'decided', decision: 'rollback', by: 'a person' }),
      journal(8, 95, { type: 'action', run: 'run-6', release: 'r46', ...about }),
    ])
    const { observed } = serving(r42, { lease: { ...lease, run: 'run-6' } })
    const world = stubWorld({ a: { ...host, observed } })
    const { runs } = await history(world, configOf(['a']), 10)
    expect(runs.map(({ run, release, outcome, owner }) => [run, release, outcome, owner])).toEqual([
      ['run-6', 'r46', 'under-way', 'ana@laptop'],
      ['run-5', 'r45', 'confirmed', 'ana@laptop'],
      ['run-4', 'r44', 'rolled-back', 'ana@laptop'],
    ])
    expect(runs[2]?.text).toContain('the watchdog put back what was before it')
  })
  it('goes by the journals, and not by clocks that jump', async () => {
    const jumped = withJournal([
      entry(900, ended('run-1', 'r1')),
      entry(100, ended('run-2', 'r2')),
      entry(500, ended('run-4', 'r4')),
      entry(120, { type: 'action', run: 'run-5', release: 'r5' }),
    ])
    const ahead = withJournal([entry(2000, ended('run-3', 'r3')), entry(700, ended('run-4', 'r4'))])
    const world = stubWorld({ a: jumped, b: ahead })
    const { runs } = await history(world, configOf(['a', 'b']), 10)
    expect(runs.map(({ run }) => run)).toEqual(['run-5', 'run-4', 'run-3', 'run-2', 'run-1'])
    expect((await showRun(world, configOf(['a', 'b']))).run.run).toBe('run-5')
  })
  it('tells when a run was last heard of, also after a jump', async () => {
    const world = stubWorld({
      a: withJournal([
        entry(900, { type: 'action', run: 'run-1', release: 'r1' }),
        entry(60, ended('run-1', 'r1')),
      ]),
    })
    const { runs } = await history(world, configOf(['a']), 10)
    expect(runs[0]).toMatchObject({ at: '1970-01-01T00:01:00.000Z', outcome: 'confirmed' })
  })
  it('tells no more than was asked for', async () => {
    expect((await history(stubWorld(both), configOf(['a', 'b']), 2)).runs).toHaveLength(2)
  })
  it('fails where no host could be asked', async () => {
    const world = stubWorld({ b: { observed: away } })
    await expect(history(world, configOf(['b']), 5)).rejects.toMatchObject({
      code: 'NO_HOST_REACHABLE',
      evidence: ['b: cannot reach b: timed out'],
    })
  })
})

describe('show', () => {
  const event = {
    v: 1,
    at: '2026-01-01T00:00:00Z',
    event: { type: 'warning', code: 'X', text: 'y' },
  }
  const receipt = `${JSON.stringify(event)}\nnot json\n{"torn":`
  const world = stubWorld({
    a: withJournal([entry(1, ended('run-1', 'r41'))]),
    b: withJournal([entry(5, ended('run-2', 'r42'))], { 'run-2': receipt }),
  })
  const config = configOf(['a', 'b'])
  it('finds a run by its name, by its release, or the last', async () => {
    expect((await showRun(world, config, 'run-1')).run.release).toBe('r41')
    expect((await showRun(world, config, 'r42')).run.run).toBe('run-2')
    expect((await showRun(world, config)).run.run).toBe('run-2')
  })
  it('reads what can be read of a receipt, from whichever host has it', async () => {
    expect((await showRun(world, config, 'r42')).events).toEqual([event])
    expect((await showRun(world, config, 'r41')).events).toEqual([])
  })
  it('says which runs there were when there is none of that name', async () => {
    await expect(showRun(world, config, 'run-9')).rejects.toMatchObject({
      code: 'NO_SUCH_RUN',
      hint: 'The last ones were: run-2, run-1. `belay history` lists more.',
    })
  })
})
