import type { NotifyTestReport } from '../../../operations/notify-test.ts'
import type { Page } from '../reporter.ts'
import { tableLines } from '../table.ts'

export function renderNotifyTest(report: NotifyTestReport, { style }: Page): string[] {
  const { app, environment, channels } = report
  const what = style.strong(`${app} · ${environment}`)
  if (channels.length === 0) return [`${what}: nobody is told of runs (notify in belay.yaml)`]
  const paint = { told: style.good, failed: style.bad, off: style.odd, elsewhere: style.faint }
  const rows = channels.map(({ channel, outcome, text }) => [
    channel,
    paint[outcome](outcome),
    outcome === 'told' && text === 'told' ? '' : text,
  ])
  return tableLines([['CHANNEL', 'TEST', ''].map(style.faint), ...rows])
}
