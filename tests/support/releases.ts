import type { Observed, ObservedContainer } from '../../src/plan/observed.ts'
import type { Release, ReleaseService } from '../../src/plan/release.ts'

/** A routed service of `shop`, as a release records it. */
export function serviceOf(release: string, over: Partial<ReleaseService> = {}): ReleaseService {
  const name = over.name ?? 'web'
  return {
    name,
    key: `${name}-${release}`,
    role: 'app',
    rollout: 'overlap',
    because: 'it writes no volume',
    containers: [`shop-${release}-${name}-1`],
    image: { reference: 'shop:1', id: 'sha256:1', keepTag: `belay/shop/${name}:${release}` },
    definition: 'd1',
    routes: [{ domain: '*', path: '/', port: 8000 }],
    routeKey: `shop-production-${name}`,
    slotKey: `shop-production-${name}`,
    healthTimeoutMs: 5000,
    stopGraceSeconds: 10,
    drainSeconds: 30,
    holdSeconds: 30,
    startTimeoutMs: 60_000,
    ...over,
  }
}

export function releaseOf(id: string, over: Partial<Release> = {}): Release {
  return {
    schema: 1,
    id,
    app: 'shop',
    environment: 'production',
    createdAt: '2026-01-01T00:00:00.000Z',
    createdBy: 'test@here',
    fingerprint: id,
    baseProject: 'shop',
    project: `shop-${id}`,
    slot: 'a',
    services: [serviceOf(id)],
    accessories: [],
    checks: [],
    proxy: 'shared',
    tls: 'off',
    volumes: [],
    networks: [],
    ...over,
  }
}

/** A host on which `serving` runs as recorded; a fresh one without it. */
export function observedOf(
  host: string,
  serving?: Release,
  over: Partial<Observed> = {},
): Observed {
  const routed = serving?.services.filter(({ routeKey }) => routeKey !== undefined) ?? []
  return {
    host,
    facts: {
      kit: 'k',
      stateRoot: '/var/lib/belay',
      user: 'root',
      uptimeSeconds: 1000,
      bootId: 'boot',
      clock: 0,
      dockerVersion: '26.1.5',
      composeVersion: '2.26.1',
      architecture: 'amd64',
      imageStore: 'classic',
      memoryAvailableBytes: 4e9,
      diskFreeBytes: 1e11,
      stateDiskFreeBytes: 1e11,
    },
    epoch: 0,
    decision: { state: 'none' },
    ...(serving === undefined ? {} : { current: serving.id }),
    releases: serving === undefined ? [] : [{ id: serving.id, mark: 'good', release: serving }],
    tokens: Object.fromEntries(routed.map(({ routeKey }) => [routeKey, serving?.slot ?? 'a'])),
    containers: serving?.services.flatMap((service) => containersOf(serving, service)) ?? [],
    tasks: [],
    networks: serving === undefined ? [] : ['belay'],
    volumes: [],
    proxy: {
      running: serving !== undefined,
      sites: serving === undefined ? {} : { 'shop-production': 'hash' },
      claims: {},
      takenPorts: [],
    },
    damagedJournalLines: [],
    backups: [],
    problems: [],
    ...over,
  }
}

function containersOf(release: Release, service: ReleaseService): ObservedContainer[] {
  return service.containers.map((name) => containerOf(name, { release, service: service.name }))
}

export function containerOf(
  name: string,
  about: Partial<Omit<ObservedContainer, 'release'>> & { release?: Release; service: string },
): ObservedContainer {
  const { release, service, ...over } = about
  const { id, app, environment } = release ?? {}
  return {
    id: name,
    name,
    project: release?.project ?? 'shop',
    service,
    ...(id === undefined ? {} : { release: id }),
    ...(app === undefined ? {} : { app }),
    ...(environment === undefined ? {} : { environment }),
    state: 'running',
    health: 'healthy',
    exitCode: 0,
    restartCount: 0,
    restartPolicy: 'always',
    imageId: 'sha256:1',
    startedAt: '',
    publishedPorts: [],
    ...over,
  }
}
