import type { Event } from './event.ts'
import type { Failure } from './failure.ts'

/** How deep a chain of causes is told. */
const CAUSES_MAX = 5

/** A failure as it is told: its causes stand with what shows it. */
export function failedEvent(failure: Failure): Extract<Event, { type: 'failed' }> {
  const { code, message, hint, details } = failure
  const evidence = [...failure.evidence, ...causesOf(failure).map((cause) => `because: ${cause}`)]
  return { type: 'failed', code, message, hint, evidence, details }
}

function causesOf(error: Error): string[] {
  const causes: string[] = []
  let { cause } = error
  while (cause instanceof Error && causes.length < CAUSES_MAX) {
    causes.push(cause.message)
    cause = cause.cause
  }
  return causes
}
