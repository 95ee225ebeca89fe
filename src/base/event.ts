import type { ExitCode } from './exit.ts'
import type { Moment } from './moment.ts'

/**
 * What a run tells, as data. The terminal, `--json`, the journal and the receipt are all written
 * from these; texts may change, `type` and the fields may only grow (`v` is raised otherwise).
 */
export type Event =
  | {
      readonly type: 'run-started'
      readonly run: string
      readonly purpose: string
      readonly app: string
      readonly environment: string
      readonly owner: string
    }
  | { readonly type: 'plan-made'; readonly plan: unknown; readonly lines: readonly string[] }
  | { readonly type: 'phase-started'; readonly phase: string; readonly title: string }
  | {
      readonly type: 'phase-finished'
      readonly phase: string
      readonly durationMs: number
      readonly ok: boolean
    }
  | {
      readonly type: 'step-started'
      readonly step: string
      readonly host: string
      readonly title: string
      readonly because: string
    }
  /** Something moved: what is being waited for, a layer that arrived, a check's last verdict. */
  | {
      readonly type: 'progress'
      readonly host: string
      readonly text: string
      readonly step?: string
    }
  | {
      readonly type: 'step-finished'
      readonly step: string
      readonly host: string
      readonly durationMs: number
      readonly ok: boolean
    }
  | {
      readonly type: 'check-judged'
      readonly host: string
      readonly check: string
      readonly verdict: 'pass' | 'fail' | 'unknown'
      readonly text: string
    }
  | {
      readonly type: 'traffic-moved'
      readonly host: string
      readonly service: string
      readonly to: string
    }
  | {
      readonly type: 'decided'
      readonly decision: 'commit' | 'rollback'
      readonly release: string
      /** In words, where the run was about something else than that release. */
      readonly what?: string
      readonly because: string
      /** Of a commit: the exchanges with the anchor, one after another, since it gave the lease. */
      readonly roundTrips?: number
    }
  | { readonly type: 'warning'; readonly code: string; readonly text: string }
  /** A finding of the run for its receipt: how the tests went, which backup there is, … */
  | {
      readonly type: 'noted'
      /** One word, such as `tests`, `coverage`, `backup` or `schema`. */
      readonly about: string
      readonly text: string
      readonly details: unknown
    }
  /** Somebody was told of the run, or could not be. */
  | {
      readonly type: 'notified'
      readonly channel: string
      readonly moment: Moment
      readonly ok: boolean
      readonly text: string
    }
  | {
      readonly type: 'failed'
      readonly code: string
      readonly message: string
      readonly hint: string
      readonly evidence: readonly string[]
      readonly details: unknown
    }
  | {
      readonly type: 'run-finished'
      readonly run: string
      readonly outcome: 'confirmed' | 'nothing-to-do' | 'rolled-back' | 'refused' | 'critical'
      readonly exit: ExitCode
      /** The release that serves now; null when none does. */
      readonly serving: string | null
      readonly durationMs: number
      readonly text: string
    }
  /** The answer of a command that only reads: `status`, `history`, `lease show`, … */
  | { readonly type: 'answer'; readonly of: string; readonly data: unknown }

/** Where events go. Never throws, never waits. */
export type Tell = (event: Event) => void

export interface StampedEvent {
  readonly v: 1
  /** ISO 8601, UTC. */
  readonly at: string
  readonly event: Event
}
