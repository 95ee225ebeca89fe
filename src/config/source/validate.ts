import * as z from 'zod/mini'
import { problemOf } from './issue.ts'
import type { Issue } from './issue.ts'
import type { Problem } from './problem.ts'
import { nodeAt } from './tree.ts'
import type { Tree } from './tree.ts'

export type Validated<T> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** Compiling a function for each map, as zod would, takes longer than reading one file without. */
const ONCE = { jitless: true }

/** Holds a tree against a schema; every mistake becomes a problem with its place. */
export function validate<T>(schema: z.core.$ZodType<T>, tree: Tree): Validated<T> {
  const first = z.safeParse(schema, plainData(tree, new Set()), ONCE)
  if (first.success) return { ok: true, data: first.data }
  // `${PORT}` arrives as text; where a number is due, it is read as one.
  const numeric = numbersDue(first.error.issues, tree)
  const second = numeric.size === 0 ? first : z.safeParse(schema, plainData(tree, numeric), ONCE)
  if (second.success) return { ok: true, data: second.data }
  const issues = second.error.issues.flatMap((issue) => innermost(issue))
  const problems = issues
    .filter((issue) => !waitsForVariable(tree, issue) && !isEcho(issue, issues))
    .flatMap((issue) => problemOf(tree, issue))
  return { ok: false, problems }
}

/** The tree as data, the scalars at `numeric` paths as the numbers or truths that they spell. */
export function plainData(tree: Tree, numeric: ReadonlySet<string>): unknown {
  if (tree.kind === 'scalar') return numeric.has(tree.path) ? spelled(tree.value) : tree.value
  if (tree.kind === 'list') return tree.items.map((item) => plainData(item, numeric))
  return Object.fromEntries(
    [...tree.entries].map(([key, { value }]) => [key, plainData(value, numeric)]),
  )
}

function spelled(value: unknown): unknown {
  if (value === 'true' || value === 'false') return value === 'true'
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value
}

function numbersDue(issues: readonly Issue[], tree: Tree): ReadonlySet<string> {
  const due = issues.flatMap(branches).filter((issue) => {
    return issue.code === 'invalid_type' && /^(number|int|boolean)$/.test(issue.expected)
  })
  const nodes = due.map((issue) => nodeAt(tree, issue.path))
  const filled = nodes.filter((node) => node?.kind === 'scalar' && node.variables.length > 0)
  return new Set(filled.map((node) => node?.path ?? ''))
}

function waitsForVariable(tree: Tree, issue: Issue): boolean {
  const node = nodeAt(tree, issue.path)
  return node?.kind === 'scalar' && node.missing.length > 0
}

/** A map with an unknown key is often incomplete too, only because the key was not understood. */
function isEcho(issue: Issue, all: readonly Issue[]): boolean {
  const path = issue.path.join('\n')
  return (
    issue.code === 'custom' &&
    all.some((other) => other.code === 'unrecognized_keys' && other.path.join('\n') === path)
  )
}

/** Every issue that a union hides in its branches. */
function branches(issue: Issue): readonly Issue[] {
  return issue.code === 'invalid_union' ? below(issue).flat().flatMap(branches) : [issue]
}

/**
 * What a union complains about is best said by the branch that was meant: the only one whose kind
 * of value (text, list, map) is the one that was written.
 */
function innermost(issue: Issue): readonly Issue[] {
  if (issue.code !== 'invalid_union') return [issue]
  const meant = below(issue).filter(
    (branch) => !branch.some((inner) => isOfOtherKind(inner, issue.path.length)),
  )
  const [only] = meant
  return meant.length === 1 && only !== undefined ? only.flatMap(innermost) : [issue]
}

function isOfOtherKind(inner: Issue, depth: number): boolean {
  return (
    inner.path.length === depth &&
    (inner.code === 'invalid_type' ||
      inner.code === 'invalid_union' ||
      inner.code === 'invalid_value')
  )
}

function below(issue: Issue & { code: 'invalid_union' }): readonly (readonly Issue[])[] {
  return issue.errors.map((branch) =>
    branch.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })),
  )
}
