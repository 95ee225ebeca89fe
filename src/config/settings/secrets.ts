import type { Tree } from '../source/tree.ts'

/** Values that many apps share: hiding them would hide ordinary words, and protect nobody. */
const ORDINARY: ReadonlySet<string> = new Set(
  (
    'true false yes no on off none null auto default debug info warn warning error trace ' +
    'development staging production test local localhost postgres postgresql mysql mariadb redis ' +
    'mongo mongodb admin root user app main master utf-8 utf8'
  ).split(' '),
)

/** A small number, or a word that everybody uses. */
export function isOrdinary(value: string): boolean {
  return /^\d{1,5}$/.test(value) || ORDINARY.has(value.toLowerCase())
}

/**
 * Those of the values that must be printed nowhere. What `belay.yaml` itself spells out (a domain,
 * the name of an environment) is no secret, nor is a small number or a word that everybody uses.
 */
export function secretsAmong(values: Iterable<string>, file: Tree): readonly string[] {
  const spelled = wordsOf(file, new Set())
  return [...new Set(values)].filter(
    (value) => value !== '' && !isOrdinary(value) && !spelled.has(value),
  )
}

function wordsOf(tree: Tree, words: Set<string>): ReadonlySet<string> {
  if (tree.kind === 'scalar') words.add(tree.written)
  if (tree.kind === 'list') for (const item of tree.items) wordsOf(item, words)
  if (tree.kind === 'map') {
    for (const [key, { value }] of tree.entries) {
      words.add(key)
      wordsOf(value, words)
    }
  }
  return words
}
