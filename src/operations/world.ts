import type { Clock } from '../base/clock.ts'
import type { StampedEvent, Tell } from '../base/event.ts'
import type { ExitCode } from '../base/exit.ts'
import type { Secrets } from '../base/secret.ts'
import type { AppConfig, HostAddress } from '../config/app-config.ts'
import type { Courier } from '../hosts/courier/courier.ts'
import type { Host } from '../hosts/host.ts'
import type { Workstation } from '../hosts/workstation.ts'
import type { Plan } from '../plan/plan.ts'

/** Everything an operation may touch, handed in by the command line (or a test). */
export interface World {
  readonly clock: Clock
  readonly tell: Tell
  readonly secrets: Secrets
  /** `user@machine`, for the lease and the journal. */
  readonly owner: string
  /** Aborts when the caller interrupts. */
  readonly signal: AbortSignal
  readonly hostAt: (address: HostAddress) => Host
  readonly workstation: Workstation
  /** The way out for messages. */
  readonly courier: Courier
  /** All that was told so far and `last`, as lines with their times: for the run's log. */
  readonly runLog: (last: StampedEvent) => string
  /** A new run's name: sortable, unique. */
  readonly newRun: () => string
}

/** How an operation ended. Failures are thrown; this is what else there is to say. */
export interface Outcome {
  readonly exit: ExitCode
}

/** What every run is asked for with. */
export interface RunRequest {
  readonly config: AppConfig
  /** Shows the plan to whoever must agree; resolves to whether to go on. */
  readonly agree: (plan: Plan, lines: readonly string[]) => Promise<boolean>
  /** Stop after showing the plan. */
  readonly dryRun: boolean
  /** Take a lease that another still holds. */
  readonly steal: boolean
  /** Wait this long for a lease that another holds. */
  readonly waitMs: number
}

export interface DeployRequest extends RunRequest {
  /** Deploy a release that was marked bad, or that already runs, once more. */
  readonly again: boolean
  /** Build from the folder as it lies, with what is not committed. */
  readonly dirty: boolean
  /** Leave the app's own tests out. */
  readonly skipTests: boolean
}

export interface RollbackRequest extends RunRequest {
  /** The previous release when absent. */
  readonly to?: string
  /** Put the data back too, as that release left it. */
  readonly restore?: boolean
}
