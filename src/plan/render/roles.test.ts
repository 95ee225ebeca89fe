import { describe, expect, it } from 'vitest'
import type { ComposeService } from '../compose-model.ts'
import type { ServiceChoice } from './request.ts'
import { isAccessoryImage, rolesOf } from './roles.ts'

function roles(
  services: Record<string, ComposeService>,
  choices: Record<string, Partial<ServiceChoice>> = {},
): Record<string, string> {
  const full = Object.entries(choices).map(([name, choice]): [string, ServiceChoice] => [
    name,
    { routes: [], checkPorts: [], ...choice },
  ])
  const found = rolesOf({ services }, Object.fromEntries(full))
  return Object.fromEntries(
    Object.entries(found).map(([name, { role, because }]) => [name, `${role}: ${because}`]),
  )
}

describe('an accessory is known by its image', () => {
  it.each([
    'postgres',
    'postgres:17-alpine',
    'redis@sha256:0123',
    'docker.io/library/redis:7@sha256:0123',
    'registry.example.com:5000/mirror/mysql:8',
    'bitnami/postgresql',
    'mcr.microsoft.com/mssql/server:2022-latest',
    'Confluentinc/cp-kafka',
    'minio/minio',
    'grafana/grafana:11',
  ])('%s', (image) => expect(isAccessoryImage(image)).toBe(true))

  it.each(['etl-kafka', 'my-redis', 'redis-commander', 'minio/mc', 'nginx', 'postgres-backup', ''])(
    'and %s is none',
    (image) => expect(isAccessoryImage(image)).toBe(false),
  )

  it('never when it is built, nor when it has routes', () => {
    expect(
      roles(
        { db: { image: 'postgres', build: {} }, ui: { image: 'grafana/grafana' } },
        { ui: { routes: [{ domain: '*', path: '/', port: 3000 }] } },
      ),
    ).toEqual({
      db: 'worker: nothing calls it: no route, no port, no dependant',
      ui: 'app: it has routes',
    })
  })
})

describe('a job', () => {
  it('is what another waits for to complete, even with the image of an accessory', () => {
    const waits = { condition: 'service_completed_successfully' } as const
    expect(
      roles({ init: { image: 'postgres' }, web: { image: 'w', depends_on: { init: waits } } }).init,
    ).toBe('job: web waits until it is done')
  })

  it('is what nobody calls and says that it will not be restarted', () => {
    expect(roles({ report: { image: 'r', restart: 'no' } })).toEqual({
      report: 'job: it says restart: "no"',
    })
  })

  it.each(['migrate', 'db-migrate', 'createbuckets', 'create-buckets', 'seed_data', 'Setup'])(
    'is what nobody calls and is called %s',
    (name) => expect(roles({ [name]: { image: 'x' } })[name]).toBe('job: of its name'),
  )
})

/** What api is beside another service with these settings. */
const besides = (service: ComposeService): string | undefined =>
  roles({ api: { image: 'a' }, web: service })['api']

describe('an app is what others call', () => {
  const worker = 'worker: nothing calls it: no route, no port, no dependant'

  it.each<[string, Partial<ComposeService>, string]>([
    ['a published port', { ports: [{ target: 80 }] }, 'it publishes a port'],
    ['an exposed port', { expose: ['80'] }, 'it exposes a port'],
    [
      'an HTTP healthcheck',
      { healthcheck: { test: ['CMD', 'curl', 'localhost'] } },
      'its healthcheck asks it by HTTP',
    ],
  ])('by %s', (_, service, because) => {
    expect(roles({ api: { image: 'a', ...service } })).toEqual({ api: `app: ${because}` })
  })

  it('by a dependant or an address in the settings of another', () => {
    expect(besides({ depends_on: { api: { condition: 'service_started' } } })).toBe(
      'app: web depends on it',
    )
    const addressed = 'app: web has an address of it'
    expect(besides({ environment: { API: 'http://api:3000/v1' } })).toBe(addressed)
    expect(besides({ environment: { UPSTREAMS: 'x:80,api:3000' } })).toBe(addressed)
    expect(besides({ environment: { API_HOST: 'api' } })).toBe(addressed)
    expect(besides({ command: ['proxy', '--to=api:3000'] })).toBe(addressed)
  })

  it('not by words that only look like it', () => {
    expect(besides({ environment: { QUEUE: 'api' } })).toBe(worker)
    expect(besides({ environment: { URL: 'https://api.example.com/' } })).toBe(worker)
    expect(besides({ environment: { URL: 'http://my-api:80' } })).toBe(worker)
  })
})

it('the user’s word holds against all of it', () => {
  expect(roles({ db: { image: 'postgres' } }, { db: { role: 'app' } })).toEqual({
    db: 'app: as belay.yaml says',
  })
})
