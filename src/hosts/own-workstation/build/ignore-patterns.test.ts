import { describe, expect, test } from 'vitest'
import { readIgnorePatterns } from './ignore-patterns.ts'

const all = (text: string): boolean => readIgnorePatterns(text).ignoresAllBelow('docs')

describe('readIgnorePatterns', () => {
  test.each([
    ['node_modules', 'node_modules/a/b.js', true],
    ['node_modules', 'web/node_modules/a.js', false],
    ['**/node_modules', 'web/node_modules/a.js', true],
    ['**/node_modules', 'node_modules', true],
    ['/dist/', 'dist/app.js', true],
    ['./dist', 'dist/app.js', true],
    ['*.log', 'a.log', true],
    ['*.log', 'logs/a.log', false],
    ['**/*.log', 'logs/deep/a.log', true],
    ['logs/**', 'logs/deep/a.log', true],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['[a-c].txt', 'b.txt', true],
    ['[a-c].txt', 'd.txt', false],
    ['a.b', 'aXb', false],
    ['a+b(c)', 'a+b(c)', true],
    [String.raw`\*.txt`, 'a.txt', false],
    [String.raw`\*.txt`, '*.txt', true],
    ['# a.txt', 'a.txt', false],
    ['', 'a.txt', false],
    ['.', 'a.txt', false],
    ['  spaced  ', 'spaced', true],
    ['*\n!keep.txt', 'keep.txt', false],
    ['*\n!keep.txt', 'drop.txt', true],
    ['!keep.txt\n*', 'keep.txt', true],
    ['docs\n!docs/api', 'docs/api/x.md', false],
    ['docs\n!docs/api', 'docs/x.md', true],
  ])('%j with %j must ignore: %j', (text, path, isIgnored) => {
    expect(readIgnorePatterns(text).ignores(path)).toBe(isIgnored)
  })

  test('a folder must be left alone as a whole only if nothing in it is taken back', () => {
    expect(all('docs')).toBe(true)
    expect(all('docs\n!docs/api')).toBe(false)
    expect(all('docs\n!other/api')).toBe(true)
    expect(all('docs\n!**/README.md')).toBe(false)
    expect(all('other')).toBe(false)
  })
})
