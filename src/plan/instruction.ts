import type { Slot } from '../base/names.ts'
import type { BackupAbout, BackupProof, BackupWay, Restoring, TrialWay } from './backup.ts'

/**
 * What a host can be told to do. Each is safe to repeat, needs nothing that an earlier one
 * returned, and can be carried out by the kit alone: the same lists go forward, go back, and are
 * what the watchdog and a person's `rollback` script carry out (docs/decisions/0002).
 * Paths are relative to the app's state folder.
 */
export type Instruction =
  | {
      readonly do: 'network'
      readonly name: string
      readonly key: string
      readonly project: string
      readonly internal: boolean
    }
  | {
      readonly do: 'volume'
      readonly name: string
      readonly key: string
      readonly project: string
      /** `local` when absent. */
      readonly driver?: string
      readonly options?: Readonly<Record<string, string>>
    }
  /** Makes sure that the shared proxy runs, from the files in `folder`; one that runs is left. */
  | { readonly do: 'proxy'; readonly folder: string }
  /** Sets a site's configuration, or removes it; validates first, reloads only when it differs. */
  | { readonly do: 'site'; readonly key: string; readonly file: string | null }
  /** Starts accessories that are absent; an existing container is left alone. */
  | {
      readonly do: 'base'
      readonly project: string
      readonly file: string
      readonly services: readonly string[]
    }
  /** `docker compose up -d` of some services; compose keeps `depends_on` among them. */
  | {
      readonly do: 'up'
      readonly project: string
      readonly file: string
      readonly slot: Slot
      readonly services: readonly string[]
      /** Replicas per service where they differ from the file's. */
      readonly scale: Readonly<Record<string, number>>
    }
  /** The same without starting anything. */
  | {
      readonly do: 'create'
      readonly project: string
      readonly file: string
      readonly slot: Slot
      readonly services: readonly string[]
    }
  /**
   * Makes those containers again that somebody took away, without starting them. One that cannot be
   * made again is told; what else there is to put back must not wait for it.
   */
  | {
      readonly do: 'remake'
      readonly project: string
      readonly file: string
      readonly slot: Slot
      readonly services: readonly { readonly key: string; readonly containers: readonly string[] }[]
    }
  /** Starts one-shot services and waits until each exited 0. */
  | {
      readonly do: 'jobs'
      readonly project: string
      readonly file: string
      readonly services: readonly string[]
      readonly timeoutSeconds: number
    }
  /**
   * Runs a service of a release's file once, in a container of its own that is gone afterwards: not
   * again for that release under that name, and never two at once. Its output is kept on the host;
   * `Observed.tasks` tells how it ended, and what it said.
   */
  | {
      readonly do: 'task'
      readonly project: string
      /** `releases/<release>/compose.json` */
      readonly file: string
      readonly service: string
      readonly name: string
      /** Then it is ended, and counts as failed. */
      readonly seconds: number
      /** Also when it ran already: for something that only looks. */
      readonly again?: true
      /** Only remembered when it fails: what comes after it must be done in any case. */
      readonly lenient?: true
      /** Only where that task was started. */
      readonly after?: string
      /** Only where these two ended well, and said different things. */
      readonly moved?: readonly [string, string]
      /** Containers that must not run beside it: where it does run, they are stopped first. */
      readonly apart?: readonly string[]
    }
  /** Ends a task that still runs; one that was never started is known as such from then on. */
  | {
      readonly do: 'end-task'
      readonly project: string
      readonly file: string
      readonly service: string
      readonly name: string
    }
  /** In a list, one that is gone is told, and is no failure: the rest must not wait for it. */
  | { readonly do: 'start'; readonly containers: readonly string[] }
  /** Waits until containers are healthy and ports answer; or for so long, which is no failure. */
  | {
      readonly do: 'await'
      readonly seconds: number
      readonly containers: readonly string[]
      readonly ports: readonly AwaitedPort[]
    }
  | {
      readonly do: 'stop'
      readonly containers: readonly string[]
      readonly graceSeconds: number
    }
  | {
      readonly do: 'policy'
      readonly policy: RestartPolicy
      readonly containers: readonly string[]
    }
  /** Moves traffic: one rename. Tokens: `a`, `b`, and b's share in percent `b25`, `b50`, `b75`. */
  | { readonly do: 'route'; readonly key: string; readonly token: string }
  /**
   * Waits until the proxy has nothing in flight to upstreams (`alias:port`), at most `seconds`; not
   * at all when none of the containers behind them runs.
   */
  | {
      readonly do: 'drain'
      readonly upstreams: readonly string[]
      readonly seconds: number
      readonly containers: readonly string[]
    }
  /**
   * Passes on what still waits at the proxy for one slot to the other: a request chooses its slot
   * once. For at most `seconds`; to be found there, nothing else may bear the first one's name.
   */
  | {
      readonly do: 'relay'
      readonly from: string
      readonly to: string
      readonly ports: readonly { readonly from: number; readonly to: number }[]
      readonly seconds: number
    }
  /** Removes a release's containers and networks. Never a volume. */
  | { readonly do: 'remove-project'; readonly project: string }
  | { readonly do: 'remove'; readonly containers: readonly string[] }
  | { readonly do: 'tag'; readonly image: string; readonly tag: string }
  | { readonly do: 'untag'; readonly tag: string }
  /** Remembers whether a release proved itself; `reason` is one line of plain words. */
  | {
      readonly do: 'mark'
      readonly release: string
      readonly mark: 'good' | 'bad'
      readonly reason?: string
    }
  | { readonly do: 'current'; readonly release: string; readonly previous: string }
  | { readonly do: 'forget'; readonly release: string }
  /**
   * Puts containers on one more network, under these names there: how accessories reach the release
   * that serves. Those that are on it already are left alone.
   */
  | {
      readonly do: 'connect'
      readonly network: string
      readonly aliases: readonly string[]
      readonly containers: readonly string[]
    }
  /** Takes a network away from whatever is on it, and removes it. */
  | { readonly do: 'remove-network'; readonly name: string }
  /** Remembers what accessories' containers were made from, where nothing is known of that yet. */
  | {
      readonly do: 'made-from'
      readonly project: string
      readonly file: string
      /** Service → hash of its definition. */
      readonly definitions: Readonly<Record<string, string>>
    }
  /**
   * Makes new containers of an accessory beside the old ones, and gives them the names; an old
   * `shop-db-1` is `shop-db-1.before` from then on. Nothing starts or stops, and no new one comes
   * back after a reboot.
   */
  | {
      readonly do: 'renew'
      readonly project: string
      readonly file: string
      readonly service: string
      readonly names: readonly string[]
      readonly old: readonly OldContainer[]
    }
  /** Unpacks a tar, which lies beside the base, into containers; some may wait to be started. */
  | {
      readonly do: 'put-files'
      readonly file: string
      readonly containers: readonly string[]
    }
  /** Removes an accessory's containers but the old ones, and gives those their names back. */
  | {
      readonly do: 'restore'
      readonly project: string
      readonly service: string
      readonly graceSeconds: number
      readonly old: readonly OldContainer[]
    }
  /**
   * Waits until containers are healthy, or have run for a few seconds where nothing tells their
   * health. Fails when one ends, or is not there in time.
   */
  | {
      readonly do: 'steady'
      readonly seconds: number
      readonly containers: readonly string[]
    }
  | BackupInstruction

