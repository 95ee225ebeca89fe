import { describe, expect, it } from 'vitest'
import {
  notesOn,
  problemsOf,
  renderedFor,
  routed,
  type Wish,
} from '../../../../tests/render/requests.ts'

const CACHE = { image: 'redis', restart: 'always' }

function release(wish: Wish) {
  const { services, networks } = renderedFor(wish).release
  return { networks, joined: (name: string) => services[`${name}-r42`]?.networks }
}

describe('names', () => {
  it('on the release’s own network are those of the compose file', () => {
    const { joined } = release({
      services: {
        web: { image: 'w', links: ['api:backend', 'api'] },
        api: {
          image: 'a',
          container_name: 'the-api',
          networks: { default: { aliases: ['core', 'api'] } },
        },
      },
    })
    expect(joined('api')).toEqual({ default: { aliases: ['api', 'the-api', 'core', 'backend'] } })
    expect(joined('web')).toEqual({ default: { aliases: ['web'] } })
  })

  it('on a network of the base are none but the release’s', () => {
    const services = {
      web: { image: 'w', networks: { default: { aliases: ['core'] } } },
      cache: CACHE,
    }
    expect(release({ services }).joined('web')).toEqual({
      default: { aliases: ['web', 'core'] },
      'base.default': null,
    })
  })

  it('are kept on a network of strangers only while there is one of it', () => {
    const model = { networks: { default: {}, edge: { name: 'edge', external: true } } }
    const networks = { edge: { aliases: ['shop-web'] } }
    const wish = (rollout: 'overlap' | 'handover'): Wish => ({
      services: { web: { image: 'w', expose: ['80'], networks } },
      model,
      choices: { web: { rollout } },
    })
    expect(release(wish('handover')).joined('web')?.['base.edge']).toEqual({
      aliases: ['web', 'shop-web'],
    })
    expect(release(wish('overlap')).joined('web')?.['base.edge']).toBeNull()
    expect(notesOn(renderedFor(wish('overlap')), 'networks.edge')).toEqual([
      'on edge other projects find web by its plain name only after a hand-over',
    ])
  })
})

describe('own networks', () => {
  it('are as few as what each service reaches allows', () => {
    const { networks, joined } = release({
      services: {
        nginx: { image: 'n', networks: { front: null, back: null } },
        api: { image: 'a', networks: { back: null, data: null } },
        cache: { ...CACHE, networks: { data: null } },
      },
      model: { networks: { front: {}, back: {}, data: { internal: true } } },
    })
    expect(Object.keys(networks ?? {})).toEqual(['back', 'base.data'])
    expect(joined('nginx')).toEqual({ back: { aliases: ['nginx'] } })
    expect(joined('api')).toEqual({ back: { aliases: ['api'] }, 'base.data': null })
  })

  it('are not opened: a service of an internal network gets no open one', () => {
    const { networks, joined } = release({
      services: {
        web: { image: 'w', networks: { open: null, closed: null } },
        api: { image: 'a', networks: { closed: null } },
      },
      model: { networks: { open: {}, closed: { internal: true } } },
    })
    expect(networks).toEqual({
      closed: { name: '0-shop-r42_closed', internal: true },
      open: { name: '0-shop-r42_open' },
    })
    expect(joined('api')).toEqual({ closed: { aliases: ['api'] } })
  })

  it('are like the user’s, without what there can be only once', () => {
    const network = {
      name: 'fixed',
      driver: 'bridge',
      enable_ipv6: true,
      ipam: { config: [{ subnet: '10.9.0.0/24' }] },
      driver_opts: {
        'com.docker.network.bridge.name': 'br-shop',
        'com.docker.network.driver.mtu': '1400',
      },
      labels: { team: 'shop' },
    }
    const rendered = renderedFor({
      services: { web: { image: 'w' } },
      model: { networks: { default: network } },
    })
    expect(rendered.release.networks).toEqual({
      default: {
        name: '0-shop-r42_default',
        driver: 'bridge',
        driver_opts: { 'com.docker.network.driver.mtu': '1400' },
        labels: { team: 'shop' },
      },
    })
    expect(notesOn(rendered, 'networks.default.ipam')).toEqual([
      'its address range is left to Docker: two releases cannot have the same',
    ])
  })

  it('sort before every other, whose turn in names and routes comes after', () => {
    const names = Object.values(
      release({ services: { web: { image: 'w' }, cache: CACHE }, choices: { web: routed() } })
        .networks ?? {},
    ).map((network) => network?.name)
    expect(names.every((name) => (name ?? '') >= '0-shop-r42_default')).toBe(true)
  })
})

const lan = (network: object, accessory = true): Wish => ({
  services: {
    web: { image: 'w', networks: { lan: null } },
    ...(accessory ? { cache: { ...CACHE, networks: { lan: null } } } : {}),
  },
  model: { networks: { lan: { name: 'shop_lan', ...network } } },
})

const made = (network: object) => renderedFor(lan(network)).networks

describe('networks of the base', () => {
  it('are made before the release when a name is all they need', () => {
    expect(made({})).toEqual([{ name: 'shop_lan', key: 'lan', external: false }])
    expect(made({ internal: true })).toEqual([
      { name: 'shop_lan', key: 'lan', external: false, internal: true },
    ])
    expect(made({ external: true })).toEqual([{ name: 'shop_lan', key: 'lan', external: true }])
  })

  it('are left to compose and the accessories when they need more', () => {
    expect(made({ ipam: { config: [{ subnet: '10.9.0.0/24' }] } })).toEqual([])
    expect(made({ driver: 'bridge' })).toEqual([])
  })

  it('of another driver cannot be made for a release', () => {
    const macvlan = { driver: 'macvlan' }
    expect(problemsOf(renderedFor(lan(macvlan, false)))).toEqual([
      'networks.lan.driver: a network of macvlan cannot be made for each release',
    ])
    expect(problemsOf(renderedFor(lan(macvlan)))).toEqual([])
    expect(problemsOf(renderedFor(lan({ ...macvlan, external: true }, false)))).toEqual([])
  })
})

const fixed = (accessory: boolean): Wish => ({
  services: {
    web: { image: 'w', networks: { lan: { ipv4_address: '10.9.0.5', priority: 1 } } },
    ...(accessory ? { cache: { ...CACHE, networks: { lan: null } } } : {}),
  },
  model: { networks: { lan: { ipam: { config: [{ subnet: '10.9.0.0/24' }] } } } },
})

describe('a fixed address', () => {
  it('is kept on the base’s network, for one release at a time', () => {
    const rendered = renderedFor(fixed(true))
    expect(rendered.release.services['web-r42']?.networks).toEqual({
      lan: { aliases: ['web'], priority: 1 },
      'base.lan': { ipv4_address: '10.9.0.5', priority: 1 },
    })
    expect(rendered.services[0]).toMatchObject({
      rollout: 'handover',
      because: 'it has a fixed address',
    })
  })

  it('cannot be had on a network that each release has of its own', () => {
    expect(problemsOf(renderedFor(fixed(false)))).toEqual([
      'services.web.networks.lan: a fixed address on lan, which each release has of its own',
    ])
  })
})

it('a service of internal networks alone can get out by the proxy’s: a warning', () => {
  const rendered = renderedFor({
    services: { web: { image: 'w' } },
    model: { networks: { default: { internal: true } } },
    choices: { web: routed() },
  })
  expect(notesOn(rendered, 'services.web.networks')).toEqual([
    'its networks are internal, but by the one it shares with the proxy it can get out',
  ])
})
