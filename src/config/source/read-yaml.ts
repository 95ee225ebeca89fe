import { LineCounter, parseDocument } from 'yaml'
import type { YAMLError } from 'yaml'
import { codeFrame } from './problem.ts'
import type { Position, Problem } from './problem.ts'
import { growTree } from './tree.ts'
import type { Grown, Tree } from './tree.ts'

/** A file that is larger was hardly written by hand. */
const BYTES_MAX = 1_000_000

/** No tree when it is not YAML at all. */
export type ReadYaml = Grown | { readonly tree: undefined; readonly problems: readonly Problem[] }

/** Reads YAML 1.2 with anchors and `<<`, and finds what is wrong with it as YAML. */
export function readYaml(source: string): ReadYaml {
  if (source.length > BYTES_MAX) {
    return { tree: undefined, problems: [{ path: '', text: 'it is larger than 1 MB' }] }
  }
  const counter = new LineCounter()
  const document = parseDocument(hideBraces(source), {
    lineCounter: counter,
    prettyErrors: false,
    uniqueKeys: false,
    // A slip in one place is often met again in the lines that follow.
    logLevel: 'error',
  })
  const errors = firstOfEachLine(document.errors, counter)
  if (errors.length > 0) {
    const problems = errors.map(({ error, at }) => syntaxProblem(source, error, at))
    return { tree: undefined, problems }
  }
  const grown = growTree(document, counter, showBraces)
  const tags = firstOfEachLine(document.warnings, counter)
  return {
    tree: grown.tree,
    problems: [
      ...grown.problems,
      ...tags.map(({ error, at }) => ({ at, path: '', text: warningText(error) })),
    ],
  }
}

/** `x-…` at the top level is a place for anchors, as in compose. */
export function withoutExtensions(tree: Tree): Tree {
  if (tree.kind !== 'map') return tree
  const entries = [...tree.entries].filter(([key]) => !key.startsWith('x-'))
  return { ...tree, entries: new Map(entries) }
}

/**
 * YAML ends an unquoted value at a brace inside of `{ … }`, so that `{ token: ${TOKEN} }` would not
 * be read. The braces of `${NAME}` are hidden from it, by two characters that no text ever has.
 */
function hideBraces(source: string): string {
  return source.replaceAll(/\$\{([^{}\n]*)\}/g, '$\uFDD0$1\uFDD1')
}

function showBraces(text: string): string {
  return text.replaceAll('\uFDD0', '{').replaceAll('\uFDD1', '}')
}

interface Placed {
  readonly error: YAMLError
  readonly at: Position
}

/** What follows on the same line is an echo of the first. */
function firstOfEachLine(errors: readonly YAMLError[], counter: LineCounter): readonly Placed[] {
  const placed = errors.map((error) => {
    const { line, col } = counter.linePos(error.pos[0])
    return { error, at: { line, column: col } }
  })
  return placed.filter(({ at }, index) => placed.findIndex((p) => p.at.line === at.line) === index)
}

function syntaxProblem(source: string, error: YAMLError, at: Position): Problem {
  const isDeep = error.message.includes('call stack')
  const said = SYNTAX[error.code] ?? showBraces(lowerFirst(error.message))
  const text = isDeep ? 'this is nested too deeply' : `this is not YAML: ${said}`
  return { at, path: '', text, frame: codeFrame(source, at) }
}

const SYNTAX: Partial<Record<YAMLError['code'], string>> = {
  TAB_AS_INDENT: 'a tab indents this line; only spaces may',
  BLOCK_AS_IMPLICIT_KEY: 'a second ":" on one line, or a line that is indented too far',
  BAD_SCALAR_START: 'a value cannot begin with this character; put it in quotes',
  MULTIPLE_DOCS: 'a second document begins here; one file holds one',
  MISSING_CHAR: 'a quote or bracket is not closed, or a value with brackets in it is not quoted',
  BAD_INDENT: 'a bracket before is not closed, or this line is not indented like its neighbours',
}

function warningText(error: YAMLError): string {
  return error.code === 'TAG_RESOLVE_FAILED'
    ? 'tags such as !name have no meaning here'
    : lowerFirst(error.message)
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
