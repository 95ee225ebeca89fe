import { describe, expect, it } from 'vitest'
import {
  notesOn,
  problemsOf,
  renderedFor,
  routed,
  type Wish,
} from '../../../tests/render/requests.ts'
import type { ComposeService } from '../compose-model.ts'

const VOLUME = { volumes: [{ type: 'volume', source: 'data', target: '/data' }] }
const after = (...names: string[]) => ({
  depends_on: Object.fromEntries(
    names.map((name) => [name, { condition: 'service_started' as const }]),
  ),
})

/** `rollout: because`, by service. */
function chosen(wish: Wish): Record<string, string> {
  const { services } = renderedFor(wish)
  return Object.fromEntries(
    services.map(({ name, rollout, because }) => [name, `${rollout}: ${because}`]),
  )
}

describe('what two cannot have at once is handed over', () => {
  it.each<[string, ComposeService, string]>([
    ['nothing', {}, 'overlap: two of it can run side by side'],
    ['a volume', VOLUME, 'handover: it writes to the volume data'],
    [
      'a port',
      { ports: [{ target: 25, published: '25' }] },
      'handover: it publishes port 25:25 itself',
    ],
    [
      'a local UDP port',
      { ports: [{ target: 53, published: '53', protocol: 'udp', host_ip: '127.0.0.1' }] },
      'handover: it publishes port 127.0.0.1:53:53/udp itself',
    ],
    ['any free port', { ports: [{ target: 25 }] }, 'overlap: two of it can run side by side'],
    [
      'port 0, which is any',
      { ports: [{ target: 25, published: '0' }] },
      'overlap: two of it can run side by side',
    ],
    [
      'the network of the server',
      { network_mode: 'host' },
      "handover: it is on the server's own network",
    ],
    [
      'a hardware address',
      { mac_address: '02:42:ac:11:65:43' },
      'handover: it has a fixed address',
    ],
  ])('%s', (_, service, expected) => {
    const api = { image: 'a', expose: ['80'], ...service }
    expect(chosen({ services: { api } })).toEqual({ api: expected })
  })

  it('a routed port is the proxy’s, and stands in nobody’s way', () => {
    const ports = [{ target: 8000, published: '8000' }]
    const services = { web: { image: 'w', ports } }
    expect(chosen({ services, choices: { web: routed(8000) } })).toEqual({
      web: 'overlap: two of it can run side by side',
    })
  })

  it('workers, which would take jobs unproved', () => {
    expect(chosen({ services: { mails: { image: 'm' } } })).toEqual({
      mails: 'handover: an unproved worker would take jobs that nobody gives back',
    })
  })
})

const choice = (service: ComposeService, proxy: 'shared' | 'none' = 'none') =>
  chosen({
    services: { web: { image: 'w', expose: ['80'], ...service } },
    model: { networks: { default: {}, edge: { name: 'edge', external: true } } },
    proxy,
  })['web']

describe('with a proxy of the user’s own', () => {
  it('Traefik must not see two', () => {
    const labels = { 'traefik.enable': 'true' }
    expect(choice({ labels })).toBe('handover: Traefik would send requests to it unproved')
    expect(choice({ labels }, 'shared')).toContain('overlap')
  })

  it('nor anyone who finds it by name', () => {
    expect(choice({ networks: { edge: null } })).toBe('handover: others find it by name on edge')
  })
})

