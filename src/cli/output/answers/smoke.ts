import { differenceLines } from '../../../checks/proof/explain.ts'
import type { CheckFound, HostSmoke, SmokeReport } from '../../../operations/smoke/smoke.ts'
import type { Page } from '../reporter.ts'
import type { Style } from '../style.ts'
import { indented } from '../table.ts'
import { unreachableLines } from './unreachable.ts'

export function renderSmoke(report: SmokeReport, { style }: Page): string[] {
  const { app, environment, suite, hosts, unreachable } = report
  const what = style.strong(`${app} · ${environment}${suite === null ? '' : ` · suite ${suite}`}`)
  return [
    `${what}: ${verdictOf(report, style)}`,
    ...hosts.flatMap((host) => ['', ...hostLines(host, style)]),
    ...unreachableLines(unreachable, style),
  ]
}

function verdictOf({ hosts, unreachable }: SmokeReport, style: Style): string {
  const all = hosts.flatMap(({ checks }) => checks)
  const wrong = all.filter(({ verdict }) => verdict === 'fail').length
  const unasked = all.filter(({ verdict }) => verdict === 'unknown').length
  const parts = [
    ...(wrong === 0 ? [] : [style.bad(`${wrong} of ${all.length} checks failed`)]),
    ...(unasked === 0 ? [] : [style.odd(`${unasked} could not be told`)]),
  ]
  if (parts.length > 0) return parts.join(', ')
  if (all.length === 0 || unreachable.length > 0) return style.odd('not every host could be asked')
  return style.good(all.length === 1 ? 'the one check passed' : `all ${all.length} checks passed`)
}

function hostLines({ host, release, checks }: HostSmoke, style: Style): string[] {
  const head = `${style.strong(host)} ${style.faint(release === '-' ? '' : release)}`.trimEnd()
  return [head, ...indented(checks.flatMap((check) => checkLines(check, style)))]
}

function checkLines(found: CheckFound, style: Style): string[] {
  const { check, verdict, text, evidence, hint } = found
  if (verdict === 'pass') return [`${style.good('ok')}      ${check}: ${text}`]
  const word = verdict === 'fail' ? style.bad('failed') : style.odd('unknown')
  const gap = verdict === 'fail' ? '  ' : ' '
  const more = [
    ...differenceLines(found),
    ...evidence,
    ...(hint === null ? [] : [style.faint(hint)]),
  ]
  return [`${word}${gap}${check}: ${text}`, ...more.map((line) => `        ${line}`)]
}
