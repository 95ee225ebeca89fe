import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { FAULTS, KILL } from '../chaos/faults.ts'
import { OVERLAP } from '../chaos/shapes.ts'
import type { Outcome } from '../chaos/scenario.ts'
import { isSwept, textOf } from '../chaos/write-doc.ts'

const page = (): string => readFileSync('docs/chaos.md', 'utf8')

test('docs/chaos.md must tell of every fault that is injected', () => {
  const missing = FAULTS.filter((fault) => !isSwept(fault))
    .map(({ what }) => what)
    .filter((what) => !page().includes(`| ${what} |`) && !page().includes(`- ${what}`))
  expect(missing).toEqual([])
})

test('docs/chaos.md must tell of each shape in which a deployer is killed, or that it was not', () => {
  const text = page().toLowerCase()
  const missing = FAULTS.filter(isSwept)
    .filter(({ what, shape = OVERLAP }) => {
      const [heading, unplayed] = [`### ${shape.title}\n`, `- ${what};`]
      return !text.includes(heading.toLowerCase()) && !text.includes(unplayed.toLowerCase())
    })
    .map(({ name }) => name)
  expect(missing).toEqual([])
})

test('a request that was lost must stand in its row, and in the sum unless it is excused', () => {
  const point = { key: 'do-1', request: 'do-1', host: 'lab1', title: 'start it' }
  const outcome = (over: Partial<Outcome>): Outcome => ({
    fault: KILL,
    spot: { point, moment: 'during' },
    comes: 'the next deployment',
    exit: 137,
    sent: 100,
    lost: 0,
    quietMs: 0,
    nextMs: 1000,
    problems: [],
    ...over,
  })
  const excused = { name: 'dead', what: 'the server is off', mayLose: 'it is off', exits: [4] }
  const text = textOf(
    {
      good: [
        outcome({ lost: 3 }),
        outcome({ quietMs: 11_200 }),
        outcome({ fault: excused, exit: 4, lost: 40 }),
      ],
      bad: [outcome({ fault: excused, lost: 2 })],
      unseen: [],
    },
    ['one machine'],
  )
  expect(text).toContain('| start it | 2 times | 200 | 3 | 11.2 s |')
  expect(text).toContain('| the server is off | during: start it | 4 | 100 | 40 |')
  expect(text).toContain('**3 requests were lost**')
  expect(text).toContain('- the server is off: it is off.')
  expect(text).toMatch(
    /## Seen to end otherwise than it must\n\n- the server is off; during: start it\n/,
  )
})
