import { cobertura } from './cobertura.ts'
import type { CoverageFormat, Read } from './format.ts'
import { istanbul } from './istanbul.ts'
import { lcov } from './lcov.ts'

const FORMATS: readonly CoverageFormat[] = [istanbul, lcov, cobertura]

/** What the text of a coverage file says, whatever the file is called. */
export function readCoverage(written: string): Read {
  // A byte order mark is no part of any of them.
  const text = written.replace(/^\uFEFF/, '')
  const format = FORMATS.find((one) => one.recognises(text))
  if (format === undefined) return { reason: unknown(text) }
  const read = format.read(text)
  if ('reason' in read) return read
  if (read.found === 0) return { reason: 'it counts no lines at all' }
  if (!(read.hit <= read.found)) return { reason: 'it reached more lines than there are' }
  return read
}

function unknown(text: string): string {
  if (text.trim() === '') return 'it is empty'
  if (/^mode: (set|count|atomic)/.test(text)) {
    return 'it is a Go profile; gocover-cobertura or gcov2lcov makes one that can be read'
  }
  return `it is none of: ${FORMATS.map(({ name }) => name).join(', ')}`
}
