import type { Position } from '../source/problem.ts'
import { nodeAt } from '../source/tree.ts'
import type { MapTree, Tree } from '../source/tree.ts'

/** Where something stands in the file. */
export interface Place {
  readonly at: Position
  readonly path: string
  readonly node: Tree
}

/** The place of a setting; of what is around it where it was not written. */
export function placeOf(tree: MapTree, path: readonly PropertyKey[]): Place {
  const node: Tree | undefined = nodeAt(tree, path)
  if (node === undefined) return placeOf(tree, path.slice(0, -1))
  return { at: node.at, path: node.path, node }
}
