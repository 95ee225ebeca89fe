/**
 * Exit codes tell the caller the state of the servers, not the line that failed.
 * They are a public contract: a number is never given another meaning.
 */
export const EXIT = {
  /** As asked, or nothing to do. */
  ok: 0,
  /** A bug in Belay. */
  bug: 1,
  /** Wrong input: usage, configuration, a missing variable. Nothing was touched. */
  input: 2,
  /** Not possible now: unreachable, lease held, declined. Nothing was touched. */
  unavailable: 3,
  /** Failed; the previous release serves (rolled back, or never left). */
  rolledBack: 4,
  /** A person is needed: going back was impossible or could not be proved. */
  critical: 5,
  /** The user's tests failed. Nothing was touched. */
  tests: 6,
  /** Building or shipping an image failed. Nothing was touched. */
  build: 7,
  /** Interrupted; the servers are put back, or the next run does it. */
  interrupted: 130,
} as const

export type ExitName = keyof typeof EXIT
export type ExitCode = (typeof EXIT)[ExitName]
