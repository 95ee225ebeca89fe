import { describe, expect, it } from 'vitest'
import { containerOf, releaseOf } from '../../tests/support/releases.ts'
import { accessoryContainers } from './accessories.ts'

const release = releaseOf('r1', {
  accessories: ['db', 'cache'],
  accessoryNames: { cache: 'the-cache' },
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
