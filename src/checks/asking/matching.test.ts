import { describe, expect, it } from 'vitest'
import { jsonMismatch } from './matching.ts'

describe('comparing JSON in part', () => {
  it.each([
    [{ a: 1, b: 2 }, { a: 1 }],
    [[{ id: 1, x: 0 }], [{ id: 1 }]],
    [null, null],
    ['ok', 'ok'],
    [{}, {}],
  ])('must find that %j has all of %j', (actual, expected) => {
    expect(jsonMismatch(actual, expected)).toBeUndefined()
  })

  it.each([
    [{ a: 1 }, { a: 2 }, '$.a is 1, not 2'],
    [{}, { a: 1 }, '$.a is missing, not 1'],
    [{ a: null }, { a: { b: 1 } }, '$.a is null, not an object'],
    [{ a: [] }, { a: {} }, '$.a is [], not an object'],
    [{ a: {} }, { a: [] }, '$.a is {}, not a list'],
    [[1, 2], [1], '$ has 2 entries, not 1'],
    [[1, 2], [1, 3], '$[1] is 2, not 3'],
    ['1', 1, '$ is "1", not 1'],
    [{}, { toString: 1 }, '$.toString is missing, not 1'],
  ])('must say where %j differs from %j', (actual, expected, text) => {
    expect(jsonMismatch(actual, expected)).toBe(text)
  })
})
