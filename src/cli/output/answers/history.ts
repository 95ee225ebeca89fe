import { formatDuration } from '../../../base/duration.ts'
import type { HistoryReport } from '../../../operations/look/history.ts'
import type { RunSummary } from '../../../operations/look/journals.ts'
import type { ReleaseSummary } from '../../../operations/look/status.ts'
import type { Page } from '../reporter.ts'
import type { Style } from '../style.ts'
import { ago, tableLines } from '../table.ts'
import { commitWords } from './release.ts'
import { unreachableLines } from './unreachable.ts'

export function renderHistory(report: HistoryReport, { style }: Page): string[] {
  const { runs, kept, at, serving, unreachable } = report
  const what = style.strong(`${report.app} · ${report.environment}`)
  return [
    ...(runs.length === 0 ? [`${what}: no run was recorded yet`] : runTable(runs, at, style)),
    ...(kept.length === 0 ? [] : ['', style.strong('Releases that are kept'), ...keptTable()]),
    ...unreachableLines(unreachable, style),
  ]

  function keptTable(): string[] {
    return tableLines(
      [...kept]
        .reverse()
        .map((release) => [
          `  ${release.id}`,
          markWords(release, release.id === serving, style),
          ago(release.createdAt, at),
          commitWords(release.commit),
          release.createdBy,
          release.mark === 'bad' ? (release.reason ?? '') : '',
        ]),
    )
  }
}

function runTable(runs: readonly RunSummary[], at: string, style: Style): string[] {
  const hasBackups = runs.some(({ backups }) => backups !== undefined)
  const names = ['RUN', 'ENDED', 'WHAT', 'OUTCOME', 'TOOK', 'BY', ...(hasBackups ? ['BACKUP'] : [])]
  const head = names.map(style.faint)
  const rows = runs.map((run) => [
    run.run,
    ago(run.at, at),
    whatWords(run),
    outcomeWords(run.outcome, style),
    run.durationMs === null ? '' : formatDuration(run.durationMs),
    run.owner,
    run.backups?.join(', ') ?? '',
  ])
  return tableLines([head, ...rows])
}

/** `deploy r42`; a change of the base made no release. */
export function whatWords({ purpose, release }: RunSummary): string {
  return purpose === 'base' ? 'base' : `${purpose} ${release}`.trim()
}

export function outcomeWords(outcome: string, style: Style): string {
  const words = outcome.replaceAll('-', ' ')
  if (outcome === 'confirmed') return style.good(words)
  if (outcome === 'nothing-to-do') return words
  return outcome === 'critical' ? style.bad(words) : style.odd(words)
}

function markWords({ mark }: ReleaseSummary, serves: boolean, style: Style): string {
  if (serves) return style.good('serves')
  if (mark === 'bad') return style.bad(mark)
  return mark
}
