import type { Finding, Rule } from './rule.ts'
import { lineOf } from './scan.ts'
import { isCode, isTest, type Source } from './source.ts'

export const LIMITS = { lines: 300, testLines: 500, columns: 110, filesInFolder: 15 } as const

export const filesAreShort: Rule = {
  instead: `A file has at most ${LIMITS.lines} lines, a test ${LIMITS.testLines}. Find the second
noun in it, and give that one a file named for it.`,
  find: (tree) =>
    tree
      .filter(({ path }) => isCode(path))
      .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
      .filter(({ path, lines }) => lines > (isTest(path) ? LIMITS.testLines : LIMITS.lines))
      .map(({ path, lines }) => ({ path, text: `has ${lines} lines` })),
}

export const linesAreShort: Rule = {
  instead: `A line has at most ${LIMITS.columns} columns. Split the text, or name a part of it.`,
  find: (tree) =>
    tree
      .filter(({ path }) => isCode(path) || path.endsWith('.sh'))
      .flatMap((file) => eachLine(file, (line) => columns(line) > LIMITS.columns, 'is too long')),
}

/** Characters as a reader counts them, not UTF-16 units. */
function columns(line: string): number {
  return Array.from(line).length
}

function eachLine(file: Source, test: (line: string) => boolean, text: string): Finding[] {
  return file.text
    .split('\n')
    .flatMap((line, index) => (test(line) ? [{ path: file.path, line: index + 1, text }] : []))
}

export const foldersAreSmall: Rule = {
  instead: `A folder has at most ${LIMITS.filesInFolder} files (tests beside them do not count).
Part of it is a thing of its own: give that a folder inside.`,
  find: (tree) => {
    const counts = new Map<string, number>()
    for (const { path } of tree.filter((file) => !file.path.endsWith('.test.ts'))) {
      const folder = path.slice(0, path.lastIndexOf('/'))
      counts.set(folder, (counts.get(folder) ?? 0) + 1)
    }
    return [...counts]
      .filter(([, files]) => files > LIMITS.filesInFolder)
      .map(([path, files]) => ({ path, text: `has ${files} files` }))
  },
}

export const exportsHaveNames: Rule = {
  instead:
    'An export has a name, the same wherever it is imported: export const x, not export default.',
  find: (tree) =>
    tree
      .filter(({ path }) => isCode(path))
      .flatMap(({ path, code }) =>
        [...code.matchAll(/\bexport\s+default\b|\bas\s+default\b/g)].map((match) => ({
          path,
          line: lineOf(code, match.index),
          text: 'has a default export',
        })),
      ),
}

/** Each word has a class in it, so that this file does not report itself. */
const LATER = /\b(TOD[O]|FIXM[E]|XX[X])\b(?!.*#\d)/

export const laterHasAnIssue: Rule = {
  instead: 'What is left for later names its issue on the same line: #12. Or do it now.',
  find: (tree) =>
    tree.flatMap((file) =>
      eachLine(file, (line) => LATER.test(line), 'leaves something for later'),
    ),
}

export const namesAreKebabCase: Rule = {
  instead: 'A file or folder is named in lower case with hyphens, for its one main export.',
  find: (tree) =>
    tree
      .filter(
        ({ path }) => isCode(path) && !/^([a-z0-9][a-z0-9.-]*\/)*[a-z0-9][a-z0-9.-]*$/.test(path),
      )
      .map(({ path }) => ({ path, text: 'is named otherwise' })),
}

const VAGUE = /(^|[-/])(utils?|helpers?|types|common|misc|manager|handler)\.ts$/

export const namesSaySomething: Rule = {
  instead: `A name says what is inside; utils, helpers, types, common, manager and handler do not.
Split the file by what its parts are about.`,
  find: (tree) =>
    tree
      .filter(({ path }) => VAGUE.test(path))
      .map(({ path }) => ({ path, text: 'has a name that says nothing' })),
}
