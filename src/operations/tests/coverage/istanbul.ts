import type { CoverageFormat, Read } from './format.ts'

/** `coverage-summary.json`, as istanbul-reports writes it with the reporter `json-summary`. */
export const istanbul: CoverageFormat = {
  name: 'Istanbul JSON summary',
  recognises: (text) => text.trimStart().startsWith('{'),
  read(text) {
    const lines = totalLines(text)
    return lines ?? { reason: 'it is JSON, but no whole coverage-summary.json of Istanbul' }
  },
}

function totalLines(text: string): Read | undefined {
  try {
    const { total, covered } = JSON.parse(text).total.lines
    return isCount(total) && isCount(covered) ? { hit: covered, found: total } : undefined
  } catch {
    return undefined
  }
}

const isCount = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0
