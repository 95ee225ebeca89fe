import type { Document, LineCounter, Node as YamlNode, Pair } from 'yaml'
import { isAlias, isMap, isScalar, isSeq } from 'yaml'
import type { Position, Problem } from './problem.ts'

/** What a YAML file says, with the place of everything in it. */
export type Tree = ScalarTree | ListTree | MapTree

interface Place {
  readonly at: Position
  /** Where it stands in the file: `environments.production.hosts[0]`. */
  readonly path: string
}

export interface ScalarTree extends Place {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
  /** As it was written, without any value from the environment: the form that may be shown. */
  readonly written: string
  /** Names from the environment that went into the value. */
  readonly variables: readonly string[]
  /** Those of them that have no value. */
  readonly missing: readonly string[]
}

export interface ListTree extends Place {
  readonly kind: 'list'
  readonly items: readonly Tree[]
}

export interface MapTree extends Place {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, Entry>
}

export interface Entry {
  readonly keyAt: Position
  readonly value: Tree
}

/** Aliases multiply: a few lines could ask for more memory than there is. */
const NODES_MAX = 20_000

export interface Grown {
  readonly tree: Tree
  readonly problems: readonly Problem[]
}

interface Walk {
  readonly document: Document
  readonly counter: LineCounter
  readonly restore: (text: string) => string
  readonly problems: Problem[]
  /** The aliases that are being followed. */
  readonly open: Set<YamlNode>
  nodes: number
}

/** Follows a parsed document; `restore` undoes what was done to the text before parsing. */
export function growTree(
  document: Document,
  counter: LineCounter,
  restore: (text: string) => string,
): Grown {
  const problems: Problem[] = []
  const walk: Walk = { document, counter, restore, problems, open: new Set(), nodes: 0 }
  const tree = grow(walk, document.contents, '')
  if (walk.nodes > NODES_MAX) {
    problems.push({ path: '', text: `more than ${NODES_MAX} values: is this the right file?` })
  }
  return { tree, problems }
}

function grow(walk: Walk, node: YamlNode | null, path: string): Tree {
  walk.nodes++
  const at = positionOf(walk, node)
  if (node === null || walk.nodes > NODES_MAX) return emptyAt(at, path)
  if (isAlias(node)) return follow(walk, node, path)
  if (isMap(node)) {
    const entries = new Map<string, Entry>()
    for (const pair of node.items) addPair(walk, { pair, entries, path })
    return { kind: 'map', at, path, entries }
  }
  if (isSeq(node)) {
    const items = node.items.map((item, index) =>
      grow(walk, item as YamlNode | null, `${path}[${index}]`),
    )
    return { kind: 'list', at, path, items }
  }
  if (isScalar(node)) {
    const value = scalarValue(walk, node.value)
    const written = walk.restore(node.source ?? '')
    return { kind: 'scalar', at, path, value, written, variables: [], missing: [] }
  }
  return emptyAt(at, path)
}

function scalarValue(walk: Walk, value: unknown): ScalarTree['value'] {
  if (typeof value === 'string') return walk.restore(value)
  if (typeof value === 'number' || typeof value === 'boolean') return value
  return null
}

function emptyAt(at: Position, path: string): ScalarTree {
  return { kind: 'scalar', at, path, value: null, written: '', variables: [], missing: [] }
}

function follow(walk: Walk, alias: YamlNode & { source: string }, path: string): Tree {
  const at = positionOf(walk, alias)
  const target = isAlias(alias) ? alias.resolve(walk.document) : undefined
  if (target === undefined) {
    walk.problems.push({ at, path, text: `*${alias.source} names no &${alias.source} above it` })
    return emptyAt(at, path)
  }
  if (walk.open.has(target)) {
    walk.problems.push({ at, path, text: `*${alias.source} stands inside of itself` })
    return emptyAt(at, path)
  }
  walk.open.add(target)
  const tree = grow(walk, target, path)
  walk.open.delete(target)
  return tree
}

interface PairAt {
  readonly pair: Pair
  readonly entries: Map<string, Entry>
  readonly path: string
}

function addPair(walk: Walk, { pair, entries, path }: PairAt): void {
  const key = pair.key as YamlNode | null
  const keyAt = positionOf(walk, key)
  if (!isScalar(key) || key.value === null) {
    walk.problems.push({ at: keyAt, path, text: 'a key is a plain word here' })
    return
  }
  const name = walk.restore(typeof key.value === 'string' ? key.value : (key.source ?? ''))
  const below = childPath(path, name)
  const value = pair.value as YamlNode | null
  if (name === '<<') return mergeInto(walk, { entries, value, path, keyAt })
  if (name === '__proto__') {
    walk.problems.push({ at: keyAt, path: below, text: 'no key can be called "__proto__"' })
    return
  }
  const earlier = entries.get(name)
  if (earlier !== undefined && !isMerged(earlier)) {
    const text = `${below} is set twice; line ${earlier.keyAt.line} has it already`
    walk.problems.push({ at: keyAt, path: below, text })
    return
  }
  const grown = grow(walk, value, below)
  // What is not there has no place of its own: it stands where its key stands.
  const isAbsent = grown.kind === 'scalar' && grown.value === null && grown.written === ''
  entries.set(name, { keyAt, value: isAbsent ? { ...grown, at: keyAt } : grown })
}

const MERGED = Symbol('merged')
type MergedEntry = Entry & { readonly [MERGED]?: true }

/** Keys that came by `<<` give way to those that were written out, wherever these stand. */
function isMerged(entry: MergedEntry): boolean {
  return entry[MERGED] === true
}

function mergeInto(
  walk: Walk,
  to: { entries: Map<string, Entry>; value: YamlNode | null; path: string; keyAt: Position },
): void {
  const source = grow(walk, to.value, to.path)
  const maps = source.kind === 'list' ? source.items : [source]
  for (const map of maps) {
    if (map.kind !== 'map') {
      walk.problems.push({ at: to.keyAt, path: to.path, text: '<< takes a map, or a list of maps' })
      continue
    }
    for (const [name, entry] of map.entries) {
      const merged: MergedEntry = { ...entry, [MERGED]: true }
      if (!to.entries.has(name)) to.entries.set(name, merged)
    }
  }
}

export function childPath(path: string, key: string): string {
  const shown = /^[\w.-]+$/.test(key) && !key.includes('.') ? key : JSON.stringify(key)
  return path === '' ? shown : `${path}.${shown}`
}

function positionOf(walk: Walk, node: YamlNode | null): Position {
  const offset = node?.range?.[0] ?? 0
  const { line, col } = walk.counter.linePos(offset)
  return { line: Math.max(line, 1), column: Math.max(col, 1) }
}

/** What stands at a path of keys and indexes, or undefined. */
export function nodeAt(tree: Tree, path: readonly PropertyKey[]): Tree | undefined {
  let node: Tree | undefined = tree
  for (const step of path) {
    if (node?.kind === 'map') node = node.entries.get(String(step))?.value
    else if (node?.kind === 'list') node = node.items[Number(step)]
    else return undefined
  }
  return node
}
