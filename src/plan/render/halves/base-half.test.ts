import { describe, expect, it } from 'vitest'
import {
  bind,
  DIRECTORY,
  FILE,
  folder,
  notesOn,
  problemsOf,
  renderedFor,
  type Wish,
} from '../../../../tests/render/requests.ts'
import type { ComposeService } from '../../compose-model.ts'

const ADOPTED = { workingDirectory: '/srv/shop', anonymousVolumes: {} }

function db(service: ComposeService, more: Partial<Wish> = {}) {
  const definition = { image: 'postgres:17', restart: 'always', ...service }
  const rendered = renderedFor({ services: { db: definition }, ...more })
  return { ...rendered, service: rendered.base.services['db'] ?? {} }
}

describe('files of an accessory', () => {
  const volumes = [bind('init.sql', '/init/init.sql'), bind('conf', '/conf', { read_only: true })]
  const files = {
    [`${DIRECTORY}/init.sql`]: { ...FILE, text: 'cost $5' },
    [`${DIRECTORY}/conf`]: folder('a', 'b/c'),
  }

  it('are copied into it, since no release’s folder lives as long', () => {
    const rendered = db({ volumes }, { files })
    expect(rendered.service).not.toHaveProperty('volumes')
    expect(rendered.service.configs).toEqual([
      { source: 'db.1', target: '/init/init.sql', mode: 0o644 },
      { source: 'db.2', target: '/conf/a', mode: 0o644 },
      { source: 'db.3', target: '/conf/b/c', mode: 0o644 },
    ])
    expect(rendered.base.configs).toEqual({
      'db.1': { content: 'cost $$5' },
      'db.2': { content: 'a' },
      'db.3': { content: 'b/c' },
    })
    expect(rendered.shipped).toEqual([])
    expect(notesOn(rendered, 'services.db.volumes')[0]).toBe(
      './init.sql is copied into db when its container is made',
    )
  })

  it('lie where they always were on a host that was adopted', () => {
    const rendered = db({ volumes }, { files, adopted: ADOPTED })
    expect(rendered.service.volumes).toEqual([
      { type: 'bind', source: '/srv/shop/init.sql', target: '/init/init.sql' },
      { type: 'bind', source: '/srv/shop/conf', target: '/conf', read_only: true },
    ])
    expect(notesOn(rendered, 'services.db.volumes')).toEqual([
      'goes on using /srv/shop/init.sql: leave it there',
      'goes on using /srv/shop/conf: leave it there',
    ])
  })

  it('that are no text, or too long, are a problem', () => {
    const binary = { kind: 'file', git: 'tracked', hash: 'h', mode: 0o644 } as const
    const rendered = db(
      { volumes: [bind('init.sql', '/x')] },
      { files: { [`${DIRECTORY}/init.sql`]: binary } },
    )
    expect(problemsOf(rendered)).toEqual([
      'services.db.volumes: ./init.sql: too large, or no text, to be given to an accessory',
    ])
    const long = { ...FILE, text: 'x'.repeat(1_000_001) }
    const tooLong = db(
      { volumes: [bind('init.sql', '/x')] },
      { files: { [`${DIRECTORY}/init.sql`]: long } },
    )
    expect(problemsOf(tooLong)).toEqual([
      'services.db.volumes: its files together: too large, or no text, to be given to an accessory',
    ])
  })

  it('cannot be copied into a read-only container', () => {
    expect(problemsOf(db({ volumes, read_only: true }, { files }))).toEqual([
      'services.db.read_only: db gets files of the project, ' +
        'which cannot be copied into a read-only container',
    ])
  })
})

describe('data of an accessory', () => {
  const volumes = [bind('data', '/data')]
  const files = { [`${DIRECTORY}/data`]: folder() }

  it('lies in the server’s data folder, made when it is missing', () => {
    expect(db({ volumes }, { files }).service.volumes).toEqual([
      {
        type: 'bind',
        source: '${BELAY_DATA}/data',
        target: '/data',
        bind: { create_host_path: true },
      },
    ])
  })

  it('is mounted by the very same definition after an adoption', () => {
    expect(db({ volumes }, { files, adopted: ADOPTED }).service.volumes).toEqual([
      { type: 'bind', source: '/srv/shop/data', target: '/data' },
    ])
  })

  it('outside of the project stays where it is', () => {
    const outside = [{ type: 'bind', source: '/srv/pg', target: '/data' }]
    expect(db({ volumes: outside }).service.volumes).toEqual(outside)
  })
})

