import { describe, expect, test } from 'vitest'
import { stubWorld } from '../../../tests/support/worlds.ts'
import { leaseHeld } from '../../hosts/failures.ts'
import type { Host } from '../../hosts/host.ts'
import type { Observed } from '../../plan/observed.ts'
import type { Fleet } from '../fleet.ts'
import { takeLeases } from './leases.ts'

type Act = `${'asks' | 'has' | 'gives back'} ${string}`

/** Hosts that keep a list of what was asked of them; each may refuse, or let wait. */
function fleetOf(answers: Readonly<Record<string, (asked: number) => Promise<void>>>) {
  const acts: Act[] = []
  const hosts = Object.entries(answers).map(([name, answer]) => {
    let asked = 0
    const acquire = async () => {
      acts.push(`asks ${name}`)
      asked += 1
      await answer(asked)
      acts.push(`has ${name}`)
      return {} as Observed
    }
    const release = async () => void acts.push(`gives back ${name}`)
    return [name, { name, acquire, release } as Partial<Host> as Host] as const
  })
  const names = Object.keys(answers)
  const fleet: Fleet = { names, hosts: new Map(hosts), observed: new Map(), here: new Map() }
  return { fleet, acts }
}

const WANT = { run: 'run-1', purpose: 'deploy', ttlSeconds: 60, steal: false, waitMs: 0 }
const grants = () => Promise.resolve()
const refuses = (host: string) =>
  Promise.reject(
    leaseHeld({ host, owner: 'ann', purpose: 'deploy', run: 'run-0', since: '1s', left: '9s' }),
  )

function together(count: number): () => Promise<void> {
  let waiting = 0
  let open = () => {}
  const all = new Promise<void>((resolve) => {
    open = resolve
  })
  return () => {
    waiting += 1
    if (waiting === count) open()
    return all
  }
}

describe('the leases of a fleet', () => {
  test('must be asked for at once, after the first host has let the run through', async () => {
    const meet = together(3)
    const { fleet, acts } = fleetOf({ a: grants, b: meet, c: meet, d: meet })
    const { observed } = await takeLeases(stubWorld({}), fleet, WANT)
    expect([...observed.keys()].sort()).toEqual(['a', 'b', 'c', 'd'])
    expect(acts.slice(0, 5)).toEqual(['asks a', 'has a', 'asks b', 'asks c', 'asks d'])
  })

  test('must be left alone when the first host is held', async () => {
    const { fleet, acts } = fleetOf({ a: () => refuses('a'), b: grants })
    await expect(takeLeases(stubWorld({}), fleet, WANT)).rejects.toThrow('on a for 1s')
    expect(acts).toEqual(['asks a'])
  })

  test('must not be held on a host while one before it is waited for', async () => {
    const busy = (asked: number) => (asked < 4 ? refuses('b') : grants())
    const { fleet, acts } = fleetOf({ a: grants, b: busy, c: grants })
    const { observed } = await takeLeases(stubWorld({}), fleet, { ...WANT, waitMs: 60_000 })
    expect(observed.size).toBe(3)
    const waiting = acts.slice(acts.indexOf('gives back c'))
    expect(waiting).toEqual([
      'gives back c',
      'asks b',
      'asks b',
      'asks b',
      'has b',
      'asks c',
      'has c',
    ])
  })

  test('must all be given back when one is refused', async () => {
    const { fleet, acts } = fleetOf({ a: grants, b: () => refuses('b'), c: grants })
    await expect(takeLeases(stubWorld({}), fleet, WANT)).rejects.toThrow('on b for 1s')
    const held = new Set<string>()
    for (const act of acts) {
      if (act.startsWith('has ')) held.add(act.slice(4))
      if (act.startsWith('gives back ')) held.delete(act.slice(11))
    }
    expect([...held]).toEqual([])
  })
})
