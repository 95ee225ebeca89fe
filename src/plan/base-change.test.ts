import { describe, expect, it } from 'vitest'
import { differences, movedData, partOf } from './base-change.ts'
import type { ComposeModel, ComposeService } from './compose-model.ts'

function base(db: ComposeService, more: Partial<ComposeModel> = {}): ComposeModel {
  return {
    name: 'shop',
    services: { db: { image: 'postgres:16', networks: { default: null }, ...db } },
    networks: { default: { name: 'shop_default' } },
    volumes: { data: { name: 'shop_data' }, other: { name: 'shop_other' } },
    ...more,
  }
}

function changed(before: ComposeModel, after: ComposeModel): string[] {
  return differences(partOf(before, 'db'), partOf(after, 'db'))
}

const mount = (source: string, target = '/data') => ({ type: 'volume', source, target })

describe('a change of an accessory', () => {
  const environment = { PASSWORD: 'word-one', OLD: 'x' }
  const configs = [{ source: 'db.1', target: '/etc/db.conf' }]

  it.each<[told: string[], before: ComposeModel, after: ComposeModel]>([
    [['image postgres:16 → postgres:17'], base({}), base({ image: 'postgres:17' })],
    [
      ['environment (PASSWORD changed, OLD removed, NEW added)'],
      base({ environment }),
      base({ environment: { PASSWORD: 'word-two', NEW: 'y' } }),
    ],
    [['command'], base({ command: ['a', 'word-one'] }), base({ command: ['b'] })],
    [
      ['volumes (/data changed, /more added)'],
      base({ volumes: [mount('data')] }),
      base({ volumes: [mount('other'), mount('data', '/more')] }),
    ],
    [
      ['files (/etc/db.conf changed)'],
      base({ configs }, { configs: { 'db.1': { content: 'word-one' } } }),
      base({ configs }, { configs: { 'db.1': { content: 'word-two' } } }),
    ],
    [
      ['networks'],
      base({}),
      base({ networks: { other: null } }, { networks: { other: { name: 'shop_other' } } }),
    ],
  ])('is told by what it is, and never by a value: %s', (told, before, after) => {
    expect(changed(before, after)).toEqual(told)
    expect(told.join()).not.toContain('word-')
  })

  it('is none when the order of files or of starting is another', () => {
    const one = { source: 'db.1', target: '/one' }
    const two = { source: 'db.2', target: '/two' }
    const objects = { 'db.1': { content: '1' }, 'db.2': { content: '2' } }
    const swapped = { 'db.1': { content: '2' }, 'db.2': { content: '1' } }
    const before = base({ configs: [one, two] }, { configs: objects })
    const after = base(
      {
        configs: [
          { ...one, source: 'db.2' },
          { ...two, source: 'db.1' },
        ],
        depends_on: { cache: { condition: 'service_started' } },
        pull_policy: 'never',
      },
      { configs: swapped },
    )
    expect(changed(before, after)).toEqual([])
    expect(partOf(after, 'db')).toEqual(partOf(before, 'db'))
  })

  it('is none when a volume has another key and is the same', () => {
    const after = base({ volumes: [mount('kept')] }, { volumes: { kept: { name: 'shop_data' } } })
    expect(changed(base({ volumes: [mount('data')] }), after)).toEqual([])
  })
})

describe('data that would be out of sight', () => {
  const parts = (before: ComposeService, after: ComposeService) =>
    movedData(partOf(base(before), 'db'), partOf(base(after), 'db'))

  it('is named with where it stays', () => {
    expect(parts({ volumes: [mount('data')] }, { volumes: [mount('other')] })).toEqual([
      { target: '/data', from: 'shop_data', to: 'shop_other' },
    ])
    expect(parts({ volumes: [mount('data')] }, {})).toEqual([
      { target: '/data', from: 'shop_data' },
    ])
  })

  it('is none where it is mounted as before', () => {
    expect(parts({ volumes: [mount('data')] }, { volumes: [mount('data')] })).toEqual([])
    expect(parts({ volumes: [{ type: 'tmpfs', target: '/run' }] }, {})).toEqual([])
  })
})
