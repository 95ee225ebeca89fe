import { describe, expect, test } from 'vitest'
import type { Instruction } from '../../plan/instruction.ts'
import { instructionLine, pendingFile } from './instruction-lines.ts'

const file = 'releases/r42/compose.json'

const LINES: readonly [Instruction, string][] = [
  [
    { do: 'network', name: 'shop_default', key: 'default', project: 'shop', internal: true },
    'network shop_default default shop 1',
  ],
  [{ do: 'volume', name: 'shop_data', key: 'data', project: 'shop' }, 'volume shop_data data shop'],
  [{ do: 'proxy', folder: 'releases/r42/proxy' }, 'proxy releases/r42/proxy'],
  [
    { do: 'site', key: 'shop', file: 'releases/r42/site.caddy' },
    'site shop releases/r42/site.caddy',
  ],
  [{ do: 'site', key: 'shop', file: null }, 'site shop -'],
  [{ do: 'base', project: 'shop', file, services: ['db', 'cache'] }, `base shop ${file} db cache`],
  [
    {
      do: 'up',
      project: 'shop-r42',
      file,
      slot: 'b',
      services: ['web', 'api'],
      scale: { web: 3 },
    },
    `up shop-r42 ${file} b web api --scale web=3`,
  ],
  [
    { do: 'create', project: 'shop-r42', file, slot: 'a', services: ['web'] },
    `create shop-r42 ${file} a web`,
  ],
  [
    {
      do: 'remake',
      project: 'shop-r42',
      file,
      slot: 'b',
      services: [{ key: 'web', containers: ['shop-r42-web-1', 'shop-r42-web-2'] }],
    },
    `remake shop-r42 ${file} b web=shop-r42-web-1 web=shop-r42-web-2`,
  ],
  [
    { do: 'jobs', project: 'shop-r42', file, services: ['migrate'], timeoutSeconds: 600 },
    `jobs shop-r42 ${file} 600 migrate`,
  ],
  [{ do: 'start', containers: ['shop-r41-web-1'] }, 'start shop-r41-web-1'],
  [{ do: 'stop', containers: ['a', 'b'], graceSeconds: 10 }, 'stop 10 a b'],
  [{ do: 'policy', policy: 'always', containers: ['a'] }, 'policy always a'],
  [{ do: 'route', key: 'shop-production-web', token: 'b25' }, 'route shop-production-web b25'],
  [
    { do: 'drain', upstreams: ['shop-web-a:80', 'shop-web-a.:80'], seconds: 30, containers: ['w'] },
    'drain shop-web-a:80,shop-web-a.:80 30 w',
  ],
  [
    {
      do: 'await',
      seconds: 60,
      containers: ['shop-r1-api-1'],
      ports: [{ upstream: 'shop-api-a:80', path: '/health?x' }, { upstream: 'shop-api-a:81' }],
    },
    'await 60 shop-r1-api-1 http:shop-api-a:80/health tcp:shop-api-a:81',
  ],
  [
    {
      do: 'relay',
      from: 'shop-web-b',
      to: 'shop-web-a',
      ports: [{ from: 80, to: 8000 }],
      seconds: 9,
    },
    'relay shop-web-b shop-web-a 9 80=8000',
  ],
  [{ do: 'remove-project', project: 'shop-r40' }, 'remove-project shop-r40'],
  [{ do: 'remove', containers: ['shop-web-1'] }, 'remove shop-web-1'],
  [
    { do: 'tag', image: 'sha256:ab', tag: 'belay/shop/web:r42' },
    'tag sha256:ab belay/shop/web:r42',
  ],
  [{ do: 'untag', tag: 'belay/shop/web:r37' }, 'untag belay/shop/web:r37'],
  [{ do: 'mark', release: 'r42', mark: 'good' }, 'mark r42 good'],
  [
    { do: 'mark', release: 'r42', mark: 'bad', reason: 'web is unhealthy' },
    'mark r42 bad d2ViIGlzIHVuaGVhbHRoeQ==',
  ],
  [{ do: 'current', release: 'r42', previous: '-' }, 'current r42 -'],
  [{ do: 'forget', release: 'r37' }, 'forget r37'],
  [
    { do: 'connect', network: 'shop-live-9', aliases: ['web', 'api'], containers: ['a', 'b'] },
    'connect shop-live-9 web api to a b',
  ],
  [
    { do: 'connect', network: 'shop-live-9', aliases: [], containers: ['a'] },
    'connect shop-live-9 to a',
  ],
  [{ do: 'remove-network', name: 'shop-live-9' }, 'remove-network shop-live-9'],
  [
    { do: 'made-from', project: 'shop', file: 'releases/r1/base.json', definitions: { db: 'ab' } },
    'made-from shop releases/r1/base.json db=ab',
  ],
  [
    {
      do: 'renew',
      project: 'shop',
      file: 'releases/base/change.json',
      service: 'db',
      names: ['shop-db-1'],
      old: [{ id: '0f', name: 'shop-db-1' }],
    },
    'renew shop releases/base/change.json db to shop-db-1 from 0f=shop-db-1',
  ],
  [
    { do: 'put-files', file: 'releases/base/db.tar', containers: ['shop-db-1'] },
    'put-files releases/base/db.tar shop-db-1',
  ],
  [
    {
      do: 'restore',
      project: 'shop',
      service: 'db',
      graceSeconds: 10,
      old: [{ id: '0f', name: 'shop-db-1' }],
    },
    'restore shop db 10 0f=shop-db-1',
  ],
  [{ do: 'steady', seconds: 60, containers: ['shop-db-1'] }, 'steady 60 shop-db-1'],
]

describe('instructionLine', () => {
  test.each(LINES)('%o must be written as the kit reads it', (instruction, line) => {
    expect(instructionLine(instruction)).toBe(line)
  })

  test.each(['a b', 'a;b', '$(id)', 'a\nb', '', "a'b"])(
    'the word %j must never leave for a host',
    (word) => {
      expect(() => instructionLine({ do: 'start', containers: [word] })).toThrow('not a safe word')
    },
  )
})

describe('pendingFile', () => {
  test('it must hold the run, its releases and both lists', () => {
    const text = pendingFile(
      {
        run: '20250101-120000-abcd',
        release: 'r42',
        previous: '-',
        anchor: 'deploy@a',
        back: [{ do: 'route', key: 'shop-web', token: 'a' }],
        forward: [
          { do: 'mark', release: 'r42', mark: 'good' },
          { do: 'current', release: 'r42', previous: '-' },
        ],
      },
      7,
    )
    expect(text).toBe(`run 20250101-120000-abcd epoch 7 release r42 previous - anchor deploy@a
back route shop-web a
forward mark r42 good
forward current r42 -
`)
  })
})
