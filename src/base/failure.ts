import type { ExitName } from './exit.ts'

/** What an expected failure is made of. `Details` is data for `--json`; it must hold no secret. */
export interface FailureKind<Details> {
  /** Permanent and unique, like `HOST_UNREACHABLE`: scripts may rely on it. */
  readonly code: string
  readonly exit: ExitName
  /** What happened, and where. One line, no full stop. */
  readonly message: (details: Details) => string
  /** What the reader can do next. */
  readonly hint: (details: Details) => string
}

/**
 * An expected failure. Anything else that is thrown is a bug in Belay.
 * `evidence` holds the lines that show it (a container's last words, ssh's own message).
 */
export class Failure extends Error {
  readonly code: string
  readonly exit: ExitName
  readonly hint: string
  readonly details: unknown
  readonly evidence: readonly string[]

  constructor(parts: {
    code: string
    exit: ExitName
    message: string
    hint: string
    details: unknown
    evidence: readonly string[]
    cause: unknown
  }) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause })
    this.name = 'Failure'
    this.code = parts.code
    this.exit = parts.exit
    this.hint = parts.hint
    this.details = parts.details
    this.evidence = parts.evidence
  }
}

export interface FailureExtras {
  readonly cause?: unknown
  readonly evidence?: readonly string[]
}

/** A function that makes failures of one kind, and carries the kind for the catalogue. */
export interface DefinedFailure<Details> {
  (details: Details, extras?: FailureExtras): Failure
  readonly kind: FailureKind<Details>
}

/** Declares an expected failure: `throw hostUnreachable({ host }, { cause })`. */
export function defineFailure<Details>(kind: FailureKind<Details>): DefinedFailure<Details> {
  const make = (details: Details, extras: FailureExtras = {}): Failure =>
    new Failure({
      code: kind.code,
      exit: kind.exit,
      message: kind.message(details),
      hint: kind.hint(details),
      details,
      evidence: extras.evidence ?? [],
      cause: extras.cause,
    })
  return Object.assign(make, { kind })
}
