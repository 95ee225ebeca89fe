export type Decision = 'commit' | 'rollback'

/** What has happened in a run so far, in order. `next` reads nothing else. */
export type Happening =
  | { readonly kind: 'step-started'; readonly host: string; readonly index: number }
  | { readonly kind: 'step-done'; readonly host: string; readonly index: number }
  | {
      readonly kind: 'step-failed'
      readonly host: string
      readonly index: number
      readonly error: unknown
    }
  /** The caller interrupted, or the lease was lost. */
  | { readonly kind: 'cancelled'; readonly error: unknown }
  /** Asked, and not answered yet: the host may have renamed already. */
  | { readonly kind: 'decision-asked'; readonly host: string; readonly wish: Decision }
  | {
      readonly kind: 'decided'
      readonly host: string
      readonly wish: Decision
      /** What stands on the host: somebody else may have been first. */
      readonly stands: Decision
    }
  /** The host could not be asked for a decision: its own watchdog goes back. */
  | { readonly kind: 'undecided'; readonly host: string; readonly error: unknown }
  | { readonly kind: 'settled'; readonly host: string }
  | { readonly kind: 'unsettled'; readonly host: string; readonly error: unknown }
