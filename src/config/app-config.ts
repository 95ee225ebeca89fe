import type { BuildConfig, BuildSettings } from './pipeline/build.ts'
import type { TestConfig } from './pipeline/tests.ts'
import type { NotifyConfig } from './pipeline/notify.ts'
import type { RegistryConfig } from './pipeline/registries/registry.ts'
import type { Role, RolloutKind, Route } from '../base/words.ts'
import type { SetupConfig } from './pipeline/setup.ts'
import type { BackupRules, BackupTarget } from './pipeline/backup-target.ts'
import type { HookSettings } from './pipeline/hook.ts'
import type { MigrateConfig, TaskConfig } from './pipeline/run-once.ts'

/** What the user wrote, for one environment: every default filled in, every mistake told. */
export interface AppConfig {
  readonly app: string
  readonly environment: string
  /** Where `belay.yaml` lies; paths below are absolute. */
  readonly directory: string
  readonly file: string
  readonly compose: {
    readonly files: readonly string[]
    readonly profiles: readonly string[]
    /** The environment's own values for `${…}` in the compose file; none when there is no file. */
    readonly envFile?: string
  }
  /** What the env file, the caller and the template give; but for the template's, all secrets. */
  readonly env: {
    readonly required: readonly string[]
    readonly values: Readonly<Record<string, string>>
    /** Names in the env file that nothing knows. */
    readonly warnings?: readonly string[]
  }
  readonly hosts: readonly HostAddress[]
  /** Deploying another branch asks first. */
  readonly branch?: string
  readonly services: Readonly<Record<string, ServiceConfig>>
  readonly smoke: readonly CheckConfig[]
  /** The app's own tests: they come before everything else. */
  readonly tests: readonly TestConfig[]
  /** How the database gets the schema that a release needs; absent where nothing is to be done. */
  readonly migrate?: MigrateConfig
  /** What runs once a release has started. */
  readonly tasks: readonly TaskConfig[]
  readonly build: BuildConfig
  /** Who is told how a run goes. */
  readonly registries: readonly RegistryConfig[]
  readonly notify: readonly NotifyConfig[]
  /** Lists of checks by name; those that `smoke` names stand there, too. */
  readonly suites?: Readonly<Record<string, readonly CheckConfig[]>>
  readonly wave: Wave
  /** How many releases are kept, the serving one included. */
  readonly keep: number
  readonly proxy: ProxyConfig
  readonly proof: ProofConfig
  /** How a server treats what is pushed to it. */
  readonly hook: HookSettings
  /** What a server should have before anything is deployed to it. */
  readonly setup: SetupConfig
  /** What is backed up before anything changes. */
  readonly backup: readonly BackupTarget[]
  readonly backups: BackupRules
  /** Seconds until the host's watchdog puts the old release back when the deployer is gone. */
  readonly watchdogSeconds: number
}

export interface HostAddress {
  /** As the user wrote it, without options: shown, and used as the host's name everywhere. */
  readonly name: string
  readonly kind: 'ssh' | 'local'
  /** What is handed to `ssh`: a name or address. */
  readonly destination: string
  readonly user?: string
  readonly port?: number
}

export type Wave =
  | { readonly kind: 'count'; readonly hosts: number }
  | { readonly kind: 'percent'; readonly percent: number }
  | { readonly kind: 'all' }

export interface ProxyConfig {
  readonly mode: 'shared' | 'none'
  /** Caddy's image, 2.11.4 or newer. */
  readonly image: string
  readonly httpPort: number
  readonly httpsPort: number
  /** `auto`: certificates by ACME on one host, plain HTTP on several. */
  readonly tls: 'auto' | 'off'
  /** Whose forwarded headers are believed: addresses, ranges, or the word `private`. */
  readonly balancer: readonly string[]
}

export interface ProofConfig {
  /** How many good looks in a row are needed before traffic moves, and after. */
  readonly samples: number
  readonly intervalMs: number
  /** How long to keep watching under real traffic before the release is confirmed. */
  readonly soakMs: number
}

export interface ServiceConfig {
  readonly role?: Role
  readonly rollout?: RolloutKind
  /** Of an accessory: the services of the release that it calls, beside those that are plain. */
  readonly calls?: readonly string[]
  readonly routes: readonly Route[]
  readonly checks: readonly CheckConfig[]
  /** What `build` of the app says, with what is said of this service over it. */
  readonly build?: BuildSettings
  readonly startTimeoutMs: number
  readonly drainMs: number
  /** Absent, it is as long as the longest hand-over may take. */
  readonly holdMs?: number
  /** SIGTERM to SIGKILL; the compose file's `stop_grace_period` where this is absent. */
  readonly stopGraceMs?: number
}

/** `{ http: { path: /health } }` as data; `checks/index.ts` knows the kinds and their settings. */
export interface CheckConfig {
  readonly kind: string
  readonly service?: string
  readonly settings: Readonly<Record<string, unknown>>
}
