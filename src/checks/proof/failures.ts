import { formatDuration } from '../../base/duration.ts'
import { defineFailure } from '../../base/failure.ts'
import type { Difference } from '../check.ts'

export interface NotProvedDetails {
  readonly host: string
  readonly release: string
  readonly waitedMs: number
  /** Whether patience ran out; otherwise it was pointless to wait. */
  readonly timedOut: boolean
  /** Worst first. */
  readonly checks: readonly {
    readonly check: string
    readonly verdict: 'fail' | 'unknown'
    readonly text: string
    readonly hint?: string
    readonly differences?: readonly Difference[]
  }[]
}

export const notProved = defineFailure<NotProvedDetails>({
  code: 'NOT_PROVED',
  exit: 'rolledBack',
  message: ({ host, release, waitedMs, timedOut, checks: [first, ...others] }) => {
    const also = others.length === 0 ? '' : ` (and ${others.length} more)`
    const what = first === undefined ? '' : `: ${first.check}: ${first.text}${also}`
    const within = timedOut ? ` within ${formatDuration(waitedMs)}` : ''
    return `${release} did not prove itself on ${host}${within}${what}`
  },
  hint: ({ checks: [first] }) => {
    if (first?.hint !== undefined) return first.hint
    return first?.verdict === 'unknown'
      ? 'If it only needs longer, raise the `start-timeout` of the service.'
      : 'The lines above show what was found, and what its containers said last.'
  },
})

/** Nothing that was found speaks against the release: it is not marked bad. */
export const proofNotHad = defineFailure<NotProvedDetails>({
  code: 'PROOF_NOT_HAD',
  exit: 'rolledBack',
  message: ({ host, release, checks: [first, ...others] }) => {
    const also = others.length === 0 ? '' : ` (and ${others.length} more)`
    const what = first === undefined ? '' : `: ${first.check}: ${first.text}${also}`
    return `whether ${release} works could not be found out on ${host}${what}`
  },
  hint: ({ checks: [first] }) =>
    first?.hint ??
    'The cause lies outside of the release, which is not marked bad: deploy it again when the host ' +
      'is well. belay host doctor examines it.',
})

export const checkUnknown = defineFailure<{ release: string; kind: string }>({
  code: 'CHECK_UNKNOWN',
  exit: 'unavailable',
  message: ({ release, kind }) => `${release} has a check of the kind ${JSON.stringify(kind)}`,
  hint: () =>
    'This version of Belay does not know it: use the one that made the release, or newer.',
})

export const proofStopped = defineFailure<{ host: string; release: string }>({
  code: 'PROOF_STOPPED',
  exit: 'interrupted',
  message: ({ host, release }) => `proving ${release} on ${host} was stopped`,
  hint: () => 'Something else ended the run: what that was is told beside this.',
})