describe('secrets of an accessory', () => {
  const secrets = [
    { source: 'file' },
    { source: 'env', target: 'key', uid: '70', gid: '70', mode: 0o400 },
  ]
  const wish: Partial<Wish> = {
    model: {
      secrets: { file: { file: `${DIRECTORY}/pw` }, env: { environment: 'KEY' } },
    },
    files: { [`${DIRECTORY}/pw`]: { ...FILE, mode: 0o600, text: 'pass' } },
    values: { KEY: 'va$lue' },
  }

  it('are copied into it with the owner and mode they ask for', () => {
    const rendered = db({ secrets }, wish)
    expect(rendered.service.configs).toEqual([
      { source: 'db.1', target: '/run/secrets/file', mode: 0o600 },
      { source: 'db.2', target: '/run/secrets/key', mode: 0o400, uid: '70', gid: '70' },
    ])
    expect(rendered.base.configs?.['db.2']).toEqual({ content: 'va$$lue' })
    expect(rendered.service).not.toHaveProperty('secrets')
  })

  it('are files of the adopted project', () => {
    const rendered = db({ secrets: [{ source: 'file' }] }, { ...wish, adopted: ADOPTED })
    expect(rendered.service.secrets).toEqual([{ source: 'file' }])
    expect(rendered.base.secrets).toEqual({ file: { file: '/srv/shop/pw' } })
  })
})

it('an accessory that is built is the image under its name', () => {
  const rendered = renderedFor({
    services: { db: { build: { context: '/x' }, restart: 'always' } },
    choices: { db: { role: 'accessory' } },
  })
  expect(rendered.base.services['db']).toMatchObject({ image: 'shop-db', pull_policy: 'never' })
  expect(rendered.base.services['db']).not.toHaveProperty('build')
})

describe('what could lose an accessory is a warning', () => {
  it('no restart policy', () => {
    const { base, ...rendered } = renderedFor({ services: { db: { image: 'postgres' } } })
    expect(base.services['db']).not.toHaveProperty('restart')
    expect(notesOn(rendered as never, 'services.db.restart')).toEqual([
      'stays down when the server restarts: say restart: unless-stopped',
    ])
  })

  it('data in a volume without a name', () => {
    const images = { db: { volumes: ['/var/lib/postgresql/data'] } }
    const told = (service: ComposeService) =>
      notesOn(db(service, { images }), 'services.db.volumes')
    expect(told({})).toEqual([
      'its data at /var/lib/postgresql/data is in a volume without a name, easily lost: name it',
    ])
    const target = '/var/lib/postgresql/data'
    expect(told({ volumes: [{ type: 'volume', source: 'data', target }] })).toEqual([])
  })
})

describe('the line between base and release', () => {
  const app = { image: 'a', expose: ['80'] }

  it('an accessory must not live in a release', () => {
    const rendered = renderedFor({
      services: {
        app,
        db: { image: 'postgres', restart: 'always', network_mode: 'service:app' },
      },
    })
    expect(problemsOf(rendered)).toEqual([
      'services.db.network_mode: db is an accessory and shares a container with app, ' +
        'which changes with each release',
    ])
  })

  it.each<[string, ComposeService, ComposeService]>([
    [
      'depends_on',
      {
        depends_on: {
          app: { condition: 'service_started' },
          cache: { condition: 'service_started' },
        },
      },
      { depends_on: { cache: { condition: 'service_started' } } },
    ],
    ['links', { links: ['app:shop', 'cache'] }, { links: ['cache:cache'] }],
  ])('what an accessory needs of a release is left out of the base: %s', (key, service, kept) => {
    const db = { image: 'postgres', restart: 'always', ...service }
    const cache = { image: 'redis', restart: 'always' }
    const rendered = renderedFor({ services: { app, cache, db } })
    expect(problemsOf(rendered)).toEqual([])
    expect(rendered.base.services['db']).toMatchObject(kept)
    expect(JSON.stringify(rendered.base.services['db']?.[key])).not.toContain('app')
    expect(notesOn(rendered, 'services.db')).toContain(
      'db starts before app, and must bear that app is not there yet',
    )
  })

  it.each(['network_mode', 'pid', 'ipc', 'volumes_from'])(
    'a release must not live in an accessory: %s',
    (key) => {
      const value = key === 'volumes_from' ? ['db'] : 'service:db'
      const rendered = renderedFor({
        services: { app: { ...app, [key]: value }, db: { image: 'postgres', restart: 'always' } },
      })
      expect(problemsOf(rendered)).toEqual([
        `services.app.${key}: app shares a container with db, an accessory, which outlives it`,
      ])
    },
  )

  it('a job runs before what it says it waits for', () => {
    const rendered = renderedFor({
      services: {
        app,
        seed: { image: 's', depends_on: { app: { condition: 'service_healthy' } } },
      },
      choices: { seed: { role: 'job' } },
    })
    expect(problemsOf(rendered)).toEqual([
      'services.seed.depends_on.app: seed is a job and runs before app, not after it',
    ])
  })
})
