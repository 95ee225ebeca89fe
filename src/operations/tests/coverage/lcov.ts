import type { CoverageFormat, Lines } from './format.ts'

/** LCOV's tracefile: records of `SF:` … `end_of_record`, one for each source file (geninfo(1)). */
export const lcov: CoverageFormat = {
  name: 'LCOV',
  recognises: (text) => /^(TN|SF):/.test(text.trimStart()),
  read(text) {
    const end = text.lastIndexOf(END)
    if (end === -1 || text.slice(end + END.length).trim() !== '') {
      return { reason: 'it was cut off: its last record has no end' }
    }
    const records = text.split(END).slice(0, -1).map(linesOf)
    return records.reduce((all, one) => ({ hit: all.hit + one.hit, found: all.found + one.found }))
  },
}

const END = 'end_of_record'

/** By its sums; by its lines where a tool wrote no sums. */
function linesOf(record: string): Lines {
  const hit = /^LH:(\d+)/m.exec(record)?.[1]
  const found = /^LF:(\d+)/m.exec(record)?.[1]
  if (hit !== undefined && found !== undefined) return { hit: Number(hit), found: Number(found) }
  const counts = [...record.matchAll(/^DA:\d+,(\d+)/gm)].map(([, count]) => Number(count))
  return { hit: counts.filter((count) => count > 0).length, found: counts.length }
}
