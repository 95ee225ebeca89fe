import type { LogsSettings } from '../config/checks/logs.ts'
import { defineCheck, fail, pass, unknown, type Verdict, worst } from './check.ts'
import { matches } from './asking/matching.ts'

/** How far back a log is read at each look; its beginning is what matters after a start. */
const LINES_MAX = 500

/** Looks through what the containers have logged since their start. */
export const logs = defineCheck<LogsSettings>({
  kind: 'logs',

  title: ({ not, must }) => `log /${must ?? not}/`,

  needs: (_, { containers }) => ({
    logs: containers.map((container) => ({ container, lines: LINES_MAX })),
  }),

  judge: ({ logs, previous }, settings, { containers }) =>
    worst(
      containers.map((name, index) => {
        const verdict = judgeLines(logs[index] ?? [], settings)
        // A line that was seen may have scrolled out of reach since.
        const seen = verdict.verdict === 'unknown' && previous?.verdict === 'pass'
        return [name, seen ? previous : verdict]
      }),
    ),
})

function judgeLines(lines: readonly string[], { not, must }: LogsSettings): Verdict {
  const bad = not === undefined ? [] : lines.filter((line) => matches(not, line))
  if (bad.length > 0) {
    // A line that is there stays there.
    return fail(`logged /${not}/`, { final: true, evidence: bad.slice(0, 5) })
  }
  if (must !== undefined && !lines.some((line) => matches(must, line))) {
    return unknown(`has not logged /${must}/ yet`, { evidence: lines.slice(-5) })
  }
  return pass('as expected')
}
