import { expect, test } from 'vitest'
import { FAULTS, type Phase } from './faults.ts'
import type { Left } from './look.ts'
import { sectionIn, sectionOf, withSection } from './page.ts'
import type { Way } from './way.ts'
import { faultLine, goodLine } from './words.ts'

const way: Way = { name: 'tool', about: 'A tool.', deploy: () => Promise.reject(new Error('no')) }
const [fault] = FAULTS
if (fault === undefined) throw new Error('no faults')

function phase(left: readonly Left[], over: Partial<Phase> = {}): Phase {
  return { ended: { code: 0, ms: 1500, said: '' }, sent: 100, lost: 0, left, ...over }
}

test('what nobody answers, what runs unused and who was killed must stand in the row', () => {
  const during = phase([{ serves: [], running: 1 }], { ended: undefined, lost: 7 })
  const next = phase([
    { serves: ['first'], running: 2 },
    { serves: ['bad', 'next'], running: 2 },
  ])
  expect(faultLine({ way, fault, result: { during, next } })).toBe(
    '| tool | 7 of 100 | killed | **nobody answers** | 0 of 100 | success after 1.50 s; ' +
      'server 1: *first* serves, 1 container beside it, server 2: *bad* and *next* serves |',
  )
})

test('the requests lost in all runs must be counted, and their times told by the median', () => {
  const one = { servingMs: 1000, totalMs: 2000, sent: 50, lost: 1 }
  const runs = [one, { ...one, servingMs: 3000, lost: 2 }, { ...one, servingMs: 1500, lost: 0 }]
  expect(goodLine({ way, roundTripMs: 50, result: runs })).toBe(
    '| tool | 50 ms | 1.50 s (1.00–3.00) | 2.00 s (2.00–2.00) | 3 of 150 |',
  )
})

test('a tool that could not be measured must say why, in one line of the table', () => {
  const line = goodLine({ way, roundTripMs: 0, result: 'it ended with 1:\n a | b' })
  expect(line).toBe('| tool | 0 ms | not measured: it ended with 1: a / b | | |')
  expect(faultLine({ way, fault, result: 'no copy' }).split('|')).toHaveLength(8)
})

test('a newer section must take the place of the older, and leave the rest of the page', () => {
  const compared = { ways: [way], good: [], faults: [], runs: 5, minutes: 3, loadBefore: 1 }
  const older = withSection('# Benchmarks\n\nRows.\n', sectionOf(compared))
  const newer = withSection(older, sectionOf({ ...compared, minutes: 9 }))
  expect(newer.startsWith('# Benchmarks\n\nRows.\n\n## Side by side\n')).toBe(true)
  expect(newer).toContain('9 minutes')
  expect(newer).not.toContain('3 minutes')
  expect(sectionIn(newer)).toContain('- **tool.** A tool.')
})
