import { EnvSyntaxError, expandEscapes, expandVariables } from './source/expand.ts'
import type { Lookup } from './source/expand.ts'

export type ParsedEnv =
  | { readonly ok: true; readonly values: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly line: number; readonly reason: string }

/**
 * Reads an env file as compose does, which is neither the shell's way nor that of the `dotenv`
 * packages: `docs/guide/configuration.md` says how. `outer` answers for names that the file
 * mentions and does not set. Reasons name variables, never their values.
 */
export function parseEnvFile(text: string, outer: Lookup = () => undefined): ParsedEnv {
  return parse(new EnvReader(text.replace(/^\uFEFF/, ''), outer))
}

/** The same for a template: what is known already comes before what it says itself. */
export function parseTemplate(text: string, outer: Lookup): ParsedEnv {
  return parse(new EnvReader(text.replace(/^\uFEFF/, ''), outer, 'outer'))
}

function parse(reader: EnvReader): ParsedEnv {
  try {
    return { ok: true, values: reader.read() }
  } catch (error) {
    if (!(error instanceof EnvSyntaxError)) throw error
    return { ok: false, line: reader.line, reason: error.message }
  }
}

/** The names that an env file sets or passes on, each with its line; as far as it can be read. */
export function envFileLines(text: string): ReadonlyMap<string, number> {
  const reader = new EnvReader(text.replace(/^\uFEFF/, ''), () => 'x')
  try {
    reader.read()
  } catch (error) {
    if (!(error instanceof EnvSyntaxError)) throw error
  }
  return reader.lines
}

/** A value that a `$` has cost a part of: what follows it is no variable that has a value. */
export interface LostDollar {
  readonly line: number
  readonly name: string
}

/**
 * Values that are hardly what was meant, like `a` of `PASSWORD=a$b`. What is lost is not named: it
 * is part of a secret, more often than not.
 */
export function lostDollars(text: string, outer: Lookup): readonly LostDollar[] {
  const reader = new EnvReader(text.replace(/^\uFEFF/, ''), outer)
  try {
    reader.read()
  } catch (error) {
    if (!(error instanceof EnvSyntaxError)) throw error
  }
  return reader.lost
}

/**
 * The value, quoted so that compose reads it back byte for byte. A text with a NUL, which no
 * variable can hold, is a bug of the caller.
 */
export function quoteEnvValue(value: string): string {
  if (value.includes('\0')) throw new Error('a variable cannot hold a NUL')
  // Line ends of Windows would be lost, and `$` would be expanded; everything else may stand.
  const escaped = value
    .replaceAll(/[\\"$]/g, String.raw`\$&`)
    .replaceAll('\r', String.raw`\r`)
    .replaceAll('\n', String.raw`\n`)
  return `"${escaped}"`
}

/** What counts as blank inside of a line. */
const BLANKS = /[\t\v\f\r \u0085\u00a0]*/y
const EXPORT = /export[\t\v\f\r \u0085\u00a0]+/y
/** Blank lines and comments. */
const BETWEEN = /(?:\p{White_Space}+|#[^\n]*)*/uy
const KEY = /[\p{L}\p{N}_.[\]\t\v\f\r \u0085\u00a0-]*/uy

/** A cursor over the file. */
class EnvReader {
  readonly #text: string
  readonly #outer: Lookup
  /** Who is asked first for a name. */
  readonly #first: 'file' | 'outer'
  readonly #values = new Map<string, string>()
  readonly #lost = new Map<string, LostDollar>()
  readonly #lines = new Map<string, number>()
  #at = 0
  /** Where the statement began that is being read. */
  #statement = 0

  constructor(text: string, outer: Lookup, first: 'file' | 'outer' = 'file') {
    this.#text = text
    this.#outer = outer
    this.#first = first
  }

  get line(): number {
    return this.#text.slice(0, this.#statement).split('\n').length
  }

  get lost(): readonly LostDollar[] {
    return [...this.#lost.values()]
  }

  get lines(): ReadonlyMap<string, number> {
    return this.#lines
  }

  read(): Record<string, string> {
    for (;;) {
      this.#take(BETWEEN)
      this.#statement = this.#at
      if (this.#at >= this.#text.length) return Object.fromEntries(this.#values)
      this.#readStatement()
    }
  }

  #readStatement(): void {
    this.#take(EXPORT)
    const key = this.#readKey()
    if (key !== '') this.#lines.set(key, this.line)
    const separator = this.#text[this.#at]
    this.#at++
    if (separator === '\n') {
      const value = this.#outer(key)
      if (value !== undefined) this.#values.set(key, value)
      return
    }
    this.#take(BLANKS)
    const quote = this.#text[this.#at]
    const value =
      quote === '"' || quote === "'" ? this.#readQuoted(quote, key) : this.#readPlain(key)
    if (value.includes('\0')) throw new EnvSyntaxError(`${key} has a NUL in it`)
    this.#values.set(key, value)
  }

  #readKey(): string {
    const key = this.#take(KEY).replace(/\p{White_Space}+$/u, '')
    const next = this.#text.codePointAt(this.#at)
    if (next === undefined) throw new EnvSyntaxError('the last line has no "=" in it')
    const character = String.fromCodePoint(next)
    if (!/[=:\n]/.test(character)) {
      throw new EnvSyntaxError(
        `${JSON.stringify(character)} cannot stand in the name of a variable`,
      )
    }
    if (key === '' && character !== '\n') throw new EnvSyntaxError('a name is missing')
    if (/\p{White_Space}/u.test(key)) {
      throw new EnvSyntaxError(`the name ${JSON.stringify(key)} has a space in it`)
    }
    return key
  }

  #readPlain(key: string): string {
    const line = this.#take(/[^\n]*/y)
    const [value = ''] = line.split(' #', 1)
    return this.#expand(value.replace(/\p{White_Space}+$/u, ''), key)
  }

  #readQuoted(quote: string, key: string): string {
    const body = quote === '"' ? /"((?:[^"\\]|\\.)*)"/sy : /'((?:[^'\\]|\\.)*)'/sy
    body.lastIndex = this.#at
    const [whole, inner = ''] = body.exec(this.#text) ?? []
    if (whole === undefined) throw new EnvSyntaxError(`a ${quote} is opened and never closed`)
    this.#at += whole.length
    if (quote === "'") return inner.replaceAll(String.raw`\'`, "'")
    return this.#expand(expandEscapes(inner.replaceAll(String.raw`\"`, '"')), key)
  }

  /** What the file says comes first, so that the caller's shell cannot change its meaning. */
  #expand(text: string, key: string): string {
    return expandVariables(text, (name, isBare) => {
      const own = this.#values.get(name)
      const value = this.#first === 'file' ? (own ?? this.#outer(name)) : (this.#outer(name) ?? own)
      if (value === undefined && isBare) this.#lost.set(key, { line: this.line, name: key })
      return value
    })
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const taken = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += taken.length
    return taken
  }
}
