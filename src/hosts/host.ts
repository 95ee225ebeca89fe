import type { Readable } from 'node:stream'
import type { Arming, Instruction } from '../plan/instruction.ts'
import type { Lease, Observed } from '../plan/observed.ts'
import type { Certificate } from './asking/certificate.ts'
import type { Through } from './asking/through.ts'
import type { HostImages } from './shipping/images.ts'

/**
 * One server, or this machine. The only way by which the rest of Belay reaches it; the simulated
 * host passes the same contract suite (`tests/contracts/host.suite.ts`).
 *
 * A lost link is not an outcome: methods marked *resumable* reconnect and learn from the host what
 * became of the request. All throw `Failure`s from `hosts/failures.ts` and nothing else on purpose.
 */
export interface Host {
  readonly name: string
  /** How many exchanges lay on the path so far: one sent while none was under way. */
  readonly roundTrips: number

  /** Opens the link (once), checks what the host has, and looks around. */
  connect(scope: Scope, signal?: AbortSignal): Promise<Observed>
  observe(): Promise<Observed>

  /** Takes the lease: the next epoch. Fails with `LEASE_HELD`. Looks around again under it. */
  acquire(request: LeaseRequest): Promise<Observed>
  /** Extends the lease while work goes on; fails with `FENCED` when it went to another. */
  renew(ttlSeconds: number): Promise<void>
  /** Gives the lease back; does nothing when it is not ours any more. */
  release(): Promise<void>
  /** Takes the lease away from whoever holds it (`lease release`); says from whom. */
  breakLease(): Promise<Lease | undefined>

  /** Runs one numbered action under the host's lock, exactly once for its number. Resumable. */
  act(action: Action): Promise<void>
  /** Renames `pending`: returns the decision that stands, ours or an earlier one. Resumable. */
  decide(wish: 'commit' | 'rollback', note: JournalNote): Promise<'commit' | 'rollback'>
  /** Carries out the lists of the decision that stands, and clears it. Resumable. */
  settle(onProgress?: OnProgress): Promise<void>

  /** Looks once at containers: state, Docker health, health commands, logs. Changes nothing. */
  sample(request: SampleRequest): Promise<Sample>
  /** One HTTP exchange through the proxy or the host's own network. Changes nothing. */
  ask(question: HttpQuestion): Promise<HttpAnswer>

  /** Ids of images by reference; null where the host has none. */
  imageIds(references: readonly string[]): Promise<Record<string, ImageFacts | null>>
  /** How images get there, and from there. */
  readonly images: HostImages

  /**
   * `docker compose config` of another machine's files, in a private folder that is gone afterwards.
   * What it prints names that machine's paths. Changes nothing.
   */
  composeConfig(parcel: ComposeParcel): Promise<RunResult>

  /** Builds from an archive of `Workstation.packBuild`; the images are then there. */
  buildImages(build: HostBuild): Promise<void>

  /** Appends to the journal. */
  note(note: JournalNote): Promise<void>
  /** The last `lines` entries, oldest first. */
  journal(lines: number): Promise<JournalEntry[]>
  /** Stores or reads a run's receipt (`runs/<run>.json`). */
  writeReceipt(run: string, text: string): Promise<void>
  readReceipt(run: string): Promise<string | undefined>
  /** Stores or reads a run's log (`logs/<run>.log`), which is kept for thirty days. */
  writeLog(run: string, text: string): Promise<void>
  readLog(run: string): Promise<string | undefined>

  /** Runs a command with this process's terminal (`exec`, `logs -f`); resolves to its exit code. */
  attach(argv: readonly string[], options: { tty: boolean }): Promise<number>
  /** Runs a command and returns what it printed. For reading; actions go through `act`. */
  run(argv: readonly string[], input?: Uint8Array): Promise<RunResult>

  close(): Promise<void>
}

export type OnProgress = (text: string) => void

export interface HostBuild {
  readonly archive: Readable
  readonly project: string
  readonly services: readonly string[]
  /** What is asked for that only buildx can do. */
  readonly features: readonly string[]
  readonly isFromCommit: boolean
  readonly onProgress: OnProgress
  readonly signal?: AbortSignal
}

/** Which app's state the link is for. */
export interface Scope {
  readonly app: string
  readonly environment: string
}

export interface LeaseRequest {
  readonly owner: string
  readonly purpose: string
  readonly run: string
  readonly ttlSeconds: number
  /** Takes the lease away from one of these runs, in one step; any other's is respected. */
  readonly steal?: readonly string[]
}

