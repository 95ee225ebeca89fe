import { describe, expect, it } from 'vitest'
import { containerOf, observedOf, releaseOf } from '../../tests/support/releases.ts'
import {
  accessoryContainers,
  baseNotes,
  changedAccessories,
  missingAccessories,
  newAccessories,
} from './accessories.ts'
import { compare } from './change.ts'

const release = releaseOf('r1', {
  accessories: ['db', 'cache'],
  base: { cache: { hash: 'hash', containers: ['the-cache'] } },
})

describe("an accessory's containers", () => {
  it('must be those that are there, whatever they are called', () => {
    const containers = [
      containerOf('shop_db_1', { service: 'db' }),
      containerOf('my-redis', { service: 'cache' }),
      containerOf('other-db-1', { service: 'db', project: 'other' }),
    ]
    expect(accessoryContainers(release, containers)).toEqual({
      db: ['shop_db_1'],
      cache: ['my-redis'],
    })
  })

  it('must have the name that they will get, before they are there', () => {
    expect(accessoryContainers(release, [])).toEqual({
      db: ['shop-db-1'],
      cache: ['the-cache'],
    })
  })
})

const definition = (hash: string) => ({ hash, containers: ['shop-db-1'] })
const r1 = releaseOf('r1', { accessories: ['db'], base: { db: definition('one') } })
const db = (over: Parameters<typeof containerOf>[1] | object = {}) =>
  containerOf('shop-db-1', { service: 'db', ...over })

function host(...containers: ReturnType<typeof containerOf>[]) {
  const seen = observedOf('one', r1)
  return { ...seen, containers: [...seen.containers, ...containers] }
}

describe('an accessory', () => {
  it('changed when its container was made from another definition, and only then', () => {
    expect(changedAccessories(r1, host(db({ definition: 'one' })))).toEqual([])
    expect(changedAccessories(r1, host(db({ definition: 'two' })))).toEqual(['db'])
    expect(changedAccessories(r1, host(db()))).toEqual([])
    expect(changedAccessories(r1, host())).toEqual([])
    expect(changedAccessories(releaseOf('r0', { accessories: ['db'] }), host(db()))).toEqual([])
  })

  it('is missing while it does not run, and new while there is no container of it', () => {
    const stopped = host(db({ state: 'exited' }))
    expect([missingAccessories(r1, stopped), newAccessories(r1, stopped)]).toEqual([['db'], []])
    expect([missingAccessories(r1, host()), newAccessories(r1, host())]).toEqual([['db'], ['db']])
    expect(missingAccessories(r1, host(db()))).toEqual([])
  })
})

describe('a deployment', () => {
  const next = releaseOf('r2', { fingerprint: 'r1', accessories: ['db'], base: r1.base! })

  it('with nothing else to do names a changed accessory and the way to apply it', () => {
    const change = compare(next, [host(db({ definition: 'other' }))])
    expect(change.kind).toBe('nothing')
    expect(change.because).toContain('db changed, which `belay deploy --base` applies')
    expect(compare(next, [host(db({ definition: 'one' }))]).because).not.toContain('changed')
  })

  it('starts an accessory that is new, even if nothing else is', () => {
    const more = { ...next, accessories: ['db', 'cache'] }
    expect(compare(more, [host(db())])).toMatchObject({
      kind: 'repair',
      because: 'one: cache is new',
    })
  })

  it('tells what it leaves alone, and what is not in the file any more', () => {
    const old = containerOf('shop-old-1', { service: 'old' })
    const notes = baseNotes(next, [host(db({ definition: 'other' }), old)])
    expect(notes.map(({ level, about }) => `${level} ${about}`)).toEqual(['warning db', 'info old'])
    expect(notes[1]?.text).toContain('`docker rm -f shop-old-1` on one removes it')
  })

  it('says nothing of containers that it is about to take over', () => {
    const fresh = observedOf('one', undefined, {
      containers: [containerOf('shop-web-1', { service: 'old' })],
    })
    expect(baseNotes(next, [fresh])).toEqual([])
  })
})
