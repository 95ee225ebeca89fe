import { describe, expect, it } from 'vitest'
import { cleanData, cleanLines, oneLine } from './clean.ts'

const clean = (text: string): string => cleanLines(text).join('|')

describe('text from servers', () => {
  it('loses colours and cursor moves', () => {
    expect(clean('\u001b[31mred\u001b[0m \u001b[2Aup\u001b[K')).toBe('red up')
  })
  it('cannot set the title of the window or make a link', () => {
    expect(clean('a\u001b]0;owned\u0007b\u001b]8;;http://x\u001b\\c')).toBe('abc')
  })
  it('loses an escape that never ends', () => {
    expect(clean('a\u001b]0;owned')).toBe('a')
    expect(clean('a\u001b')).toBe('a')
  })
  it('loses single-byte controls, bells, backspaces and direction overrides', () => {
    expect(clean('a\u009b31mb\u0007c\u0008\u202ed\u0000')).toBe('a31mbcd')
  })
  it('keeps the last state of a line that redraws itself', () => {
    expect(cleanLines('10%\r20%\r30%\nnext\r\nlast')).toEqual(['30%', 'next', 'last'])
  })
  it('keeps words of every script, and tabs as spaces', () => {
    expect(clean('naïve\t日本 ✓')).toBe('naïve  日本 ✓')
  })
  it('is cleaned wherever it hides in data, line by line', () => {
    const data = { a: ['x\u0007', { b: 'one\u001b[1m\ntwo\r\n' }], n: 1, none: null }
    expect(cleanData(data)).toEqual({ a: ['x', { b: 'one\ntwo\n' }], n: 1, none: null })
  })
  it('becomes one line where one is wanted', () => {
    expect(oneLine('one\n\n  two\n')).toBe('one two')
  })
})