/** Of backups, which lie in the folder `backups` of the app's state. */
export type BackupInstruction =
  /** Makes one and reads it back; fails, and leaves nothing, where that cannot be done whole. */
  | {
      readonly do: 'back-up'
      readonly backup: string
      /** What its file ends with: `sql.gz`. */
      readonly ending: string
      /** `-` where the container does not matter. */
      readonly container: string
      readonly how: BackupWay
      readonly proof: BackupProof
      readonly about: BackupAbout
      /** So much space must be free. */
      readonly neededBytes: number
      /** Where nothing tells how much will be needed: prints how much there is. */
      readonly size?: string
    }
  /** Reads one back whole, and remembers that. */
  | { readonly do: 'check-backup'; readonly backup: string; readonly proof: BackupProof }
  | { readonly do: 'forget-backup'; readonly backups: readonly string[] }
  /** Restores one into a throw-away container and compares. One that fails stays, or is none. */
  | {
      readonly do: 'try-backup'
      readonly backup: string
      readonly container: string
      readonly otherwise: 'keep' | 'forget'
      readonly how: TrialWay
    }
  /**
   * Stops what would write, and puts a backup back; where that fails, what was there stays or comes back
   * from the backup `safety`. Then they start again, or stay down where a rollback starts others.
   */
  | (Restoring & {
      readonly do: 'restore-backup'
      readonly backup: string
      readonly safety: string | null
      readonly after: 'go-on' | 'stay-down'
      /** Prints what shows that it works. */
      readonly check: string | null
      readonly stop: readonly string[]
    })
  /** Going back from a restore that was begun: what was there before it, and those that had it. */
  | (Restoring & {
      readonly do: 'undo-restore'
      readonly safety: string
      readonly start: readonly string[]
      readonly stop: readonly string[]
    })

/** What replaces it gets its name, so it is known by its id. */
export interface OldContainer {
  readonly id: string
  readonly name: string
}

/** Docker's own words, as `docker update --restart` takes them. */
export type RestartPolicy = 'always' | 'no' | 'unless-stopped' | `on-failure${string}`

/** Asked through the proxy's network: by a path, or only whether it takes connections. */
export interface AwaitedPort {
  /** `alias:port` */
  readonly upstream: string
  readonly path?: string
}

/** Written before anything changes; its rename is the decision; its lists are then carried out. */
export interface Arming {
  readonly run: string
  readonly release: string
  /** `-` on a first deployment. */
  readonly previous: string
  readonly anchor: string
  readonly back: readonly Instruction[]
  readonly forward: readonly Instruction[]
}
