import { expect, test } from 'vitest'
import { readYaml } from './read-yaml.ts'
import { problemLines } from './problem.ts'
import { plainData } from './validate.ts'

function dataOf(text: string): unknown {
  const { tree, problems } = readYaml(text)
  expect(problems).toEqual([])
  return tree === undefined ? undefined : plainData(tree, new Set())
}

function problemsOf(text: string): readonly string[] {
  return readYaml(text).problems.flatMap((problem) => problemLines('f', problem))
}

test('anchors, aliases and merge keys must be followed, what is written out winning', () => {
  const text = `
x: &base { a: 1, b: 2 }
y: &more { c: 3, a: 9 }
one: { b: 5, <<: *base }
two: { <<: [*base, *more], d: 4 }
three: *base
`
  expect(dataOf(text)).toMatchObject({
    one: { a: 1, b: 5 },
    two: { a: 1, b: 2, c: 3, d: 4 },
    three: { a: 1, b: 2 },
  })
})

test('scalars must be read by YAML 1.2, and texts stay texts', () => {
  const text = 'a: off\nb: no\nc: 0o17\nd: 1_000\ne: "5"\nf: ~\ng: 1.5\nh: true\ni: 2024-01-01\n'
  expect(dataOf(text)).toEqual({
    a: 'off',
    b: 'no',
    c: 15,
    d: '1_000',
    e: '5',
    f: null,
    g: 1.5,
    h: true,
    i: '2024-01-01',
  })
})

test('a variable must be readable inside of braces and brackets', () => {
  const text = 'a: { token: ${TOKEN}, list: [${ONE}, "${TWO}"] }\n'
  expect(dataOf(text)).toEqual({ a: { token: '${TOKEN}', list: ['${ONE}', '${TWO}'] } })
})

test('a byte order mark and line ends of Windows must not matter', () => {
  expect(dataOf('\uFEFFa: 1\r\nb:\r\n  - x\r\n')).toEqual({ a: 1, b: ['x'] })
})

test.each([
  [
    'a: [1\nb: 2',
    [
      'f:2:1  this is not YAML: a bracket before is not closed, or this line is not ' +
        'indented like its neighbours',
      '  1 | a: [1',
      '  2 | b: 2',
      '    | ^',
    ],
  ],
  [
    'a: 1\n\tb: 2',
    [
      'f:2:1  this is not YAML: a tab indents this line; only spaces may',
      '  1 | a: 1',
      '  2 |  b: 2',
      '    | ^',
    ],
  ],
  [
    'a: b: c',
    [
      'f:1:4  this is not YAML: a second ":" on one line, or a line that is indented too far',
      '  1 | a: b: c',
      '    |    ^',
    ],
  ],
  [
    'a: @x',
    [
      'f:1:4  this is not YAML: a value cannot begin with this character; put it in quotes',
      '  1 | a: @x',
      '    |    ^',
    ],
  ],
  [
    'a: 1\n---\nb: 2',
    [
      'f:2:1  this is not YAML: a second document begins here; one file holds one',
      '  1 | a: 1',
      '  2 | ---',
      '    | ^',
    ],
  ],
  ['a: *x', ['f:1:4  *x names no &x above it']],
  ['a: &x [*x]', ['f:1:8  *x stands inside of itself']],
  ['a: !env X', ['f:1:4  tags such as !name have no meaning here']],
  ['<<: 5', ['f:1:1  << takes a map, or a list of maps']],
  ['a: { b: 1, b: 2 }', ['f:1:12  a.b is set twice; line 1 has it already']],
])('%j must be answered with its place', (text, lines) => {
  expect(problemsOf(text)).toEqual(lines)
})

test('aliases that multiply must be stopped', () => {
  const levels = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`)
  const started = performance.now()
  expect(problemsOf(`a0: &a0 x\n${levels.join('\n')}`)).toEqual([
    'f  more than 20000 values: is this the right file?',
  ])
  expect(performance.now() - started).toBeLessThan(20_000)
})

test('a file that is far too large must not be parsed', () => {
  expect(problemsOf('x'.repeat(1_000_001))).toEqual(['f  it is larger than 1 MB'])
})

test('what is nested too deeply must be told, with the part of the line around it', () => {
  const [first = '', frame = '', mark = ''] = problemsOf('['.repeat(20_000))
  expect(first).toMatch(/^f:1:\d+ {2}this is nested too deeply$/)
  expect(frame.length).toBeLessThan(120)
  expect(mark.trimEnd().endsWith('^')).toBe(true)
  expect(mark.length).toBeLessThan(100)
})
