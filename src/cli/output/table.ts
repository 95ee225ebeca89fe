import { pad, widthOf } from './width.ts'

const GAP = '  '

/** Rows as lines, each column as wide as its widest cell. Cells may be coloured. */
export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ''))),
  )
  return rows.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0))
      .join(GAP)
      .trimEnd(),
  )
}

export function indented(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? '' : `  ${line}`))
}

/** `3h ago`, between two times in ISO 8601; nothing when one of them is none. */
export function ago(then: string, now: string): string {
  const ms = Date.parse(now) - Date.parse(then)
  return Number.isNaN(ms) ? '' : `${span(Math.max(0, ms) / 1000)} ago`
}

/** `48s`, `12m`, `3h`, `5d`: one number, for people. */
export function span(seconds: number): string {
  if (seconds < 100) return `${Math.round(seconds)}s`
  if (seconds < 100 * 60) return `${Math.round(seconds / 60)}m`
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)}h`
  return `${Math.round(seconds / 86_400)}d`
}
