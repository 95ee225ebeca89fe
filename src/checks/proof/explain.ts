import type { Failure } from '../../base/failure.ts'
import type { Host } from '../../hosts/host.ts'
import type { Release } from '../../plan/release.ts'
import type { Case } from './case.ts'
import { byBadness, isFinal, type Reasons, type Verdict } from '../check.ts'
import { notProved, proofNotHad } from './failures.ts'

type Bad = Exclude<Verdict, { verdict: 'pass' }>

/** A check that did not pass, as it was last judged. */
export interface Judged {
  readonly at: Case
  readonly verdict: Bad
}

/** How many of a container's last lines are shown. */
const LINES_MAX = 20

/** Why a release was not proved: every check that failed, what was found, and what shows it. */
export async function explain(
  { host, release }: { host: Pick<Host, 'name' | 'sample'>; release: Release },
  judged: readonly Judged[],
  waitedMs: number,
): Promise<Failure> {
  // What is hopeless explains the rest: nothing answers in a container that has exited.
  const hopeless = judged.filter(({ verdict }) => isFinal(verdict))
  const timedOut = hopeless.length === 0
  const telling = timedOut ? judged : hopeless
  const sorted = telling.toSorted((a, b) => byBadness(a.verdict, b.verdict))
  const checks = sorted.map(({ at, verdict: { verdict, text, hint, differences } }) => ({
    check: at.name,
    verdict,
    text,
    ...(hint !== undefined && { hint }),
    ...(differences !== undefined && { differences }),
  }))
  const details = { host: host.name, release: release.id, waitedMs, timedOut, checks }
  const lastWords = timedOut ? await lastWordsOf(host, sorted) : []
  const failure = telling.every(({ verdict }) => verdict.elsewhere) ? proofNotHad : notProved
  return failure(details, { evidence: [...sorted.flatMap(linesOf), ...lastWords] })
}

function linesOf({ at, verdict }: Judged): readonly string[] {
  const { text, evidence = [] } = verdict
  const found = verdict.verdict === 'unknown' ? `could not be told: ${text}` : text
  const shown = [...differenceLines(verdict), ...evidence]
  return [`${at.name}: ${found}`, ...shown.map((line) => `  ${line}`)]
}

/** What was expected and what came, a line each. */
export function differenceLines({ differences = [] }: Pick<Reasons, 'differences'>) {
  return differences.map(({ what, expected, got }) => `${what}: expected ${expected}, got ${got}`)
}

/** Taken now, as going back removes the containers and their logs with them. */
async function lastWordsOf(
  host: Pick<Host, 'sample'>,
  judged: readonly Judged[],
): Promise<readonly string[]> {
  const containers = [...new Set(judged.flatMap(({ at }) => at.subject.containers))]
  const logs = containers.map((container) => ({ container, lines: LINES_MAX }))
  try {
    const sample = await host.sample({ containers: [], commands: [], logs })
    return containers.flatMap((name) => {
      const lines = sample.logs[name] ?? []
      if (lines.length === 0) return [`${name} has logged nothing`]
      return [`${name} logged last:`, ...lines.slice(-LINES_MAX).map((line) => `  ${line}`)]
    })
  } catch {
    // What was found must reach the reader even where nothing more can be asked.
    return []
  }
}
