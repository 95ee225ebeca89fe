import { dirname, join, resolve } from 'node:path'
import { EnvSyntaxError, expandVariables } from '../source/expand.ts'
import type { Lookup } from '../source/expand.ts'
import type { Position } from '../source/problem.ts'
import type { Tree } from '../source/tree.ts'
import { at, entriesOf, itemsOf, textOf } from './parts.ts'

/** Something that compose reads, or looks for, because a compose file names it. */
export type NamedFile =
  | ({ readonly kind: 'compose'; readonly opened: Opened } & Named)
  /** `raw`: read as it is, whatever stands in it. */
  | ({ readonly kind: 'env' | 'raw' | 'folder' } & Named)

interface Named {
  readonly path: string
  /** As it is written, variables filled in. */
  readonly written: string
  /** What names it: `env_file`. */
  readonly key: string
  readonly at: Position
  /** Compose refuses to go on without it. */
  readonly isRequired: boolean
}

/** How a file that is named opens: what its own relative paths start from, and more. */
export interface Opened {
  readonly directory: string
  /** Of an include: values for it alone. */
  readonly envFiles: readonly string[]
  /** One service of it is taken by `extends`; nothing else of it counts. */
  readonly isExtended: boolean
}

export interface NamedFrom {
  /** What relative paths start from: the project's folder, not always the file's own. */
  readonly directory: string
  readonly isExtended: boolean
  readonly lookup: Lookup
}

/** Every other file that a compose file names and compose itself opens. */
export function filesNamedIn(tree: Tree, from: NamedFrom): readonly NamedFile[] {
  const includes = from.isExtended ? [] : itemsOf(at(tree, 'include'))
  const services = entriesOf(at(tree, 'services')).map(([, value]) => value)
  return [
    ...includes.flatMap((item) => includedBy(item, from)),
    ...services.flatMap((service) => [
      ...extendedBy(service, from),
      ...envFilesOf(service, from),
      ...buildFolders(service, from),
    ]),
  ]
}

/** Whether a part of the project lies where it cannot be read from here. */
export function includesAddress(tree: Tree, from: NamedFrom): boolean {
  return itemsOf(at(tree, 'include')).some((item) => includedBy(item, from).length === 0)
}

/** The short form is a path; the long one may give several, a folder, and env files. */
function includedBy(item: Tree, from: NamedFrom): NamedFile[] {
  const written = item.kind === 'map' ? at(item, 'path') : item
  const paths = pathsIn(itemsOf(written), 'include', from)
  const [first] = paths
  if (first === undefined) return []
  const set = filled(at(item, 'project_directory'), from.lookup)
  const directory = set === undefined ? dirname(first.path) : resolve(from.directory, set)
  const given = pathsIn(itemsOf(at(item, 'env_file')), 'env_file', from)
  const found = given.length > 0 ? given : [beside(first, directory)]
  const opened = { directory, isExtended: false, envFiles: found.map(({ path }) => path) }
  return [
    ...found.map((named) => ({ kind: 'env' as const, ...named })),
    ...paths.map((named) => ({ kind: 'compose' as const, opened, ...named })),
  ]
}

/** Without env files of its own, an include has the `.env` of its folder, if there is one. */
function beside(first: Named, directory: string): Named {
  return { ...first, path: join(directory, '.env'), written: '.env', isRequired: false }
}

function extendedBy(service: Tree, from: NamedFrom): NamedFile[] {
  const files = itemsOf(at(at(service, 'extends'), 'file'))
  return pathsIn(files, 'extends', from).map((named) => {
    const opened = { directory: dirname(named.path), envFiles: [], isExtended: true }
    return { kind: 'compose', opened, ...named }
  })
}

function envFilesOf(service: Tree, from: NamedFrom): NamedFile[] {
  const files = itemsOf(at(service, 'env_file')).flatMap((item) => {
    const path = item.kind === 'map' ? at(item, 'path') : item
    const kind = textOf(at(item, 'format')) === 'raw' ? ('raw' as const) : ('env' as const)
    const isOptional = textOf(at(item, 'required')) === 'false'
    return pathsIn(itemsOf(path), 'env_file', from).map((named): NamedFile => {
      return { kind, ...named, isRequired: named.isRequired && !isOptional }
    })
  })
  const labels = pathsIn(itemsOf(at(service, 'label_file')), 'label_file', from)
  return [...files, ...labels.map((named): NamedFile => ({ kind: 'raw', ...named }))]
}

/** Compose looks whether they are there: one that is not could be an address. */
function buildFolders(service: Tree, from: NamedFrom): NamedFile[] {
  const build = at(service, 'build')
  const context = build?.kind === 'map' ? at(build, 'context') : build
  const folders = [...itemsOf(context), ...contextsOf(at(build, 'additional_contexts'))]
  return pathsIn(folders, 'build', from).map((named) => {
    return { kind: 'folder', ...named, isRequired: false }
  })
}

/** `{ name: path }` or `[name=path]`. */
function contextsOf(written: Tree | undefined): readonly Tree[] {
  if (written?.kind === 'map') return entriesOf(written).map(([, value]) => value)
  return itemsOf(written).map((item) => {
    const text = textOf(item)?.replace(/^[^=]*=/, '')
    return item.kind === 'scalar' && text !== undefined ? { ...item, value: text } : item
  })
}

/** Addresses are left out: compose fetches them, wherever it runs. */
function pathsIn(trees: readonly Tree[], key: string, from: NamedFrom): Named[] {
  return trees.flatMap((tree) => {
    const written = filled(tree, from.lookup) ?? ''
    if (written === '' || isAddress(written)) return []
    const path = resolve(from.directory, written)
    return [{ path, written, key, at: tree.at, isRequired: !from.isExtended }]
  })
}

function isAddress(text: string): boolean {
  return /^(?:[a-z][\w+.-]*:|git@|github\.com\/)/i.test(text)
}

/** A text with its variables filled in; none where it cannot be known. */
export function filled(tree: Tree | undefined, lookup: Lookup): string | undefined {
  const text = textOf(tree)
  try {
    return text === undefined ? undefined : expandVariables(text, lookup)
  } catch (error) {
    if (error instanceof EnvSyntaxError) return undefined
    throw error
  }
}
