import { describe, expect, it } from 'vitest'
import type { ComposeService } from '../compose-model.ts'
import {
  notesOn,
  problemsOf,
  renderedFor,
  requestFor,
  routed,
} from '../../../tests/render/requests.ts'
import { render } from './render.ts'

const IDS = { web: { id: 'sha256:web' } }

describe('a web app with a database', () => {
  const rendered = renderedFor({
    services: {
      web: {
        build: { context: '/home/me/shop' },
        environment: { DATABASE_URL: 'postgres://db/shop', UNSET: null },
        ports: [{ target: 8000, published: '8000', protocol: 'tcp' }],
        depends_on: { db: { condition: 'service_healthy', required: true } },
        restart: 'always',
      },
      db: {
        image: 'postgres:17',
        restart: 'always',
        volumes: [{ type: 'volume', source: 'data', target: '/var/lib/postgresql/data' }],
      },
    },
    model: { volumes: { data: { name: 'shop_data' } } },
    choices: { web: routed() },
    images: IDS,
  })

  it('must leave the database in a base that is the user’s own definition', () => {
    expect(rendered.base).toEqual({
      name: 'shop',
      services: {
        db: {
          image: 'postgres:17',
          networks: { default: null },
          restart: 'always',
          volumes: [{ type: 'volume', source: 'data', target: '/var/lib/postgresql/data' }],
        },
      },
      networks: { default: { name: 'shop_default' } },
      volumes: { data: { name: 'shop_data' } },
    })
  })

  it('must make the release a project of its own that makes nothing but its own network', () => {
    expect(rendered.release).toEqual({
      name: 'shop-r42',
      services: {
        'web-r42': {
          image: 'sha256:web',
          pull_policy: 'never',
          container_name: 'shop-r42-web-1',
          restart: 'no',
          labels: {
            'belay.app': 'shop',
            'belay.environment': 'production',
            'belay.release': 'r42',
            'belay.service': 'web',
          },
          environment: { DATABASE_URL: 'postgres://db/shop' },
          networks: {
            default: { aliases: ['web'] },
            'base.default': null,
            'belay.proxy': { aliases: ['shop-production-web-${BELAY_SLOT}'] },
          },
        },
      },
      networks: {
        default: { name: '0-shop-r42_default' },
        'base.default': { name: 'shop_default', external: true },
        'belay.proxy': { name: 'belay', external: true },
      },
    })
  })

  it('must say what a plan needs to know', () => {
    expect(rendered.services).toEqual([
      {
        name: 'web',
        key: 'web-r42',
        role: 'app',
        roleBecause: 'it has routes',
        rollout: 'overlap',
        because: 'two of it can run side by side',
        phase: 'side-by-side',
        dependsOn: [],
        replicas: 1,
        containers: ['shop-r42-web-1'],
        image: { reference: 'shop-web', id: 'sha256:web', built: true },
        routes: [{ domain: 'shop.example.com', path: '/', port: 8000 }],
        routeKey: 'shop-production-web',
        slotKey: 'shop-production-web',
        healthTimeoutMs: 30_000,
        stopGraceSeconds: 10,
        writes: [],
      },
    ])
    expect(rendered.accessories).toEqual(['db'])
    expect(rendered.volumes).toEqual([])
    expect(rendered.networks).toEqual([{ name: 'shop_default', key: 'default', external: false }])
    expect(rendered.problems).toEqual([])
  })

  it('must tell each thing that it changed', () => {
    expect(rendered.notes.map(({ about, text }) => `${about}: ${text}`)).toEqual([
      'services.web.ports: port 8000:8000 is not published: its requests come through the proxy',
      'services.web.depends_on: the run itself waits for db before web starts',
      'services.db: taken as an accessory, because postgres:17 is a known database or the like',
    ])
  })
})

describe('a service that users call and nothing asks', () => {
  const isChecked = false
  const choices = { web: { ...routed(), isChecked } }
  const told = (web: ComposeService, images = {}) =>
    notesOn(renderedFor({ services: { web }, choices, images }), 'services.web')

  it('must be told of, as it would be kept because it runs', () => {
    expect(told({ image: 'web:1' }, IDS)).toEqual([
      'nothing asks whether it works, so it is kept as soon as it runs: say health: /path',
    ])
    expect(told({ build: {} })).toEqual([
      'nothing asks whether it works: say health: /path, unless its image has a HEALTHCHECK',
    ])
  })

  it('is none with a healthcheck, of its own or of its image', () => {
    const healthCommand = ['true']
    expect(told({ image: 'web:1', healthcheck: { test: ['CMD', 'true'] } }, IDS)).toEqual([])
    expect(told({ image: 'web:1' }, { web: { id: 'sha256:web', healthCommand } })).toEqual([])
  })
})

it('the base of an app without accessories is empty', () => {
  const { base, networks } = renderedFor({ services: { web: { image: 'web:1' } } })
  expect(base).toEqual({ name: 'shop', services: {} })
  expect(networks).toEqual([])
})

it('equal requests give equal bytes', () => {
  const request = requestFor({
    services: { b: { image: 'b' }, a: { image: 'a', volumes: [{ type: 'volume', target: '/x' }] } },
  })
  expect(JSON.stringify(render(request))).toBe(JSON.stringify(render(request)))
})

