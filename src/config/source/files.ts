import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { configMissing, configUnreadable } from '../failures.ts'
import type { Settings } from '../schema.ts'
import { didYouMean, nearest } from './nearest.ts'
import type { Problem } from './problem.ts'
import { nodeAt } from './tree.ts'
import type { MapTree, Tree } from './tree.ts'

/** The files around `belay.yaml`, handed in; it reads nothing by itself. */
export interface ConfigFiles {
  read(path: string): FileRead
  /** What lies in a folder; nothing when there is no such folder. */
  names(folder: string): readonly string[]
  /** Whether this user can start what lies there as a program. */
  isExecutable(path: string): boolean
}

export type FileRead =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly reason: string }

const NAMES = ['belay.yaml', 'belay.yml'] as const

export interface ConfigFile {
  readonly path: string
  readonly directory: string
  /** As the user would name it. */
  readonly shown: string
  readonly text: string
}

export function readConfigFile(request: {
  readonly directory: string
  readonly file?: string
  readonly files: ConfigFiles
}): ConfigFile {
  const { directory, file, files } = request
  const path = file === undefined ? findConfigFile(files, directory) : resolve(directory, file)
  const found = files.read(path)
  const shown = shownPath(directory, path)
  if (found.kind === 'unreadable') {
    throw configUnreadable({ file: shown, reason: found.reason })
  }
  if (found.kind === 'missing') {
    const name = nearest(basename(path), files.names(dirname(path)))
    const near = name === undefined ? {} : { near: join(dirname(shown), name) }
    throw configMissing({ directory, file: shown, ...near })
  }
  return { path, directory: dirname(path), shown, text: found.text }
}

function findConfigFile(files: ConfigFiles, directory: string): string {
  const names = files.names(directory)
  const found = NAMES.find((name) => names.includes(name))
  if (found !== undefined) return join(directory, found)
  const near = findAbove(files, directory) ?? nearest('belay.yaml', names)
  throw configMissing({ directory, ...(near !== undefined && { near }) })
}

/** Folders above are only named, never used: a deployment must not find its file by chance. */
function findAbove(files: ConfigFiles, directory: string): string | undefined {
  const parent = dirname(directory)
  if (parent === directory) return undefined
  const found = NAMES.find((name) => files.names(parent).includes(name))
  return found === undefined ? findAbove(files, parent) : join(parent, found)
}

function shownPath(directory: string, path: string): string {
  const inside = relative(directory, path)
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside
}

/** In the order in which compose looks for them. */
export const COMPOSE_NAMES = [
  'compose.yaml',
  'compose.yml',
  'docker-compose.yml',
  'docker-compose.yaml',
]

interface FoundCompose {
  readonly paths: readonly string[]
  readonly problems: readonly Problem[]
}

export function findComposeFiles(
  files: ConfigFiles,
  { settings, tree, file }: { settings: Settings; tree: MapTree; file: ConfigFile },
): FoundCompose {
  const written = settings.compose.files
  if (written === undefined) {
    const names = files.names(file.directory)
    const found = COMPOSE_NAMES.find((name) => names.includes(name))
    if (found !== undefined) return { paths: [join(file.directory, found)], problems: [] }
    const text = `there is no compose file beside it (${COMPOSE_NAMES.join(', ')}); set compose`
    return { paths: [], problems: [{ path: 'compose', text }] }
  }
  const paths = written.map((path) => resolve(file.directory, path))
  const problems = paths.flatMap((path, index) => {
    const names = files.names(dirname(path))
    if (names.includes(basename(path))) return []
    const place = composePlace(tree, index)
    const name = JSON.stringify(written[index])
    const suggestion = didYouMean(basename(path), names)
    const text = `${place.path} is ${name}, and there is no such file${suggestion}`
    return [{ at: place.at, path: place.path, text }]
  })
  return { paths, problems }
}

function composePlace(tree: MapTree, index: number): Tree {
  const paths = [['compose', 'files', index], ['compose', 'files'], ['compose', index], ['compose']]
  return paths.map((path) => nodeAt(tree, path)).find((node) => node !== undefined) ?? tree
}
