/** The only place that writes command lines for a shell. */

const PLAIN = /^[A-Za-z0-9_.:@%,+/-][A-Za-z0-9_.:@%,+/=-]*$/

/** One line that a shell reads back as exactly these words. */
export function quote(argv: readonly string[]): string {
  return argv.map(quoteWord).join(' ')
}

/**
 * Backslash, quote and exclamation mark stand outside of the single quotes: login shells are not
 * always POSIX, and fish and csh give these three a meaning inside them.
 */
function quoteWord(word: string): string {
  if (word.includes('\0')) throw new Error('a NUL byte cannot be part of a command')
  if (PLAIN.test(word)) return word
  if (word === '') return "''"
  return word.replaceAll(/[\\'!]|[^\\'!]+/g, (part) =>
    /^[\\'!]$/.test(part) ? `\\${part}` : `'${part}'`,
  )
}