describe('an image', () => {
  it('that is not known yet is named as the user named it', () => {
    const { release, services } = renderedFor({ services: { web: { image: 'web:1' } } })
    expect(release.services['web-r42']?.image).toBe('web:1')
    expect(services[0]?.image).toEqual({ reference: 'web:1', built: false })
  })
})

const names = (service: object, release = 'r42') =>
  renderedFor({ services: { web: { image: 'w', ...service } }, release }).services[0]?.containers

describe('container names', () => {
  it('are compose’s own for one replica', () => {
    expect(names({})).toEqual(['shop-r42-web-1'])
    expect(names({}, 'r42.1')).toEqual(['shop-r42-1-web-1'])
  })

  it('are those that compose numbers for several', () => {
    const numbered = ['shop-r42-web-r42-1', 'shop-r42-web-r42-2']
    expect(names({ deploy: { replicas: 2 } })).toEqual(numbered)
    expect(names({ scale: 2 })).toEqual(numbered)
  })
})

describe('without a proxy of ours', () => {
  it('nothing is on its network, and ports stay', () => {
    const rendered = renderedFor({
      services: { web: { image: 'w', ports: [{ target: 80, published: '80' }] } },
      choices: { web: routed(80) },
      proxy: 'none',
    })
    expect(rendered.release.networks).toEqual({ default: { name: '0-shop-r42_default' } })
    expect(rendered.release.services['web-r42']?.ports).toEqual([{ target: 80, published: '80' }])
    expect(rendered.services[0]?.slotKey).toBeUndefined()
    expect(notesOn(rendered, 'services.web.routes')).toEqual([
      'means nothing without the shared proxy (proxy: none)',
    ])
  })
})

it('a service that only a check asks is on the proxy’s network without a route', () => {
  const { services, release } = renderedFor({
    services: { api: { image: 'a' } },
    choices: { api: { checkPorts: [9000] } },
  })
  expect(services[0]).toMatchObject({ role: 'app', slotKey: 'shop-production-api' })
  expect(services[0]).not.toHaveProperty('routeKey')
  expect(release.services['api-r42']?.networks?.['belay.proxy']).toEqual({
    aliases: ['shop-production-api-${BELAY_SLOT}'],
  })
})

it('a service without a replica is left out, and what waits for it does not wait', () => {
  const rendered = renderedFor({
    services: {
      web: { image: 'w', depends_on: { idle: { condition: 'service_started' } } },
      idle: { image: 'i', deploy: { replicas: 0 } },
    },
  })
  expect(Object.keys(rendered.release.services)).toEqual(['web-r42'])
  expect(rendered.release.services['web-r42']).not.toHaveProperty('depends_on')
  expect(notesOn(rendered, 'services.idle.deploy.replicas')).toEqual([
    'has no replica, and is left out',
  ])
})

describe('what belay.yaml asks for and compose cannot give', () => {
  it.each([
    [
      'an unknown service',
      { services: { web: { image: 'w' } }, choices: { wbe: routed() } },
      'services.wbe: compose has no service wbe, or not with these profiles',
    ],
    [
      'a routed accessory',
      {
        services: { db: { image: 'postgres', restart: 'always' } },
        choices: { db: { ...routed(), role: 'accessory' as const } },
      },
      'services.db.routes: db is an accessory: in no release, so that no traffic can be moved',
    ],
    [
      'a route without a replica',
      { services: { web: { image: 'w', scale: 0 } }, choices: { web: routed() } },
      'services.web.deploy.replicas: web has routes, but no replica that could answer',
    ],
    [
      'a route to the host’s network',
      { services: { web: { image: 'w', network_mode: 'host' } }, choices: { web: routed() } },
      'services.web.network_mode: the proxy cannot reach web by name with network_mode: host',
    ],
    [
      'a check of an accessory’s port',
      {
        services: { db: { image: 'postgres', restart: 'always' } },
        choices: { db: { checkPorts: [5432], role: 'accessory' as const } },
      },
      'services.db.checks: db is an accessory, which the proxy that asks for checks cannot reach',
    ],
    [
      'a check of a job',
      {
        services: { web: { image: 'w', ports: [{ target: 80 }] }, migrate: { image: 'w' } },
        choices: { migrate: { isChecked: true } },
      },
      'services.migrate: a check asks migrate, a job (of its name), which has ended by then',
    ],
    [
      'a name that DNS cannot carry',
      {
        services: { web: { image: 'w' } },
        choices: { web: routed() },
        app: 'a'.repeat(30),
        environment: 'e'.repeat(30),
      },
      `services.web: ${'a'.repeat(30)}-${'e'.repeat(30)}-web-a ` +
        'is longer than the 63 characters that a name may have',
    ],
    [
      'the port of the proxy for a service without routes',
      { services: { web: { image: 'w', ports: [{ target: 80, published: '80' }] } } },
      "services.web.ports: port 80:80 is where Belay's own proxy listens",
    ],
  ])('%s is a problem', (_, wish, problem) => {
    expect(problemsOf(renderedFor(wish))).toEqual([problem])
  })

  it('a job of a profile that is not active is none', () => {
    const rendered = renderedFor({
      services: { web: { image: 'w' } },
      choices: { seed: { role: 'job' } },
    })
    expect(rendered.problems).toEqual([])
  })
})
