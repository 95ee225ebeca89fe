import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Failure } from '../base/failure.ts'
import { loadText } from '../../tests/config/memory-files.ts'

/** How loading ends: `ok`, or the code of the failure. Anything else that is thrown is a bug. */
function outcomeOf(text: string): string {
  try {
    loadText(text, { environment: 'production', variables: { SMOKE_TOKEN: 'canary-value' } })
    return 'ok'
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const told = JSON.stringify([error.message, error.hint, error.evidence, error.details])
    return told.includes('canary') ? 'LEAKED' : error.code
  }
}

const KNOWN = /^(ok|CONFIG_INVALID|ENVIRONMENT_UNKNOWN|ENV_MISSING|ENV_FILE_MISSING)$/

const guide = readFileSync('docs/guide/configuration.md', 'utf8')
const blocks = [...guide.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text]) => text ?? '')
const whole = blocks.map((block) => (/^app:/m.test(block) ? block : `app: a\nhosts: [a]\n${block}`))

test('a damaged file must end in a failure that was meant, and never in a crash', () => {
  const piece = fc.constantFrom(
    ':',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '\n',
    ' ',
    '\t',
    '*a',
    '&a ',
    '<<: ',
    '${X}',
    '${SMOKE_TOKEN}',
    '|',
    '#',
    '~',
    '%',
    '!x ',
    '? ',
    '---\n',
    '\0',
    '\uFEFF',
    '0',
    'é',
  )
  const damage = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    cut: fc.integer({ min: 0, max: 12 }),
    put: piece,
  })
  fc.assert(
    fc.property(fc.constantFrom(...whole), fc.array(damage, { maxLength: 4 }), (text, damages) => {
      const damaged = damages.reduce((before, { at, cut, put }) => {
        const place = Math.floor(at * before.length)
        return before.slice(0, place) + put + before.slice(place + cut)
      }, text)
      expect(outcomeOf(damaged)).toMatch(KNOWN)
    }),
    { numRuns: 250 },
  )
})

test('any text at all must end in a failure that was meant', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      expect(outcomeOf(text)).toMatch(KNOWN)
    }),
    { numRuns: 200 },
  )
})

test.each([
  ['['.repeat(50_000)],
  ['{a: '.repeat(50_000)],
  ['- '.repeat(50_000)],
  [
    Array.from({ length: 5000 }, (_, depth) => `${' '.repeat(depth)}a:`)
      .join('\n')
      .slice(0, 900_000),
  ],
  [`app: ${'x'.repeat(500_000)}`],
])('a file that is nested or long beyond reason must end in a failure', (text) => {
  expect(outcomeOf(text)).toBe('CONFIG_INVALID')
})
