import { array, assert, constantFrom, property } from 'fast-check'
import { expect, it } from 'vitest'
import { lineDiff } from './line-diff.ts'

it('shows what differs, and a little around it', () => {
  const before = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'].join('\n')
  const after = before.replace('b', 'B').replace('k', 'k\nkk')
  expect(lineDiff(before, after)).toEqual([
    '  a',
    '- b',
    '+ B',
    '  c',
    '  d',
    '  e',
    '…',
    '  i',
    '  j',
    '  k',
    '+ kk',
    '  l',
  ])
})

it('has nothing to show where nothing differs, and everything where there was nothing', () => {
  expect(lineDiff('a\nb\n', 'a\nb\n')).toEqual([])
  expect(lineDiff('', 'a\nb\n')).toEqual(['+ a', '+ b'])
  expect(lineDiff('a\n', '')).toEqual(['- a'])
})

it('never loses a line, whatever the two texts', () => {
  const text = array(constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 7 })
  assert(
    property(text, text, (before, after) => {
      const shown = lineDiff(before.join('\n'), after.join('\n'))
      if (shown.length === 0) expect(before.join()).toBe(after.join())
      const side = (sign: string) =>
        shown.filter((line) => line.startsWith(sign)).map((line) => line.slice(2))
      const removed = before.length - side('-').length
      const added = after.length - side('+').length
      expect(removed).toBe(added)
    }),
  )
})
