import type { MapTree, Tree } from './tree.ts'

/** Maps that an environment adds to key by key; everything else it replaces whole. */
const MERGED: Readonly<Record<string, number>> = {
  compose: 1,
  env: 1,
  proxy: 1,
  proof: 1,
  hook: 1,
  backups: 1,
  services: 2,
  build: 2,
  suites: 1,
}

/** The settings of one environment: the top level, and over it what the environment repeats. */
export function overlay(file: MapTree, environment: MapTree | undefined): MapTree {
  const top = [...file.entries].filter(([key]) => key !== 'environments')
  const entries = new Map(top)
  for (const [key, entry] of environment?.entries ?? []) {
    const below = entries.get(key)
    const depth = Object.hasOwn(MERGED, key) ? (MERGED[key] ?? 0) : 0
    const value =
      below === undefined
        ? entry.value
        : merge({ below: widened(key, below.value), above: widened(key, entry.value), depth })
    entries.set(key, { keyAt: entry.keyAt, value })
  }
  return { ...file, entries }
}

function merge(of: { below: Tree; above: Tree; depth: number }): Tree {
  const { below, above, depth } = of
  if (depth === 0 || below.kind !== 'map' || above.kind !== 'map') return above
  const entries = new Map(below.entries)
  for (const [key, entry] of above.entries) {
    const under = entries.get(key)
    const value =
      under === undefined
        ? entry.value
        : merge({ below: under.value, above: entry.value, depth: depth - 1 })
    entries.set(key, { keyAt: entry.keyAt, value })
  }
  return { ...above, entries }
}

/** `compose: a.yaml` is short for `compose: { files: [a.yaml] }`, and merges like it. */
export function widened(key: string, tree: Tree): Tree {
  if (key !== 'compose' || tree.kind === 'map') return tree
  if (tree.kind === 'scalar' && tree.value === null) return tree
  const files: Tree =
    tree.kind === 'list' ? tree : { kind: 'list', at: tree.at, path: tree.path, items: [tree] }
  const entries = new Map([['files', { keyAt: tree.at, value: files }]])
  return { kind: 'map', at: tree.at, path: tree.path, entries }
}
