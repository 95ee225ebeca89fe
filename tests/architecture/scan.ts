/** One mention of another module. */
export interface Import {
  /** Undefined when it is computed, and so cannot be followed. */
  readonly specifier: string | undefined
  readonly line: number
  readonly typeOnly: boolean
  readonly kind: 'import' | 'export-from' | 'dynamic'
}

/** A word or sign after which a slash begins a regular expression, and not a division. */
const REGEX_MAY_FOLLOW =
  /(^|[(,=:[!&|?{};+*%<>~^-]|\b(return|typeof|case|in|of|do|else|void|throw|await|yield))\s*$/

/**
 * The code with comments, regular expressions and the insides of strings blanked out. Every other
 * character keeps its place, so positions and lines are those of the original.
 */
export function blank(text: string): string {
  const out = text.split('')
  const wipe = (from: number, to: number): void => {
    for (let i = from; i < Math.min(to, out.length); i++) if (out[i] !== '\n') out[i] = ' '
  }
  /** One number for each open template expression: how many braces are open inside it. */
  const depths: number[] = []
  let at = 0
  while (at < text.length) {
    const end = endOfOpaque(text, at, out)
    if (end !== undefined) {
      const keepsQuotes = text[at] === "'" || text[at] === '"'
      wipe(keepsQuotes ? at + 1 : at, keepsQuotes ? end - 1 : end)
      at = end
      continue
    }
    const sign = text[at]
    const closesExpression = sign === '}' && depths.at(-1) === 0
    if (sign === '`' || closesExpression) {
      if (closesExpression) depths.pop()
      const stop = endOfTemplateText(text, at + 1)
      const opensExpression = text.startsWith('${', stop)
      if (opensExpression) depths.push(0)
      wipe(at + 1, stop)
      at = stop + (opensExpression ? 2 : 1)
      continue
    }
    if (depths.length > 0 && sign === '{') depths.push(depths.pop()! + 1)
    if (depths.length > 0 && sign === '}') depths.push(depths.pop()! - 1)
    at++
  }
  return out.join('')
}

/** Where the comment, string or regular expression that begins here ends; undefined when none. */
function endOfOpaque(text: string, at: number, done: readonly string[]): number | undefined {
  const sign = text[at]
  if (text.startsWith('//', at)) return orEnd(text, text.indexOf('\n', at))
  if (text.startsWith('/*', at)) return orEnd(text, text.indexOf('*/', at) + 2, 1)
  if (sign === "'" || sign === '"') return endOfQuoted(text, at + 1, sign)
  if (sign !== '/') return undefined
  const before = done.slice(Math.max(0, at - 40), at).join('')
  return REGEX_MAY_FOLLOW.test(before) ? endOfRegex(text, at + 1) : undefined
}

function orEnd(text: string, position: number, lowest = -1): number {
  return position <= lowest ? text.length : position
}

function endOfQuoted(text: string, from: number, quote: string): number {
  let at = from
  while (at < text.length && text[at] !== quote && text[at] !== '\n')
    at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function endOfRegex(text: string, from: number): number {
  let inClass = false
  let at = from
  while (at < text.length && text[at] !== '\n' && (inClass || text[at] !== '/')) {
    if (text[at] === '[') inClass = true
    if (text[at] === ']') inClass = false
    at += text[at] === '\\' ? 2 : 1
  }
  return at + 1
}

/** The position of the closing backtick, or of the next `${`. */
function endOfTemplateText(text: string, from: number): number {
  let at = from
  while (at < text.length && text[at] !== '`' && !text.startsWith('${', at)) {
    at += text[at] === '\\' ? 2 : 1
  }
  return at
}

const STATIC = /\b(import|export)(\s+type)?\b(\s*[\w$*{][\w$\s,*{}]*?)?(\bfrom\s*|\s+)(?=['"])/g
const SIDE_EFFECT = /\bimport\s*(?=['"])/g
const DYNAMIC = /\b(import|require)\s*\(\s*/g

/** Every `import`, `export … from`, `import()` and `require()` of a module. */
export function importsOf(text: string, blanked: string = blank(text)): Import[] {
  const found = new Map<number, Import>()
  const add = (end: number, rest: Pick<Import, 'typeOnly' | 'kind'>): void => {
    const specifier = literalAt(text, end)
    found.set(end, { specifier, line: lineOf(text, end), ...rest })
  }
  for (const match of blanked.matchAll(STATIC)) {
    if (!match[4]!.startsWith('from') && match[1] === 'export') continue
    const kind = match[1] === 'export' ? 'export-from' : 'import'
    add(match.index + match[0].length, { kind, typeOnly: match[2] !== undefined })
  }
  for (const match of blanked.matchAll(SIDE_EFFECT)) {
    add(match.index + match[0].length, { kind: 'import', typeOnly: false })
  }
  for (const match of blanked.matchAll(DYNAMIC)) {
    add(match.index + match[0].length, { kind: 'dynamic', typeOnly: false })
  }
  return [...found.values()].sort((a, b) => a.line - b.line)
}

function literalAt(text: string, at: number): string | undefined {
  return /^(['"])([^'"\n]*)\1/.exec(text.slice(at))?.[2]
}

/** The line, counted from 1, of a position. */
export function lineOf(text: string, position: number): number {
  return text.slice(0, position).split('\n').length
}
