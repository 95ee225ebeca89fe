import { parseHostAddress } from '../hosts-address.ts'
import type { AppConfig, CheckConfig, HostAddress, ProxyConfig } from '../app-config.ts'
import type { ServiceConfig, Wave } from '../app-config.ts'
import { DEFAULTS } from '../defaults.ts'
import { resolveBackups } from '../pipeline/backups.ts'
import { resolveBuild, resolveServiceBuild } from '../pipeline/build.ts'
import { resolveSetup } from '../pipeline/setup.ts'
import { resolveMigrate, resolveTasks } from '../pipeline/migrate.ts'
import { resolveTests } from '../pipeline/tests.ts'
import type { ServiceSettings, Settings } from '../schema.ts'
import { resolveRegistries } from '../pipeline/registries/registry.ts'
import { type NotifyConfig, resolveNotify } from '../pipeline/notify.ts'
import { compact } from '../source/leaves.ts'

/** What only the files around `belay.yaml` can tell. */
export interface Surroundings {
  readonly environment: string
  readonly directory: string
  readonly file: string
  readonly composeFiles: readonly string[]
  readonly envFile?: string
  readonly values: Readonly<Record<string, string>>
  readonly warnings: readonly string[]
  /** Of those who are to be told, the ones that cannot be from here. */
  readonly notifyOff: readonly NotifyConfig[]
  /** The file that GitHub shows with the job, when this is one. */
  readonly githubSummary: string | undefined
  readonly isGitlab: boolean
}

/** The settings as the rest of Belay takes them: every default in, every unit plain. */
export function resolve(settings: Settings, around: Surroundings): AppConfig {
  return compact({
    app: settings.app,
    environment: around.environment,
    directory: around.directory,
    file: around.file,
    compose: compact({
      files: around.composeFiles,
      profiles: settings.compose.profiles,
      envFile: around.envFile,
    }),
    env: compact({
      required: settings.env.required,
      values: around.values,
      warnings: around.warnings.length === 0 ? undefined : around.warnings,
    }),
    hosts: (settings.hosts ?? []).map(addressOf),
    branch: settings.branch,
    services: servicesOf(settings),
    smoke: settings.smoke.flatMap((check) => smokeOf(settings, check)),
    suites: suitesOf(settings),
    tests: resolveTests(settings.test, around.directory),
    migrate: resolveMigrate(settings.migrate),
    tasks: resolveTasks(settings.tasks),
    build: resolveBuild(settings),
    registries: resolveRegistries(settings.registry),
    notify: [...resolveNotify(settings.notify, around), ...around.notifyOff],
    wave: waveOf(settings.wave),
    keep: settings.keep,
    proxy: proxyOf(settings.proxy),
    proof: {
      samples: settings.proof.samples,
      intervalMs: settings.proof.interval,
      soakMs: settings.proof.soak,
    },
    hook: settings.hook,
    setup: resolveSetup(settings.setup),
    backup: settings.backup,
    backups: resolveBackups(settings.backups),
    watchdogSeconds: Math.ceil(settings.watchdog / 1000),
  })
}

function addressOf(text: string): HostAddress {
  const parsed = parseHostAddress(text)
  if (!parsed.ok) throw new Error(`the schema let a wrong host through: ${parsed.reason}`)
  return parsed.address
}

function servicesOf(settings: Settings): Readonly<Record<string, ServiceConfig>> {
  const services = Object.entries(settings.services)
  return Object.fromEntries(
    services.map(([name, service]) => [name, serviceOf(name, { service, settings })]),
  )
}

function serviceOf(
  name: string,
  { service, settings }: { service: ServiceSettings; settings: Settings },
): ServiceConfig {
  const { health, checks, routes } = service
  return compact({
    role: service.role,
    rollout: service.rollout,
    calls: service.calls,
    routes,
    checks: [...(health === undefined ? [] : [health]), ...checks].map((check) => ({
      ...withPort(check, routes[0]?.port),
      service: name,
    })),
    build: resolveServiceBuild(settings, service.build),
    startTimeoutMs: service['start-timeout'],
    drainMs: service.drain,
    holdMs: service.hold,
    stopGraceMs: service['stop-grace'],
  })
}

/** A service's HTTP check asks where its routes lead, unless it says otherwise. */
function withPort(check: CheckConfig, port: number | undefined): CheckConfig {
  if (check.kind !== 'http' || port === undefined || 'port' in check.settings) return check
  return { ...check, settings: { ...check.settings, port } }
}

function smokeOf(settings: Settings, check: CheckConfig): readonly CheckConfig[] {
  const name = suiteNamed(check)
  if (name === undefined) return [resolveSmoke(settings, check)]
  return (settings.suites[name] ?? []).map((each) => resolveSmoke(settings, each))
}

/** The suite that stands for its checks in `smoke`. */
export function suiteNamed({ kind, settings }: CheckConfig): string | undefined {
  return kind === 'suite' && typeof settings.suite === 'string' ? settings.suite : undefined
}

/** Absent where nobody wrote any. */
function suitesOf(settings: Settings): AppConfig['suites'] | undefined {
  const suites = Object.entries(settings.suites)
  if (suites.length === 0) return undefined
  return Object.fromEntries(
    suites.map(([name, checks]) => [name, checks.map((each) => resolveSmoke(settings, each))]),
  )
}

/** A smoke check over HTTP that names no service means the one that has routes. */
function resolveSmoke(settings: Settings, check: CheckConfig): CheckConfig {
  if (check.service !== undefined) return check
  const [routed] = routedServices(settings)
  return routed === undefined ? check : { ...check, service: routed }
}

export function routedServices(settings: Settings): readonly string[] {
  const services = Object.entries(settings.services)
  return services.filter(([, { routes }]) => routes.length > 0).map(([name]) => name)
}

function waveOf(written: Settings['wave']): Wave {
  if (written === 'all') return { kind: 'all' }
  return typeof written === 'number'
    ? { kind: 'count', hosts: written }
    : { kind: 'percent', percent: Number.parseInt(written, 10) }
}

function proxyOf(written: Settings['proxy']): ProxyConfig {
  if (written === 'none') return { mode: 'none', ...DEFAULTS.proxy }
  return {
    mode: 'shared',
    image: written.image,
    httpPort: written['http-port'],
    httpsPort: written['https-port'],
    tls: written.tls,
    balancer: written.balancer,
  }
}
