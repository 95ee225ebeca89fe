import { describe, expect, it } from 'vitest'
import { blank, importsOf } from './scan.ts'

describe('blanking keeps code and its places, and nothing else', () => {
  const cases: readonly (readonly [what: string, text: string, kept: string])[] = [
    ['a line comment', 'a // b\nc', 'a     \nc'],
    ['a block comment', 'a /* b\nc */ d', 'a     \n     d'],
    ['the inside of a string', "a('b\\'c') + d", "a('    ') + d"],
    ['a slash inside a string', '"//" + a', '"  " + a'],
    ['a regular expression', 'x = /a[/]b"/g.test(c)', 'x =         g.test(c)'],
    ['a division, which it leaves', 'a / b / c', 'a / b / c'],
    ['the text of a template', '`a b` + c', '`   ` + c'],
    ['what a template contains, which it leaves', '`a ${b} c` + d', '`  ${b}  ` + d'],
    ['an object inside a template', '`${{ a: 1 }.a} b` + c', '`${{ a: 1 }.a}  ` + c'],
    ['a template inside a template', '`a ${`b ${c} d`} e` + f', '`  ${`  ${c}  `}  ` + f'],
    ['an unfinished comment', 'a /* b', 'a     '],
  ]
  for (const [what, text, kept] of cases) {
    it(`as it does with ${what}`, () => {
      expect(blank(text)).toBe(kept)
    })
  }
})

function specifiers(text: string): unknown[] {
  return importsOf(text).map((found) => found.specifier)
}

describe('imports', () => {
  it('are found in every form', () => {
    const text = [
      "import './a.ts'",
      "import b from './b.ts'",
      "import * as c from './c.ts'",
      "import { d, type D } from './d.ts'",
      "import type { E } from './e.ts'",
      "import {\n  f,\n} from './f.ts'",
      "export * from './g.ts'",
      "export { h } from './h.ts'",
      "export type { I } from './i.ts'",
      "const j = await import('./j.ts')",
      "type K = import('./k.ts').K",
      "const l = require('./l.ts')",
      'import m from "./m.ts"',
    ].join('\n')
    expect(specifiers(text)).toEqual('abcdefghijklm'.split('').map((name) => `./${name}.ts`))
  })

  it('are not found in comments, strings, or words that look alike', () => {
    const text = [
      "// import './a.ts'",
      '/* import("./b.ts") */',
      'const c = "import { d } from \'./d.ts\'"',
      'const e = `import "./e.ts"`',
      "export const f = 'from'",
      "reimport('./g.ts')",
      'const h = import.meta.url',
    ].join('\n')
    expect(specifiers(text)).toEqual([])
  })

  it('say when they are computed', () => {
    expect(specifiers('await import(`./${a}.ts`)')).toEqual([undefined])
  })

  it('say their line, their kind, and whether they are of types', () => {
    expect(importsOf("\nimport type { A } from './a.ts'\nexport * from './b.ts'")).toEqual([
      { specifier: './a.ts', line: 2, typeOnly: true, kind: 'import' },
      { specifier: './b.ts', line: 3, typeOnly: false, kind: 'export-from' },
    ])
  })
})
