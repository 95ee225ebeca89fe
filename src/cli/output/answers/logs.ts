import type { LogLine } from '../../../operations/look/logs.ts'
import type { Page } from '../reporter.ts'

/** `host service-container | text`. */
export function renderLogLines(lines: readonly LogLine[], { style }: Page): string[] {
  return lines.map(({ host, container, text }) => {
    return `${style.faint(`${host} ${container} |`)} ${text}`
  })
}
