import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { blank, importsOf, type Import } from './scan.ts'

/** The repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** One file of the repository, read once; `code` and `imports` are of TypeScript only. */
export interface Source {
  /** From the repository's root, with slashes: `src/plan/plan.ts`. */
  readonly path: string
  readonly text: string
  /** The text with comments and the insides of strings blanked out. */
  readonly code: string
  readonly imports: readonly Import[]
}

export type Tree = readonly Source[]

export function source(path: string, text: string): Source {
  if (!isCode(path)) return { path, text, code: '', imports: [] }
  const code = blank(text)
  return { path, text, code, imports: importsOf(text, code) }
}

export function isCode(path: string): boolean {
  return /\.(ts|mjs|js)$/.test(path)
}

export function isTest(path: string): boolean {
  return path.startsWith('tests/') || path.endsWith('.test.ts')
}

/** What is shipped: everything in `src/` but its tests. */
export function product(tree: Tree): Tree {
  return tree.filter(({ path }) => path.startsWith('src/') && !isTest(path) && isCode(path))
}

/** The folder of `src/` that a path lies in: `plan`. */
export function folderOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1]
}

/** The path that a relative specifier names; undefined for a package or a module of Node. */
export function resolved(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  return posix.join(posix.dirname(from), specifier)
}

let repository: Tree | undefined

/** Every text file under `src/`, `tests/` and `scripts/`. */
export function readRepository(): Tree {
  repository ??= ['src', 'tests', 'scripts'].flatMap((folder) => readFolder(ROOT, folder))
  return repository
}

export function readFolder(root: string, folder: string): Source[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true })
  return entries.flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.name === 'node_modules' || entry.name.startsWith('.')) return []
    if (entry.isDirectory()) return readFolder(root, path)
    return entry.isFile() ? [source(path, readFileSync(join(root, path), 'utf8'))] : []
  })
}
