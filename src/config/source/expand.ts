/** A mistake in an env file; the message holds no value. */
export class EnvSyntaxError extends Error {}

/** `${NAME:?word}`, and there is no value. */
export class ValueDemanded extends EnvSyntaxError {
  readonly variable: string
  readonly word: string

  constructor(variable: string, word: string) {
    super(`the file demands a value for ${variable}: ${word}`)
    this.variable = variable
    this.word = word
  }
}

/** What a name stands for. `isBare`: nothing was written for the case that it has no value. */
export type Lookup = (name: string, isBare?: boolean) => string | undefined

const NAME = /[_a-z][_a-z0-9]*/iy
/** Greedy as compose's own: up to the last brace of the line. */
const BRACED = /\{([_a-z][_a-z0-9]*)(?:(:?[-+?])(.*))?\}/iy

/** Puts values in for `$NAME`, `${NAME}` and `${NAME:-word}`; `$$` is a dollar sign. */
export function expandVariables(text: string, lookup: Lookup): string {
  let expanded = ''
  let at = 0
  for (;;) {
    const dollar = text.indexOf('$', at)
    if (dollar === -1) return expanded + text.slice(at)
    expanded += text.slice(at, dollar)
    const { value, length } = reference(text, dollar, lookup)
    expanded += value
    at = dollar + length
  }
}

/** What stands at a dollar sign, and how much of the text it takes up. */
function reference(text: string, at: number, lookup: Lookup): { value: string; length: number } {
  if (text[at + 1] === '$') return { value: '$', length: 2 }
  if (text[at + 1] === '{') return braced(text, at, lookup)
  NAME.lastIndex = at + 1
  const name = NAME.exec(text)?.[0]
  if (name === undefined) return { value: '$', length: 1 }
  return { value: lookup(name, true) ?? '', length: 1 + name.length }
}

function braced(text: string, at: number, lookup: Lookup): { value: string; length: number } {
  BRACED.lastIndex = at + 1
  const [whole, name = '', operator] = BRACED.exec(text) ?? []
  if (whole === undefined) throw new EnvSyntaxError('"${" does not begin a ${NAME} here; write $${')
  if (operator === undefined) return { value: lookup(name, true) ?? '', length: 1 + whole.length }
  const close = closingBrace(whole) ?? whole.length - 1
  const word = whole.slice(1 + name.length + operator.length, close)
  return { value: operate({ name, operator, word, lookup }), length: 1 + close + 1 }
}

function operate(of: { name: string; operator: string; word: string; lookup: Lookup }): string {
  const { name, operator, word, lookup } = of
  const value = lookup(name)
  const isThere = value !== undefined && (!operator.startsWith(':') || value !== '')
  if (operator.endsWith('-')) return isThere ? value : expandVariables(word, lookup)
  if (operator.endsWith('+')) return isThere ? expandVariables(word, lookup) : (value ?? '')
  if (!isThere) throw new ValueDemanded(name, word)
  return value
}

/** Where the first brace is closed; a brace takes the character after it along, as in compose. */
function closingBrace(text: string): number | undefined {
  let open = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '}' && --open === 0) return at
    if (text[at] === '{') {
      open++
      at++
    }
  }
  return undefined
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '"': '"',
  '\\': '\\',
  // Left for `expandVariables`, which makes one dollar sign of it.
  $: '$$',
}

/** `\n`, `\t`, `\"`, `\$` and octal `\0101`; what is no escape stands as it is. */
export function expandEscapes(text: string): string {
  return text.replaceAll(/\\0(\d{0,3})|\\([abfnrtv$"\\])/g, escaped)
}

function escaped(whole: string, octal: string | undefined, letter: string): string {
  if (octal === undefined) return ESCAPES[letter] ?? whole
  const isByte = /^[0-3][0-7]{2}$/.test(octal)
  return isByte ? String.fromCodePoint(Number.parseInt(octal, 8)) : `\\${octal}`
}
