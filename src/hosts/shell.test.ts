import { execFileSync } from 'node:child_process'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { quote } from './shell.ts'

const PRINT = 'printf "%s\\0" "$@"'

/** What a shell makes of the quoted line. */
function readBack(shell: string, words: readonly string[]): string[] {
  const line = `set -- ${quote(words)}; ${PRINT}`
  return execFileSync(shell, ['-c', line], { encoding: 'utf8' }).split('\0').slice(0, -1)
}

describe('quote', () => {
  test('harmless words must stay readable', () => {
    expect(quote(['docker', 'exec', '-i', 'shop-r42-web-1', 'a/b:c@d'])).toBe(
      'docker exec -i shop-r42-web-1 a/b:c@d',
    )
  })

  test.each(['sh', 'bash'])('%s must read back every word byte for byte', (shell) => {
    const nasty = ['', ' ', '$HOME', '`id`', "it's", '"', '\\', '\\\\n', '!x', 'a\nb', '~', '=ls']
    expect(readBack(shell, nasty)).toEqual(nasty)
    const special = ['-n', '*', '?', '[a]', '{a,b}', '#', ';', '&', '|', 'ü€😀']
    expect(readBack(shell, special)).toEqual(special)
  })

  test('any words must survive', () => {
    const word = fc.string({ unit: 'binary' }).filter((text) => !/[\0\ud800-\udfff]/.test(text))
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
        expect(readBack('sh', words)).toEqual(words)
      }),
      { numRuns: 60 },
    )
  })

  test('no backslash, quote or exclamation mark must stand inside of single quotes', () => {
    expect(quote(["a\\b'c!d e"])).toBe(String.raw`'a'\\'b'\''c'\!'d e'`)
  })

  test('a NUL byte must be refused', () => {
    expect(() => quote(['a\0b'])).toThrow('NUL')
  })
})
