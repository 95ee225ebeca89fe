import { isBuiltin } from 'node:module'
import { ENTRIES, FOLDERS, PACKAGE_OWNERS } from './folders.ts'
import type { Finding, Rule } from './rule.ts'
import { folderOf, isCode, product, resolved, type Source, type Tree } from './source.ts'

/** One relative import of a file of the product, with the path it names. */
interface Edge {
  readonly from: Source
  readonly to: string
  readonly line: number
}

function edgesOf(tree: Tree): Edge[] {
  return product(tree).flatMap((from) =>
    from.imports.flatMap(({ specifier, line }) => {
      const to = specifier === undefined ? undefined : resolved(from.path, specifier)
      return to === undefined ? [] : [{ from, to, line }]
    }),
  )
}

export const everyFileHasItsFolder: Rule = {
  instead: `Every file of src/ lies in one of: ${FOLDERS.join(' · ')}.
A new folder is a decision: add it to tests/architecture/folders.ts and to ARCHITECTURE.md.`,
  find: (tree) =>
    product(tree)
      .filter(({ path }) => !(FOLDERS as readonly string[]).includes(folderOf(path) ?? ''))
      .map(({ path }) => ({ path, text: 'lies in no folder of the list' })),
}

export const foldersKnowEarlierOnes: Rule = {
  instead: `A folder imports itself and the folders before it: ${FOLDERS.join(' · ')}.
Move what is shared into the earlier folder, or hand it in as an argument from the later one.`,
  find: (tree) =>
    edgesOf(tree)
      .filter(({ from, to }) => rank(to) > rank(from.path))
      .map(({ from, to, line }) => ({ path: from.path, line, text: `imports ${to}` })),
}

/** Positions in the list; what is outside of it comes last, and is the business of other rules. */
function rank(path: string): number {
  const position = (FOLDERS as readonly (string | undefined)[]).indexOf(folderOf(path))
  return position === -1 ? FOLDERS.length : position
}

export const importsStayInside: Rule = {
  instead: `What src/ imports lies in src/. Code that tests and the product share belongs to src/;
code that only tests need belongs to tests/, and is imported by tests alone.`,
  find: (tree) =>
    edgesOf(tree)
      .filter(({ to }) => !to.startsWith('src/') || to.endsWith('.test.ts'))
      .map(({ from, to, line }) => ({ path: from.path, line, text: `imports ${to}` })),
}

export const importsName: Rule = {
  instead: `An import names its file in full: import { x } from './y.ts', or import('./y.ts').
A computed one cannot be followed by a reader, nor by these tests; require() is not used.`,
  find: (tree) =>
    product(tree).flatMap((from) =>
      from.imports.flatMap(({ specifier, line }): Finding[] => {
        if (specifier === undefined) return [{ path: from.path, line, text: 'computes an import' }]
        const to = resolved(from.path, specifier)
        if (to === undefined || tree.some(({ path }) => path === to)) return []
        return [{ path: from.path, line, text: `imports ${specifier}, which is no file` }]
      }),
    ),
}

export const noCycles: Rule = {
  instead: `Two files that need each other are one file, or have a third one inside them that both
can import. Types count: move the shared type to the file that is imported.`,
  find: (tree) =>
    cyclesOf(edgesOf(tree)).map((cycle) => ({
      path: cycle[0]!,
      text: `comes back to itself: ${[...cycle, cycle[0]].join(' → ')}`,
    })),
}

/** One cycle for each file that a walk comes back to, beginning with its first path by name. */
function cyclesOf(edges: readonly Edge[]): string[][] {
  const next = new Map<string, string[]>()
  for (const { from, to } of edges) next.set(from.path, [...(next.get(from.path) ?? []), to])
  const done = new Set<string>()
  const cycles = new Map<string, string[]>()
  const walk = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start !== -1) {
      const cycle = turned(trail.slice(start))
      cycles.set(cycle.join(), cycle)
      return
    }
    if (done.has(path)) return
    for (const to of next.get(path) ?? []) walk(to, [...trail, path])
    done.add(path)
  }
  for (const path of [...next.keys()].sort()) walk(path, [])
  return [...cycles.values()]
}

function turned(cycle: readonly string[]): string[] {
  const first = cycle.indexOf([...cycle].sort()[0]!)
  return [...cycle.slice(first), ...cycle.slice(0, first)]
}

export const noDeadFiles: Rule = {
  instead: `Nothing leads from ${ENTRIES.join(', ')} to these files. Import them, or delete them; a
kind is added to its folder's index.ts, and what only tests use belongs to tests/.`,
  find: (tree) => {
    const entries = ENTRIES.filter((entry) => tree.some(({ path }) => path === entry))
    // Until the program has a start, nothing can be said about what it reaches.
    if (entries.length === 0) return []
    const reached = reachedFrom(entries, edgesOf(tree))
    return tree
      .filter(({ path }) => path.startsWith('src/') && !/\.(test\.ts|d\.ts|md)$/.test(path))
      .filter(({ path }) => !reached.has(path))
      .map(({ path }) => ({ path, text: 'is never imported' }))
  },
}

function reachedFrom(entries: readonly string[], edges: readonly Edge[]): Set<string> {
  const reached = new Set(entries)
  for (const path of reached) {
    for (const { from, to } of edges) if (from.path === path) reached.add(to)
  }
  return reached
}

export const packagesHaveOwners: Rule = {
  instead: `A package is known to the folders that tests/architecture/folders.ts names for it;
others are handed what they need. A new dependency needs a reason in docs/decisions/.`,
  find: (tree) =>
    product(tree).flatMap((from) =>
      from.imports.flatMap(({ specifier, line }): Finding[] => {
        const name = packageOf(specifier)
        const owners = name === undefined ? undefined : PACKAGE_OWNERS[name]
        const ok = owners === undefined || owners.includes(folderOf(from.path) ?? '')
        return ok ? [] : [{ path: from.path, line, text: `imports ${name}` }]
      }),
    ),
}

export const builtinsSayNode: Rule = {
  instead: "A module of Node is imported by its full name: 'node:path', not 'path'.",
  find: (tree) =>
    tree
      .filter(({ path }) => isCode(path))
      .flatMap((from) =>
        from.imports
          .filter(({ specifier }) => specifier !== undefined && isBuiltin(specifier))
          .filter(({ specifier }) => !specifier!.startsWith('node:'))
          .map(({ specifier, line }) => ({ path: from.path, line, text: `imports ${specifier}` })),
      ),
}

function packageOf(specifier: string | undefined): string | undefined {
  return /^(@[^/]+\/[^/]+|[^./@][^/]*)/.exec(specifier ?? '')?.[1]
}
