import { Failure } from '../../src/base/failure.ts'
import { Secrets } from '../../src/base/secret.ts'
import type { Event } from '../../src/base/event.ts'
import type { AppConfig } from '../../src/config/app-config.ts'
import { BUILD_DEFAULTS } from '../../src/config/pipeline/build.ts'
import type { Host } from '../../src/hosts/host.ts'
import type { ComposeWritten, Workstation } from '../../src/hosts/workstation.ts'
import type { World } from '../../src/operations/world.ts'
import type { Observed } from '../../src/plan/observed.ts'

/** What a host does in a test of an operation that only reads; anything else it does is a mistake. */
export type StubHost = { readonly observed: Observed | Failure } & Partial<Omit<Host, 'name'>>

/** Compose files that say nothing. */
export const NOTHING_WRITTEN: ComposeWritten = {
  secrets: [],
  services: [],
  mistakes: [],
  warnings: [],
  missing: [],
  outsideArguments: [],
  namesInEnvFiles: new Set(),
}

/** A world of stub hosts by name, its events kept. */
export function stubWorld(
  hosts: Readonly<Record<string, StubHost>>,
  over: Partial<World> = {},
): World & { readonly told: Event[] } {
  const told: Event[] = []
  return {
    told,
    clock: { now: () => 0, monotonic: () => 0, sleep: async () => {} },
    tell: (event) => void told.push(event),
    secrets: new Secrets(),
    owner: 'test@here',
    signal: new AbortController().signal,
    hostAt: ({ name }) => hostOf(name, hosts[name]!),
    workstation: Object.assign(refusing('the workstation') as Workstation, {
      composeWritten: async () => NOTHING_WRITTEN,
    }),
    courier: { deliver: async () => ({ kind: 'taken', text: '' }) },
    runLog: () => '',
    newRun: () => 'run-1',
    ...over,
  }
}

function hostOf(name: string, { observed, ...over }: StubHost): Host {
  const connect = async (): Promise<Observed> => {
    if (observed instanceof Failure) throw observed
    return observed
  }
  const known = { name, roundTrips: 0, connect, close: async () => {}, ...over }
  return Object.assign(refusing(name), known) as unknown as Host
}

function refusing(what: string): object {
  return new Proxy(
    {},
    {
      get: (target, key) =>
        key in target || key === 'then' || typeof key === 'symbol'
          ? Reflect.get(target, key)
          : () => {
              throw new Error(`${what} was asked to ${key}`)
            },
    },
  )
}

export function configOf(hosts: readonly string[], over: Partial<AppConfig> = {}): AppConfig {
  return {
    app: 'shop',
    environment: 'production',
    directory: '/work/shop',
    file: '/work/shop/belay.yaml',
    compose: { files: ['/work/shop/compose.yaml'], profiles: [] },
    env: { required: [], values: {} },
    hosts: hosts.map((name) => ({ name, kind: 'ssh', destination: name })),
    services: {},
    smoke: [],
    tests: [],
    build: BUILD_DEFAULTS,
    wave: { kind: 'count', hosts: 1 },
    keep: 5,
    proxy: {
      mode: 'shared',
      image: 'caddy:2.11.4',
      httpPort: 80,
      httpsPort: 443,
      tls: 'auto',
      balancer: [],
    },
    proof: { samples: 3, intervalMs: 500, soakMs: 0 },
    hook: { busy: 'wait' },
    setup: { folders: [], firewall: [] },
    backup: [],
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
    ...over,
  }
}
