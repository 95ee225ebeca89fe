import type { ScalarTree, Tree } from '../source/tree.ts'

/** What stands at a key of a map. */
export function at(tree: Tree | undefined, key: string): Tree | undefined {
  return tree?.kind === 'map' ? tree.entries.get(key)?.value : undefined
}

export function entriesOf(tree: Tree | undefined): [string, Tree][] {
  return tree?.kind === 'map' ? [...tree.entries].map(([key, { value }]) => [key, value]) : []
}

/** The items of a list; what stands alone counts as a list of one. */
export function itemsOf(tree: Tree | undefined): readonly Tree[] {
  if (tree === undefined || isEmpty(tree)) return []
  return tree.kind === 'list' ? tree.items : [tree]
}

export function textOf(tree: Tree | undefined): string | undefined {
  return tree?.kind === 'scalar' && tree.value !== null ? String(tree.value) : undefined
}

function isEmpty(tree: Tree): tree is ScalarTree {
  return tree.kind === 'scalar' && tree.value === null
}
