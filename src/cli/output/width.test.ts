import { describe, expect, it } from 'vitest'
import { fit, pad, widthOf } from './width.ts'

describe('columns at a terminal', () => {
  it('counts wide characters twice, combining ones and colours not at all', () => {
    expect(widthOf('abc')).toBe(3)
    expect(widthOf('日本')).toBe(4)
    expect(widthOf('e\u0301')).toBe(1)
    expect(widthOf('\u001b[31mred\u001b[39m')).toBe(3)
  })
  it('cuts with an ellipsis, never beyond the columns', () => {
    expect(fit('abcdef', 6)).toBe('abcdef')
    expect(fit('abcdef', 5)).toBe('abcd…')
    expect(widthOf(fit('日本語日本語', 6))).toBeLessThanOrEqual(6)
    expect(fit('abc', 0)).toBe('')
  })
  it('fills with spaces', () => {
    expect(pad('日', 4)).toBe('日  ')
    expect(pad('abc', 2)).toBe('abc')
  })
})
