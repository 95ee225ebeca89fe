import { KIND_FOLDERS, type KindFolder } from './folders.ts'
import type { Finding, Rule } from './rule.ts'
import { product, resolved, type Source, type Tree } from './source.ts'

/** Where a folder of kinds stands at the moment; undefined before its list exists. */
interface Kinds {
  readonly of: KindFolder
  readonly index: Source
  readonly files: readonly Source[]
  readonly listed: ReadonlySet<string>
}

function kindsOf(tree: Tree, of: KindFolder): Kinds | undefined {
  const files = product(tree).filter(({ path }) => parentOf(path) === of.folder)
  const index = files.find(({ path }) => path === `${of.folder}/index.ts`)
  if (index === undefined) return undefined
  const listed = index.imports
    .filter(({ typeOnly }) => !typeOnly)
    .flatMap(({ specifier }) => resolved(index.path, specifier ?? '') ?? [])
    .filter((path) => parentOf(path) === of.folder && path !== `${of.folder}/${of.contract}`)
  return { of, index, files, listed: new Set(listed) }
}

function eachFolder(tree: Tree, find: (kinds: Kinds) => readonly Finding[]): Finding[] {
  return KIND_FOLDERS.flatMap((folder) => {
    const kinds = kindsOf(tree, folder)
    return kinds === undefined ? [] : find(kinds)
  })
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}

export const kindsAreStrangers: Rule = {
  instead: `A kind imports its contract, never a sibling: each can be read, changed, deleted alone.
Move what two of them share into a file that is no kind, or into an earlier folder.`,
  find: (tree) =>
    eachFolder(tree, ({ files, listed }) =>
      files
        .filter(({ path }) => listed.has(path))
        .flatMap(({ path, imports }) =>
          imports
            .map(({ specifier, line }) => ({ to: resolved(path, specifier ?? ''), line }))
            .filter(({ to }) => to !== undefined && listed.has(to))
            .map(({ to, line }) => ({ path, line, text: `imports its sibling ${to}` })),
        ),
    ),
}

export const kindsAreListed: Rule = {
  instead: `Settings, help, schema and tests are made from the folder's index.ts. Add the kind to
the list there, or delete its file.`,
  find: (tree) =>
    eachFolder(tree, ({ of, files, index, listed }) =>
      files
        .filter(({ path }) => path !== index.path && path !== `${of.folder}/${of.contract}`)
        .filter(({ path, code }) => !listed.has(path) && definesKind(code, of.type))
        .map(({ path }) => ({ path, text: `defines a ${of.type} that index.ts does not list` })),
    ),
}

/** `export const x: Check`, `export const x = defineCheck(…)`, `… satisfies Check`. */
function definesKind(code: string, type: string): boolean {
  const typed = String.raw`export const \w+\s*:\s*${type}\b(?!\s*\[\]|\w)`
  const made = String.raw`export const \w+\s*=\s*define${type}\b`
  const checked = String.raw`\bsatisfies\s+${type}\b`
  return new RegExp(`${typed}|${made}|${checked}`).test(code)
}

export const listsAreNoBarrels: Rule = {
  instead: `index.ts is the list of a folder's kinds, and nothing passes through it. Import a thing
from the file that defines it.`,
  find: (tree) =>
    product(tree)
      .filter(({ path }) => path.endsWith('/index.ts'))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ kind }) => kind === 'export-from')
          .map(({ line, specifier }) => ({ path, line, text: `passes ${specifier} on` })),
      ),
}

export const listsStandInKindFolders: Rule = {
  instead: `index.ts means "the list of kinds here". Name the file for what is in it, or add the
folder to KIND_FOLDERS in tests/architecture/folders.ts.`,
  find: (tree) =>
    product(tree)
      .filter(({ path }) => path.endsWith('/index.ts'))
      .filter(({ path }) => !KIND_FOLDERS.some(({ folder }) => folder === parentOf(path)))
      .map(({ path }) => ({ path, text: 'is no list of kinds' })),
}
