import type { Slot } from '../base/names.ts'

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
  /** Starts one-shot services and waits until each exited 0. */
  | {
      readonly do: 'jobs'
      readonly project: string
      readonly file: string
      readonly services: readonly string[]
      readonly timeoutSeconds: number
    }
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
      readonly policy: 'always' | 'no'
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
  /** Moves the name that accessories call from the old container to the new one. */
  | {
      readonly do: 'live-alias'
      readonly network: string
      readonly alias: string
      readonly to: readonly string[]
      readonly from: readonly string[]
    }

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
