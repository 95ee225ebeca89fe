import type { BackupRecord } from './backup.ts'
import type { Release } from './release.ts'

/** What one host looks like right now. A snapshot: facts only, nothing decided. */
export interface Observed {
  readonly host: string
  readonly facts: HostFacts
  /** The fencing token that was last given out; 0 on a fresh host. */
  readonly epoch: number
  readonly lease?: Lease
  readonly decision: Decision
  readonly current?: string
  readonly previous?: string
  readonly releases: readonly KeptRelease[]
  /** Route key → token, as the proxy reads it. */
  readonly tokens: Readonly<Record<string, string>>
  readonly containers: readonly ObservedContainer[]
  /** Of the releases that are kept: what ran for each, once. */
  readonly tasks: readonly TaskRecord[]
  readonly networks: readonly string[]
  readonly volumes: readonly string[]
  readonly proxy: ObservedProxy
  /** Of this app and environment, on this host; the oldest first. */
  readonly backups: readonly BackupRecord[]
  /** Journal lines that could not be read: their numbers. The last line does not count. */
  readonly damagedJournalLines: readonly number[]
  /** What the host noticed of itself that stands in nobody's way, in words. */
  readonly problems: readonly string[]
}

export interface HostFacts {
  readonly kit: string
  /** `/var/lib/belay`, or the deploy user's own folder. */
  readonly stateRoot: string
  readonly user: string
  readonly uptimeSeconds: number
  readonly bootId: string
  /** Seconds since 1970 by the host's clock. */
  readonly clock: number
  readonly dockerVersion: string
  readonly composeVersion: string
  /** As Docker names it: `amd64`, `arm64`. */
  readonly architecture: string
  /** `containerd`: another than the usual one, which calls images by other names. */
  readonly imageStore: 'classic' | 'containerd'
  readonly memoryAvailableBytes: number
  readonly diskFreeBytes: number
  readonly stateDiskFreeBytes: number
}

export interface Lease {
  readonly epoch: number
  /** Who: `deploy@laptop`, and what for: `deploy r42`. */
  readonly owner: string
  readonly purpose: string
  readonly run: string
  /** Seconds until it lapses; 0 or less when it has. */
  readonly secondsLeft: number
  /** Seconds since it was taken. */
  readonly ageSeconds: number
}

/** The one inode whose name decides a run. */
export type Decision =
  | { readonly state: 'none' }
  | { readonly state: 'pending' | 'commit' | 'rollback'; readonly armed: ArmedRun }

/** The head of the file `pending`: which run, between which releases. */
export interface ArmedRun {
  readonly run: string
  readonly epoch: number
  readonly release: string
  /** `-` on a first deployment. */
  readonly previous: string
  /** Which host holds the fleet's decision. */
  readonly anchor: string
  /** Which watchdog was armed: `container`, `systemd-run`, `setsid`. */
  readonly watchdog: string
}

export interface KeptRelease {
  readonly id: string
  readonly mark: 'good' | 'bad' | 'unproved'
  /** Why it is bad. */
  readonly reason?: string
  readonly release: Release
}

/** A command that ran for a release in a container of its own, such as its migration. */
export interface TaskRecord {
  readonly release: string
  readonly name: string
  /** `never`: it was about to start when the run was ended. `begun`: it may still run. */
  readonly state: 'begun' | 'never' | 'ended'
  /** Once it ended: `late` after its time, `gone` when its container was taken away. */
  readonly end?: number | 'late' | 'gone'
  /** The last of what it printed on its standard output. */
  readonly said: string
}

export interface ObservedContainer {
  readonly id: string
  readonly name: string
  /** Compose's project and service labels. */
  readonly project: string
  readonly service: string
  /** The release in Belay's label; absent on containers it did not make. */
  readonly release?: string
  readonly app?: string
  readonly environment?: string
  /** Compose's `working_dir` label: where relative paths of an adopted project start. */
  readonly workingDirectory?: string
  readonly state: string
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy'
  readonly exitCode: number
  readonly restartCount: number
  readonly restartPolicy: string
  readonly imageId: string
  readonly startedAt: string
  /** Of an accessory: the hash of the definition it was made from, where Belay knows it. */
  readonly definition?: string
  /** `80/tcp` → host ports it holds. */
  readonly publishedPorts: readonly number[]
}

export interface ObservedProxy {
  readonly running: boolean
  readonly image?: string
  /** Site key → SHA-256 of its configuration. */
  readonly sites: Readonly<Record<string, string>>
  /** Domain with path → the site key that claims it. */
  readonly claims: Readonly<Record<string, string>>
  /** Ports 80 and 443 that something else listens on. */
  readonly takenPorts: readonly number[]
}
