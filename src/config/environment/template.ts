import { envFileLines, parseTemplate } from '../env-file.ts'
import type { Lookup } from '../source/expand.ts'

/** Found by itself beside the env file. */
export const TEMPLATE_NAME = '.env.example'

/** One name of a template. */
export interface TemplateName {
  readonly name: string
  readonly line: number
  /** The comment above it, or behind it. */
  readonly about: string
  /** Used where there is no value; a name without one must get a value. */
  readonly default: string
  /** The line is commented out: known, and never demanded. */
  readonly isOptional: boolean
  /** What stands there is no value but a word like `change-me`. */
  readonly isPlaceholder: boolean
}

export type ReadTemplate =
  | { readonly ok: true; readonly names: readonly TemplateName[] }
  | { readonly ok: false; readonly line: number; readonly reason: string }

/** `# NAME=value`, in capitals, so that prose with an equals sign in it is not taken for one. */
const COMMENTED = /^#[ \t]?(?:export[ \t]+)?([A-Z_][A-Z0-9_]*)=/
const PLACEHOLDERS = [
  /^(?:change|replace)[-_ ]?(?:me|it|this|with)(?:[-_ !.].*)?$/i,
  /^<[^>]+>$/,
  /^your[-_ ].*$/i,
  /^(?:x{3,}|\.{3,}|tbd)$/i,
]

/**
 * Reads an env file as a template: `NAME=default`, `NAME=` for what must be given, comments above
 * a name as its description. `lookup` answers for names that a default mentions.
 */
export function readTemplate(text: string, lookup: Lookup): ReadTemplate {
  const parsed = parseTemplate(text, lookup)
  if (!parsed.ok) return parsed
  const lines = text.split('\n').map((line) => line.trim())
  const written = [...envFileLines(text)].map(([name, line]) => {
    const value = isPassed(lines[line - 1]) ? '' : (parsed.values[name] ?? '')
    return nameOf({ name, line, value }, lines)
  })
  const names = new Set(written.map(({ name }) => name))
  return { ok: true, names: [...written, ...commentedIn(lines, names)].sort(byLine) }
}

/** Nothing stands in for a value that nobody gives. */
export function mustBeGiven({ isOptional, default: value }: TemplateName): boolean {
  return !isOptional && value === ''
}

function byLine(a: TemplateName, b: TemplateName): number {
  return a.line - b.line
}

/** A name alone on its line. */
function isPassed(line: string | undefined): boolean {
  return !/[=:]/.test(line ?? '')
}

function nameOf(
  { name, line, value }: { name: string; line: number; value: string },
  lines: readonly string[],
): TemplateName {
  // `NAME= # what it is for`: compose would take the comment for the value.
  const isComment = value.startsWith('#')
  const above = aboutAt(line, lines)
  const isPlaceholder = PLACEHOLDERS.some((pattern) => pattern.test(value))
  return {
    name,
    line,
    about: above === '' && isComment ? plain(value) : above,
    default: isComment || isPlaceholder ? '' : value,
    isOptional: false,
    isPlaceholder,
  }
}

function commentedIn(lines: readonly string[], taken: ReadonlySet<string>): TemplateName[] {
  return lines.flatMap((text, index) => {
    const name = COMMENTED.exec(text)?.[1]
    if (name === undefined || taken.has(name)) return []
    const about = aboutAt(index + 1, lines)
    const none = { default: '', isOptional: true, isPlaceholder: false }
    return [{ name, line: index + 1, about, ...none }]
  })
}

const ABOUT_MAX = 160

/** The comment right above a line, as one sentence. */
function aboutAt(line: number, lines: readonly string[]): string {
  const comments: string[] = []
  for (let above = line - 2; above >= 0; above--) {
    const text = lines[above] ?? ''
    if (!text.startsWith('#') || COMMENTED.test(text)) break
    comments.unshift(plain(text))
  }
  const about = comments.filter((text) => text !== '').join(' ')
  return about.length > ABOUT_MAX ? `${about.slice(0, ABOUT_MAX - 1)}…` : about
}

/** Without the marks and rulers of a comment. */
function plain(comment: string): string {
  return comment
    .replaceAll(/^#+|[-=#*~_]{3,}/g, '')
    .replaceAll(/\p{Cc}/gu, ' ')
    .trim()
}