describe('a hand-over takes along', () => {
  it('what depends on it, or its requests would fail', () => {
    const services = {
      nginx: { image: 'n', ...after('api') },
      api: { image: 'a', ...after('store') },
      store: { image: 's', ...VOLUME },
      other: { image: 'o', expose: ['80'] },
    }
    expect(chosen({ services, choices: { nginx: routed() } })).toEqual({
      store: 'handover: it writes to the volume data',
      api: 'handover: it needs store, which is handed over because it writes to the volume data',
      nginx:
        'handover: it needs api, which is handed over because it needs store, ' +
        'which is handed over because it writes to the volume data',
      other: 'overlap: two of it can run side by side',
    })
  })

  it('what shares its network', () => {
    const services = {
      vpn: { image: 'v', expose: ['80'], ...VOLUME },
      app: { image: 'a', expose: ['80'], network_mode: 'service:vpn' },
    }
    expect(chosen({ services })['app']).toBe(
      'handover: it shares a container with vpn, which is handed over',
    )
  })

  it('nothing because of a worker or a job', () => {
    const services = {
      web: { image: 'w', expose: ['80'], ...after('worker', 'init') },
      worker: { image: 'x', ...VOLUME },
      init: { image: 'i', ...VOLUME },
    }
    const choices = { worker: { role: 'worker' }, init: { role: 'job' } } as const
    expect(chosen({ services, choices })['web']).toContain('overlap')
  })

  it('is told where the proxy cannot hold the requests', () => {
    const services = { web: { image: 'w' }, api: { image: 'a', expose: ['80'], ...VOLUME } }
    const told = (more: ComposeService) =>
      notesOn(
        renderedFor({
          services: { ...services, web: { ...services.web, ...more } },
          choices: { web: routed() },
        }),
        'services.api',
      )
    expect(told({})).toEqual([
      'who calls it during the hand-over gets an error: the proxy does not hold for it',
    ])
    expect(told(after('api'))).toEqual([])
  })
})

const wish = (rollout: 'overlap' | 'rolling' | 'handover', service: ComposeService) =>
  renderedFor({
    services: { api: { image: 'a', expose: ['80'], ...service } },
    choices: { api: { rollout } },
  })

describe('the user’s choice', () => {
  it('holds, and its risk is told', () => {
    const rendered = wish('overlap', VOLUME)
    expect(rendered.services[0]).toMatchObject({
      rollout: 'overlap',
      because: 'belay.yaml says so',
    })
    expect(rendered.notes).toContainEqual({
      level: 'warning',
      about: 'services.api.rollout',
      text: 'overlap runs old and new at once, but it writes to the volume data',
    })
  })

  it('is refused where the second would not even start', () => {
    expect(problemsOf(wish('overlap', { ports: [{ target: 25, published: '25' }] }))).toEqual([
      'services.api.rollout: overlap needs old and new side by side, which cannot be: ' +
        'it publishes port 25:25 itself',
    ])
  })

  it('to roll needs replicas', () => {
    expect(problemsOf(wish('rolling', {}))).toEqual([
      'services.api.rollout: rolling replaces replicas in batches, and api has only one',
    ])
    expect(problemsOf(wish('rolling', { scale: 2 }))).toEqual([])
  })

  it('to hand over is always possible', () => {
    expect(wish('handover', {}).services[0]?.phase).toBe('handover')
    const { problems } = wish('handover', { ports: [{ target: 25, published: '25' }] })
    expect(problems).toEqual([])
  })

  it('of an overlap above a hand-over is told once', () => {
    const services = { api: { image: 'a', ...VOLUME }, web: { image: 'w', ...after('api') } }
    const choices = { web: { ...routed(), rollout: 'overlap' } } as const
    expect(notesOn(renderedFor({ services, choices }), 'services.web.rollout')).toEqual([
      'it needs api, which is handed over because it writes to the volume data',
    ])
  })
})

it('each service has a phase', () => {
  const services = {
    migrate: { image: 'm' },
    web: { image: 'w', expose: ['80'] },
    api: { image: 'a', expose: ['80'], ...VOLUME },
    worker: { image: 'x' },
    fast: { image: 'f' },
  }
  const choices = { fast: { role: 'worker', rollout: 'overlap' } } as const
  const { services: found } = renderedFor({ services, choices })
  expect(Object.fromEntries(found.map(({ name, phase }) => [name, phase]))).toEqual({
    migrate: 'jobs',
    web: 'side-by-side',
    fast: 'side-by-side',
    api: 'handover',
    worker: 'workers',
  })
})
