/** Tells which paths of a build context a `.dockerignore` leaves out. */
export interface IgnorePatterns {
  readonly ignores: (path: string) => boolean
  /** Whether nothing below an ignored folder can be taken back by a later `!`. */
  readonly ignoresAllBelow: (folder: string) => boolean
}

interface Pattern {
  readonly isException: boolean
  readonly text: string
  readonly matches: RegExp
}

/** Docker's own rules: the last pattern that fits a path, or a folder above it, decides. */
export function readIgnorePatterns(text: string): IgnorePatterns {
  const patterns = text.split(/\r?\n/).flatMap(readPattern)
  const ignores = (path: string): boolean => {
    const chain = withParents(path)
    const last = patterns.findLast(({ matches }) => chain.some((each) => matches.test(each)))
    return last !== undefined && !last.isException
  }
  const exceptions = patterns.filter(({ isException }) => isException)
  return {
    ignores,
    ignoresAllBelow: (folder) =>
      ignores(folder) && !exceptions.some(({ text }) => mayLieBelow(folder, text)),
  }
}

function readPattern(line: string): Pattern[] {
  if (line.startsWith('#')) return []
  const trimmed = line.trim()
  const isException = trimmed.startsWith('!')
  const text = trimmed
    .slice(isException ? 1 : 0)
    .trim()
    .replace(/^\/+/, '')
    .replace(/\/+$/, '')
    .replace(/^(\.\/)+/, '')
  return text === '' || text === '.' ? [] : [{ isException, text, matches: expressionOf(text) }]
}

function expressionOf(pattern: string): RegExp {
  const source = pattern.replaceAll(/\*\*\/|\*\*|\*|\?|\[[^\]]+\]|\\.|[^*?[\\]/g, (part) => {
    if (part === '**/') return '(?:.*/)?'
    if (part === '**') return '.*'
    if (part === '*') return '[^/]*'
    if (part === '?') return '[^/]'
    if (part.startsWith('[')) return part
    return part.at(-1)!.replace(/[.+*?^${}()|[\]\\]/, String.raw`\$&`)
  })
  return new RegExp(`^${source}$`, 's')
}

function withParents(path: string): readonly string[] {
  const parts = path.split('/')
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}

/** Wildcards may lead anywhere. */
function mayLieBelow(folder: string, exception: string): boolean {
  return /[*?[\\]/.test(exception) || exception.startsWith(`${folder}/`)
}
