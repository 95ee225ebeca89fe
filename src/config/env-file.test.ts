import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { lostDollars, parseEnvFile, quoteEnvValue } from './env-file.ts'

const anyValue = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', ''))

test('any value must survive quoting byte for byte, among other values', () => {
  fc.assert(
    fc.property(anyValue, anyValue, (first, second) => {
      const text = `FIRST=${quoteEnvValue(first)}\nSECOND=${quoteEnvValue(second)} # comment\n`
      const expected = { ok: true, values: { FIRST: first, SECOND: second } }
      expect(parseEnvFile(text, () => 'from outside')).toEqual(expected)
    }),
    { numRuns: 2000 },
  )
})

test.each([
  ['plain', '"plain"'],
  ['', '""'],
  ['a "b" \\ $c', String.raw`"a \"b\" \\ \$c"`],
  ['two\r\nlines', String.raw`"two\r\nlines"`],
  ["it's # not a comment", `"it's # not a comment"`],
])('%j must be written as %s', (value, quoted) => {
  expect(quoteEnvValue(value)).toBe(quoted)
})

test('a NUL must not be quoted', () => {
  expect(() => quoteEnvValue('a\0b')).toThrow('NUL')
})

test.each([
  ['A=1\nB="unclosed\nC=2\n', 2, 'a " is opened and never closed'],
  ["A='x\n", 1, "a ' is opened and never closed"],
  ['A=1\n\n# c\nA B=secret', 4, 'the name "A B" has a space in it'],
  ['A=1\nA\tB=1', 2, 'the name "A\\tB" has a space in it'],
  ['A!=secret', 1, '"!" cannot stand in the name of a variable'],
  ['secret phrase', 1, 'the last line has no "=" in it'],
  ['=secret', 1, 'a name is missing'],
  ['A=x${', 1, '"${" does not begin a ${NAME} here; write $${'],
  ['A=${B:?set B first}', 1, 'the file demands a value for B: set B first'],
  ['A="\\0000"', 1, 'A has a NUL in it'],
])('%j must be refused at line %d', (text, line, reason) => {
  expect(parseEnvFile(text)).toEqual({ ok: false, line, reason })
})

test('what the file sets must win over what the caller has', () => {
  const parsed = parseEnvFile('HOST=db\nURL=$HOST/$NAME\n', (name) => `outer-${name}`)
  expect(parsed).toEqual({ ok: true, values: { HOST: 'db', URL: 'db/outer-NAME' } })
})

test('a large file must be read without running out of stack', () => {
  const long = 'x\\"y\n'.repeat(100_000)
  const parsed = parseEnvFile(`A=${quoteEnvValue(long)}`)
  expect(parsed.ok && parsed.values['A'] === long).toBe(true)
})

test('a $ that costs a value a part of it must be told by line and name, not by what is lost', () => {
  const text = `PLAIN=a$b
QUOTED="
pa$word"
KEPT='a$b'
ESCAPED="a\\$b"
DOLLARS=a$$b
KNOWN=$PLAIN\${OUTER}
FALLBACK=\${NOBODY:-x}
BRACED=\${NOBODY}$NOBODY
`
  const outer = (name: string) => (name === 'OUTER' ? 'x' : undefined)
  expect(lostDollars(text, outer)).toEqual([
    { line: 1, name: 'PLAIN' },
    { line: 2, name: 'QUOTED' },
    { line: 9, name: 'BRACED' },
  ])
  expect(lostDollars('A=a$b\nB', outer)).toEqual([{ line: 1, name: 'A' }])
})
