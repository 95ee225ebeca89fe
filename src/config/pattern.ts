/**
 * The regular expression that a setting spells, or undefined when it is none. It is JavaScript's;
 * a leading `(?i)` ignores case, and `^` and `$` mean the ends of a line.
 */
export function compilePattern(text: string): RegExp | undefined {
  const ignoresCase = text.startsWith('(?i)')
  try {
    return new RegExp(ignoresCase ? text.slice(4) : text, ignoresCase ? 'im' : 'm')
  } catch {
    return undefined
  }
}
