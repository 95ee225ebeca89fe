import { expect, it } from 'vitest'
import { problemsOf, renderedFor, routed } from '../../../../tests/render/requests.ts'

const services = {
  web: {
    image: 'shop:1',
    entrypoint: ['/start.sh'],
    command: ['serve'],
    user: '1001',
    environment: { DATABASE_URL: 'postgres://db/shop' },
    healthcheck: { test: ['CMD', 'true'] },
    hostname: 'shop',
    ports: [{ target: 9000, published: '9000', protocol: 'tcp' }],
    networks: { default: { aliases: ['shop'] }, more: null },
    volumes: [{ type: 'volume' as const, source: 'data', target: '/data' }],
    depends_on: { worker: { condition: 'service_started' as const, required: true } },
  },
  worker: { image: 'shop:1' },
  db: { image: 'postgres:17' },
}
const model = {
  networks: { default: { name: 'shop_default' }, more: { name: 'shop_more' } },
  volumes: { data: { name: 'shop_data' } },
}
const argv = ['/bin/sh', '-c', 'alembic upgrade "$TO"']
const migrate = { key: 'belay-migrate', service: 'web', argv, path: 'migrate.service' }

it('a command must have all that its service has, under none of its names', () => {
  const choices = { web: routed() }
  const { release } = renderedFor({ services, model, choices, commands: [migrate] })
  const web = release.services['web-r42']
  const networks = Object.keys(web?.networks ?? {})
  expect(networks.length).toBeGreaterThan(1)
  expect(release.services['belay-migrate']).toEqual({
    image: 'shop:1',
    pull_policy: 'never',
    entrypoint: ['/bin/sh', '-c', 'alembic upgrade "$$TO"'],
    user: '1001',
    environment: { DATABASE_URL: 'postgres://db/shop' },
    healthcheck: { disable: true },
    restart: 'no',
    labels: web?.labels,
    volumes: web?.volumes,
    networks: Object.fromEntries(networks.map((key) => [key, {}])),
    logging: { driver: 'json-file', options: { 'max-size': '5m', 'max-file': '2' } },
  })
})

it('must leave the rest of the release as it is without it', () => {
  const without = renderedFor({ services, model }).release
  const { 'belay-migrate': _, ...others } = renderedFor({ services, model, commands: [migrate] })
    .release.services
  expect(others).toEqual(without.services)
})

it.each([
  ['wbe', 'migrate.service: compose has no service wbe; did you mean "web"?'],
  ['db', 'migrate.service: db is an accessory, which no release brings'],
])('a command of %s must be refused where it is written', (service, text) => {
  const rendered = renderedFor({ services, model, commands: [{ ...migrate, service }] })
  expect(problemsOf(rendered).join('\n')).toContain(text)
})
