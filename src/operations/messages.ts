import { Failure } from '../base/failure.ts'

/** What an unknown error says, in one line. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Is it the expected failure of this code? */
export function hasCode(error: unknown, code: string): error is Failure {
  return error instanceof Failure && error.code === code
}
