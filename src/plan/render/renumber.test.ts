import { expect, it } from 'vitest'
import { renderedFor, routed, type Wish } from '../../../tests/render/requests.ts'
import type { Release } from '../release.ts'
import type { Rendered } from './rendered.ts'
import { renumber } from './renumber.ts'

const WISH: Wish = {
  services: {
    web: {
      image: 'w',
      container_name: 'front',
      ports: [{ target: 8000, published: '8000' }],
      depends_on: { api: { condition: 'service_healthy' } },
    },
    api: { image: 'a', deploy: { replicas: 2 }, links: ['db:database'] },
    side: { image: 's', network_mode: 'service:hub', volumes_from: ['hub:ro', 'container:x'] },
    hub: { image: 'h', expose: ['80'], volumes: [{ type: 'volume', target: '/data' }] },
    migrate: { image: 'm' },
    db: { image: 'postgres', restart: 'always' },
  },
  choices: { web: routed() },
}

function releaseOf({ services, release }: Rendered, id: string): Release {
  return {
    id,
    baseProject: 'shop',
    project: release.name,
    services: services.map((service) => ({
      ...service,
      image: { reference: service.image.reference, id: '', keepTag: `belay/shop/x:${id}` },
    })),
  } as unknown as Release
}

it.each(['r43', 'r42.1'])('a release with another number, %s, is as if rendered with it', (id) => {
  const before = renderedFor(WISH)
  const after = renderedFor({ ...WISH, release: id })
  const again = renumber(releaseOf(before, 'r42'), before.release, id)
  expect(again.compose).toEqual(after.release)
  expect(again.release.services).toEqual(releaseOf(after, id).services)
})
