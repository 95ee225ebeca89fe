import type { CompareReport, ComparedRelease } from '../../../operations/compare/compare.ts'
import type { Difference } from '../../../plan/afterwards/compare-releases.ts'
import type { Page } from '../reporter.ts'
import type { Style } from '../style.ts'
import { indented, tableLines } from '../table.ts'
import { commitWords } from './release.ts'

export function renderCompare(report: CompareReport, { style }: Page): string[] {
  const { from, to, images, values, compose, files, host } = report
  const parts = [
    part(
      'Images',
      images.map((each) => [
        each.service,
        words(each.difference, style),
        [each.from, each.to].filter((image) => image !== null).join(' → '),
      ]),
      style,
    ),
    part(
      'Environment (names; values are never shown)',
      values.map((each) => [each.service, words(each.difference, style), each.name]),
      style,
    ),
    part(
      'Compose',
      compose.map((each) => [each.place, words(each.difference, style)]),
      style,
    ),
    part(
      'Mounted files',
      files.map((each) => [each.place, words(each.difference, style)]),
      style,
    ),
  ]
  const what = style.strong(`${from.id} → ${to.id}`)
  const isSame = parts.every((lines) => lines.length === 0)
  return [
    `${what} of ${report.app} · ${report.environment}, as ${host} keeps them`,
    ...commits(from, to),
    ...parts.flat(),
    ...(isSame
      ? ['', style.good('Images, environment, compose and mounted files are the same.')]
      : []),
  ]
}

function commits(from: ComparedRelease, to: ComparedRelease): string[] {
  const rows = [from, to].map(({ id, commit, createdAt, createdBy }) => {
    return [id, commitWords(commit), createdAt.slice(0, 16).replace('T', ' '), createdBy]
  })
  const [a, b] = [from.commit?.id, to.commit?.id]
  const more = a !== undefined && b !== undefined && a !== b
  return [
    ...tableLines(rows).map((line) => `  ${line}`),
    ...(more ? [`  git log --oneline ${a.slice(0, 8)}..${b.slice(0, 8)}`] : []),
  ]
}

function part(title: string, rows: readonly (readonly string[])[], style: Style): string[] {
  return rows.length === 0 ? [] : ['', style.strong(title), ...indented(tableLines(rows))]
}

function words(difference: Difference, style: Style): string {
  return {
    added: style.good('added'),
    removed: style.bad('removed'),
    changed: style.odd('changed'),
  }[difference]
}
