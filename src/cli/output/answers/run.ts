import { formatDuration } from '../../../base/duration.ts'
import type { RunReport } from '../../../operations/look/history.ts'
import { narrator } from '../narrator.ts'
import type { Page } from '../reporter.ts'
import { tableLines } from '../table.ts'
import { outcomeWords, whatWords } from './history.ts'

/** A run told again: its head, its plan, and every line that it told. */
export function renderRun({ run, events }: RunReport, { style }: Page): string[] {
  const head = [
    ['run', run.run],
    ['what', whatWords(run)],
    ['outcome', outcomeWords(run.outcome, style)],
    ['ended', run.at],
    ...(run.durationMs === null ? [] : [['took', formatDuration(run.durationMs)]]),
    ['by', run.owner],
    ['hosts', run.hosts.join(', ')],
    ...(run.text === '' ? [] : [['in words', run.text]]),
  ]
  const narrate = narrator({ style, verbosity: 'verbose', marks: false })
  const told = events.flatMap(({ event }) =>
    event.type === 'plan-made' ? ['', ...event.lines, ''] : narrate(event),
  )
  const isEmpty = told.length === 0
  return [
    ...tableLines(head.map(([name = '', value = '']) => [style.faint(name), value])),
    '',
    ...(isEmpty ? ['It left no receipt: it was cut off before its end.'] : told),
  ]
}
