import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { RolloutKind } from '../../src/base/words.ts'
import type { AppConfig, ServiceConfig } from '../../src/config/app-config.ts'
import type { HttpSettings } from '../../src/config/checks/http.ts'
import { BUILD_DEFAULTS } from '../../src/config/pipeline/build.ts'
import { DEFAULTS, SERVICE_DEFAULTS } from '../../src/config/defaults.ts'
import type { ImageFacts } from '../../src/hosts/host.ts'
import type { Workstation } from '../../src/hosts/workstation.ts'
import type { ComposeModel } from '../../src/plan/compose-model.ts'
import { NOTHING_WRITTEN } from '../support/worlds.ts'

/** The app that simulations deploy, and how. */
export interface Shop {
  readonly rollout: RolloutKind
  readonly replicas: number
  readonly hosts: readonly string[]
  /** A worker beside the web, and a job before them. */
  readonly isWhole: boolean
  readonly wave: AppConfig['wave']
  /** How many good looks a proof takes. */
  readonly samples: number
  /** The image of its database, where it is not the first. */
  readonly database?: string
  /** Its database is backed up before a deployment changes anything. */
  readonly isBackedUp?: boolean
  /** How long its app may take to stop; three seconds when not given. */
  readonly stopGraceMs?: number
}

/** Each rollout, with as many replicas as make it what it is. */
export const OVERLAP = { rollout: 'overlap', replicas: 1 } as const
export const HANDOVER = { rollout: 'handover', replicas: 1 } as const
export const ROLLING = { rollout: 'rolling', replicas: 3 } as const
export const ROLLOUTS = [OVERLAP, HANDOVER, ROLLING]

/** Each on one host, as small and as soon proved as it can be: for sweeps over all their moments. */
export const ALONE = ROLLOUTS.map((shop) => ({
  ...shop,
  hosts: ['one'],
  replicas: Math.min(shop.replicas, 2),
  samples: 1,
}))
/** Two of them on two hosts. */
export const TOGETHER = ALONE.slice(0, 2).map((shop) => ({ ...shop, hosts: ['one', 'two'] }))

export const SCOPE = { app: 'shop', environment: 'production' } as const
export const FRONT_DOOR = { host: 'shop.example.com', path: '/' } as const
/** In the app's environment, and to be printed nowhere. */
export const SECRET = 'hunter2-in-the-well'
const PORT = 8000

export function imageOf(version: number): string {
  return `shop:${version}`
}

export const OTHER_IMAGES = [
  DEFAULTS.proxy.image,
  'postgres:16',
  'postgres:17',
  'shop-worker:1',
  'shop-job:1',
]

/** What the user's compose file says once `docker compose config` has read it. */
function model(
  { replicas, isWhole, database = 'postgres:16' }: Shop,
  version: number,
): ComposeModel {
  const web = {
    image: imageOf(version),
    environment: { VERSION: String(version), API_KEY: SECRET },
    networks: { default: null },
    ...(replicas > 1 ? { deploy: { replicas } } : {}),
  }
  const more = {
    worker: { image: 'shop-worker:1', networks: { default: null } },
    job: { image: 'shop-job:1', networks: { default: null } },
  }
  return {
    name: 'shop',
    services: {
      db: { image: database, restart: 'always', networks: { default: null } },
      web,
      ...(isWhole ? more : {}),
    },
    networks: { default: { name: 'shop_default' } },
  }
}

export function configOf(shop: Shop): AppConfig {
  const settings: HttpSettings = {
    path: '/health',
    port: PORT,
    status: [200],
    sendHeaders: {},
    headers: {},
    timeoutMs: 2000,
  }
  const web: ServiceConfig = {
    rollout: shop.rollout,
    routes: [{ domain: FRONT_DOOR.host, path: '/', port: PORT }],
    checks: [{ kind: 'http', settings }],
    startTimeoutMs: 5000,
    drainMs: 2000,
    holdMs: 30_000,
    stopGraceMs: shop.stopGraceMs ?? 3000,
  }
  const job: ServiceConfig = { ...SERVICE_DEFAULTS, role: 'job' }
  const worker: ServiceConfig = { ...SERVICE_DEFAULTS, role: 'worker' }
  const smoke: HttpSettings = { ...settings, path: '/' }
  const { port: _, ...throughFrontDoor } = smoke
  return {
    ...SCOPE,
    directory: '/shop',
    file: '/shop/belay.yaml',
    compose: { files: ['/shop/compose.yaml'], profiles: [] },
    env: { required: [], values: {} },
    hosts: shop.hosts.map((name) => ({ name, kind: 'ssh', destination: name })),
    services: { web, ...(shop.isWhole ? { job, worker } : {}) },
    smoke: [{ kind: 'http', service: 'web', settings: throughFrontDoor }],
    tests: [],
    build: BUILD_DEFAULTS,
    wave: shop.wave,
    keep: 3,
    proxy: { mode: 'shared', ...DEFAULTS.proxy, tls: 'off' },
    proof: { samples: shop.samples, intervalMs: 200, soakMs: 0 },
    hook: { busy: 'wait' },
    setup: { folders: [], firewall: [] },
    backup: shop.isBackedUp === true ? [{ kind: 'postgres', name: 'db', service: 'db' }] : [],
    backups: {
      keepMs: 604_800_000,
      keepAtLeast: 3,
      required: true,
      timeoutSeconds: 1800,
      verify: 'read',
    },
    watchdogSeconds: 60,
    registries: [],
    notify: [],
    tasks: [],
  }
}

export function factsOf(reference: string): ImageFacts {
  const id = `sha256:${createHash('sha256').update(reference).digest('hex')}`
  return {
    id,
    architecture: 'amd64',
    digests: [],
    layers: [],
    volumes: [],
    user: '',
    sizeBytes: 1_000_000,
  }
}

/** A machine with the user's files and no Docker: every image is on the hosts already. */
export function workstationOf(shop: Shop, version: number): Workstation {
  return {
    composeConfig: () => Promise.resolve(model(shop, version)),
    composeWritten: () => Promise.resolve({ ...NOTHING_WRITTEN, name: 'shop', secrets: [SECRET] }),
    whyNoDocker: () => Promise.resolve('there is no docker command'),
    imageFacts: () => Promise.resolve({}),
    build: () => Promise.reject(new Error('nothing is built in a simulation')),
    pushThrough: () => Promise.reject(new Error('nothing is pushed in a simulation')),
    registryPause: () => Promise.resolve(undefined),
    packLayers: () => Promise.resolve(undefined),
    saveImages: () => Readable.from([]),
    pullImage: () => Promise.reject(new Error('nothing is pulled in a simulation')),
    commit: () => Promise.resolve(undefined),
    repository: () => Promise.resolve(undefined),
    trackedFiles: () => Promise.resolve(undefined),
    readFile: () => Promise.resolve({ content: new Uint8Array(), mode: 0o644 }),
    kindOf: () => Promise.resolve(undefined),
    listFiles: () => Promise.resolve([]),
    modifiedAt: () => Promise.resolve(undefined),
    runCommand: () => Promise.reject(new Error('nothing is run in a simulation')),
    ask: () => Promise.reject(new Error('nothing is asked from here in a simulation')),
    runScript: () => Promise.reject(new Error('nothing is run in a simulation')),
    readBuildContext: () =>
      Promise.resolve({ hash: '', dirty: [], from: { kind: 'folder', because: 'no-git' } }),
    originOf: () => Promise.resolve(undefined),
    packBuild: () => Promise.reject(new Error('nothing is built in a simulation')),
  }
}
