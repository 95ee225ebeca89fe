import type { LeaseReport } from '../../../operations/look/lease.ts'
import type { Lease } from '../../../plan/observed.ts'
import type { Page } from '../reporter.ts'
import { span, tableLines } from '../table.ts'
import { unreachableLines } from './unreachable.ts'

export function renderLease({ hosts, unreachable }: LeaseReport, { style }: Page): string[] {
  const rows = hosts.map(({ host, lease }) => [host, lease === null ? 'free' : leaseWords(lease)])
  return [...tableLines(rows), ...unreachableLines(unreachable, style)]
}

/** After it was taken away. */
export function renderBrokenLease({ hosts, unreachable }: LeaseReport, { style }: Page): string[] {
  const rows = hosts.map(({ host, lease }) => [
    host,
    lease === null ? 'was free' : `taken from ${lease.owner} (${lease.purpose}); now free`,
  ])
  return [...tableLines(rows), ...unreachableLines(unreachable, style)]
}

/** Who holds it, for what, since when, and when it ends by itself. */
export function leaseWords({ owner, purpose, run, ageSeconds, secondsLeft }: Lease): string {
  const until = secondsLeft > 0 ? `ends in ${span(secondsLeft)} unless renewed` : 'has lapsed'
  return `lease: ${owner}, ${purpose} (run ${run}), for ${span(ageSeconds)} now, ${until}`
}
