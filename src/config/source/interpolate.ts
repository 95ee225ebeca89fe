import type { Problem } from './problem.ts'
import type { Entry, ScalarTree, Tree } from './tree.ts'

export type Variables = Readonly<Record<string, string | undefined>>

/** Puts the caller's values in for `${NAME}` everywhere; what has none is noted in the scalar. */
export function interpolate(tree: Tree, variables: Variables): Tree {
  if (tree.kind === 'scalar') {
    return typeof tree.value === 'string' ? fill(tree, tree.value, variables) : tree
  }
  if (tree.kind === 'list') {
    return { ...tree, items: tree.items.map((item) => interpolate(item, variables)) }
  }
  const entries = [...tree.entries].map(([key, { keyAt, value }]): [string, Entry] => [
    key,
    { keyAt, value: interpolate(value, variables) },
  ])
  return { ...tree, entries: new Map(entries) }
}

const REFERENCE = /(\$?)\$\{([^{}\n]*)\}/g

function fill(scalar: ScalarTree, text: string, variables: Variables): ScalarTree {
  const used: string[] = []
  const missing: string[] = []
  const value = text.replaceAll(REFERENCE, (whole, escape: string, name: string) => {
    if (escape !== '') return whole.slice(1)
    const found = Object.hasOwn(variables, name) ? variables[name] : undefined
    used.push(name)
    if (found !== undefined && found !== '') return found
    missing.push(name)
    return whole
  })
  return { ...scalar, value, variables: used, missing }
}

/** One problem for each `${NAME}` that has no value: an empty one counts as none. */
export function missingVariables(tree: Tree, variables: Variables): readonly Problem[] {
  return scalarsOf(tree).flatMap((scalar) =>
    scalar.missing.map((name) => ({
      at: scalar.at,
      path: scalar.path,
      text: missingText(scalar.path, name, variables[name] === ''),
    })),
  )
}

function missingText(path: string, name: string, isEmpty: boolean): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    const found = isEmpty ? 'empty' : 'not set'
    return `${path} takes \${${name}} from the environment, where it is ${found}`
  }
  const wrong = `${path} has \${${name}} in it`
  return `${wrong}; only \${NAME} works here, and $\${…} stands for the text itself`
}

/** The values that came from the environment: they must be printed nowhere. */
export function valuesUsed(tree: Tree, variables: Variables): readonly string[] {
  const names = scalarsOf(tree).flatMap((scalar) => scalar.variables)
  return [...new Set(names)].flatMap((name) => variables[name] || [])
}

export function scalarsOf(tree: Tree): readonly ScalarTree[] {
  if (tree.kind === 'scalar') return [tree]
  if (tree.kind === 'list') return tree.items.flatMap(scalarsOf)
  return [...tree.entries.values()].flatMap((entry) => scalarsOf(entry.value))
}
