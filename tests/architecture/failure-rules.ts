import { EXIT } from '../../src/base/exit.ts'
import type { FailureKind } from '../../src/base/failure.ts'
import type { Finding, Rule } from './rule.ts'
import { lineOf } from './scan.ts'
import { product } from './source.ts'

const DEFINER = 'src/base/failure.ts'

export const failuresAreDeclared: Rule = {
  instead: `An expected failure is data: declare it with defineFailure in its folder's failures.ts,
and throw what that returns. An Error thrown any other way is a bug in Belay, and is shown as one.`,
  find: (tree) =>
    product(tree)
      .filter(({ path }) => path !== DEFINER)
      .flatMap(({ path, code }) => {
        const made = [...code.matchAll(/\bnew Failure\b|\bextends Failure\b/g)]
        const defined = path.endsWith('/failures.ts')
          ? []
          : [...code.matchAll(/\bdefineFailure\b/g)]
        return [...made, ...defined].map((match) => ({
          path,
          line: lineOf(code, match.index),
          text: `says ${match[0]}`,
        }))
      }),
}

export const failuresHappen: Rule = {
  instead: 'Nothing throws this failure. Throw it where it belongs, or delete it.',
  find: (tree) => {
    const files = product(tree)
    return files
      .filter(({ path }) => path.endsWith('/failures.ts'))
      .flatMap(({ path, code }) =>
        [...code.matchAll(/\bexport const (\w+)\s*=\s*defineFailure\b/g)]
          .filter(([, name]) => {
            const used = new RegExp(String.raw`\b${name}\b`)
            return !files.some((file) => file.path !== path && used.test(file.code))
          })
          .map((match) => ({ path, line: lineOf(code, match.index), text: match[1]! })),
      )
  },
}

/** One failure of the catalogue, with the words of its file: some of them are its details. */
export interface Entry {
  readonly path: string
  readonly name: string
  readonly kind: FailureKind<unknown>
  readonly words: readonly string[]
}

export const CATALOGUE_INSTEAD = `A failure has a code of its own in capitals; an exit from
base/exit.ts; a message of one line without a full stop, saying what happened and where; and a
hint that says what the reader can do next.`

/** What is wrong with a catalogue of failures. */
export function catalogueFindings(entries: readonly Entry[]): Finding[] {
  const codes = new Map<string, string>()
  return entries.flatMap(({ path, name, kind, words }) => {
    const say = (text: string): Finding => ({ path, text: `${name} ${text}` })
    const found: Finding[] = []
    const first = codes.get(kind.code)
    if (first !== undefined) found.push(say(`has the code of ${first}`))
    codes.set(kind.code, name)
    if (!/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(kind.code)) found.push(say(`has code ${kind.code}`))
    if (!(kind.exit in EXIT)) found.push(say(`has exit ${kind.exit}`))
    const texts = textsOf(kind, words)
    if (texts.length === 0) found.push(say('has no message, whatever its details are'))
    for (const { message } of texts) {
      const isLine = message.trim() !== '' && !message.includes('\n') && !message.endsWith('.')
      if (!isLine) found.push(say(`has message “${message}”`))
    }
    if (texts.some(({ hint }) => hint.trim() === '')) found.push(say('has no hint'))
    return found
  })
}

interface Texts {
  readonly message: string
  readonly hint: string
}

/**
 * Message and hint, once for each different pair that made-up details lead to. Where a word is
 * none of the choices that a detail has, nothing comes out, and another word is tried.
 */
function textsOf(kind: FailureKind<unknown>, words: readonly string[]): Texts[] {
  const found = new Map<string, Texts>()
  for (const word of ['x', ...words]) {
    try {
      const details = madeUp(word)
      const texts = { message: kind.message(details), hint: kind.hint(details) }
      const shown = `${texts.message}\n${texts.hint}`.replaceAll(word, 'x')
      if (!shown.includes('undefined')) found.set(shown, texts)
    } catch {
      continue
    }
  }
  return [...found.values()]
}

/** Details that answer to anything: every property, call and item of them is `word` again. */
function madeUp(word: string): unknown {
  const self: unknown = new Proxy(() => word, {
    get: (_, key) => {
      if (key === Symbol.toPrimitive) return () => word
      if (key === Symbol.iterator) return () => [self][Symbol.iterator]()
      if (key === 'length') return 1
      if (key === 'toString' || key === 'join' || key === 'toJSON') return () => word
      return self
    },
    apply: () => self,
    has: () => true,
  })
  return self
}