export interface Action {
  /** Unique within this run on this host: asked again, the recorded result comes back. */
  readonly number: number
  readonly title: string
  /** What the journal says of it beside number and title. */
  readonly about?: Readonly<Record<string, string>>
  /** `pending`: refused (`OVERTAKEN`) once a decision was taken. */
  readonly guard: 'pending' | 'none'
  readonly instructions: readonly Instruction[]
  /** Files that are put into `releases/<release>/` first, whole or not at all. */
  readonly stage?: Stage
  /** Writes `pending` and starts the watchdog, seen alive, before the instructions. */
  readonly arm?: Arming
  readonly timeoutSeconds: number
  readonly onProgress?: OnProgress
}

export interface Stage {
  readonly release: string
  /** The folder starts as a copy of this release's; `files` come on top. */
  readonly from?: string
  readonly files: readonly StagedFile[]
}

export interface StagedFile {
  /** Relative, inside the release's folder. */
  readonly path: string
  readonly content: Uint8Array
  /** Permission bits, like 0o644. The folder itself is 0700. */
  readonly mode: number
}

export interface SampleRequest {
  readonly containers: readonly {
    readonly name: string
    /** Run by `docker exec` while Docker itself does not say healthy. */
    readonly healthCommand?: readonly string[]
    readonly healthTimeoutSeconds: number
  }[]
  /** Commands of checks: run inside a container. */
  readonly commands: readonly {
    readonly id: string
    readonly container: string
    readonly argv: readonly string[]
    readonly timeoutSeconds: number
  }[]
  /** Containers whose log since their start is wanted, at most this many lines each. */
  readonly logs: readonly { readonly container: string; readonly lines: number }[]
}

export interface Sample {
  readonly containers: Readonly<Record<string, ContainerSample>>
  readonly commands: Readonly<Record<string, CommandResult>>
  readonly logs: Readonly<Record<string, readonly string[]>>
}

export interface ContainerSample {
  /** `missing` when there is none of that name. */
  readonly state: 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'dead' | 'missing'
  readonly exitCode: number
  readonly outOfMemory: boolean
  readonly restarts: number
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy'
  /** The health command's own result, when it was run. */
  readonly healthCommand?: CommandResult
  /** It ended as the Docker daemon did, which has started again since. */
  readonly endedWithDocker?: true
  /** It ended because Docker was told to stop, kill or remove it. */
  readonly wasStopped?: true
  /** The last lines, when it is not running. */
  readonly lastLines: readonly string[]
}

export interface CommandResult {
  /** 124: it took too long. 125 to 127: it could not be started. */
  readonly code: number
  readonly output: string
}

export interface HttpQuestion {
  readonly through: Through
  readonly method: string
  readonly path: string
  readonly host: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** Asks for a WebSocket: what is sent when it is open, and whether a message must come. */
  readonly socket?: { readonly send?: string; readonly awaitsMessage: boolean }
  readonly timeoutMs: number
}

/** `not-asked`: nobody answered; `reason` says where it ended. Never to be read as an answer. */
export type HttpAnswer =
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
      readonly durationMs: number
      /** Over TLS: what is wrong with the certificate, in words that follow "it". */
      readonly distrust?: string
      /** Over TLS. */
      readonly certificate?: Certificate
      /** `Set-Cookie`, one by one. */
      readonly cookies?: readonly string[]
    }
  | {
      readonly kind: 'not-asked'
      /**
       * `refused`: nothing listens there, or nothing that took a connection in time. `broken`: it
       * took the connection, and spoke no HTTP. `timeout`: no answer; who is to blame is unknown.
       * `no-certificate`: the proxy has none for this name, so that nobody can be asked by HTTPS.
       */
      readonly why: 'refused' | 'no-such-name' | 'timeout' | 'broken' | 'no-way' | 'no-certificate'
      readonly reason: string
    }

export interface ImageFacts {
  readonly id: string
  readonly architecture: string
  readonly digests: readonly string[]
  /** From the bottom up, each by the hash of what is in it. */
  readonly layers: readonly string[]
  /** Volumes that the image declares. */
  readonly volumes: readonly string[]
  readonly healthCommand?: readonly string[]
  readonly user: string
  readonly sizeBytes: number
}

/** Compose files, and all that compose needs to read them elsewhere. Paths are absolute. */
export interface ComposeParcel {
  readonly project: string
  /** Those that compose is called with, in order. */
  readonly files: readonly string[]
  readonly profiles: readonly string[]
  /** The same, and what they name. */
  readonly contents: readonly { readonly path: string; readonly content: Uint8Array }[]
  /** Folders that compose must find. */
  readonly folders: readonly string[]
  /** What `${NAME}` is filled from; nothing of the host's own environment is. Secret. */
  readonly values: Readonly<Record<string, string>>
  /** What `~` stands for. */
  readonly home: string
}

/** A line for the journal; data without secrets. */
export interface JournalNote {
  readonly type: string
  readonly [field: string]: unknown
}

export interface JournalEntry {
  readonly sequence: number
  readonly epoch: number
  /** Seconds since 1970, by the host's clock. */
  readonly at: number
  readonly note: JournalNote
}

export interface RunResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}
