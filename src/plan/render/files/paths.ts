import { posix } from 'node:path'
import { DATA_FOLDER, HOME_FOLDER, RELEASE_FOLDER } from '../dollars.ts'
import type { ShippedFile } from '../rendered.ts'
import type { FileContent, FileFact, RenderRequest } from '../request.ts'

/** Where a bind mount's source will lie on the server. */
export type Place =
  /** In the release's folder. */
  | { readonly kind: 'shipped'; readonly source: string; readonly files: readonly ShippedFile[] }
  /** In the data folder; Docker makes a folder where a file is missing. */
  | { readonly kind: 'data'; readonly source: string; readonly isFile: boolean }
  /** Below the home of the user that Belay logs in as. */
  | { readonly kind: 'home'; readonly source: string }
  /** The server's own path. */
  | { readonly kind: 'host'; readonly source: string }
  /** Source code, laid over what the image holds already. */
  | { readonly kind: 'development' }
  | { readonly kind: 'unclear' }

export interface BindQuestion {
  readonly source: string
  readonly readOnly: boolean
  /** The build context of the mount's service; absent without `build:` or when it is no folder. */
  readonly context?: string
}

export function placeOf(question: BindQuestion, request: RenderRequest): Place {
  const { source } = question
  const fact = factOf(source, request)
  if (isWithin(request.directory, source) || isWithin(source, request.directory)) {
    return placeInProject(question, fact, request)
  }
  // A repository may be larger than the folder of its compose file: `../shared/nginx.conf`.
  if (fact.kind !== 'absent' && fact.git === 'tracked') return shipped(source, fact, request)
  const { home } = request
  if (home !== undefined && home !== '/' && isWithin(home, source)) {
    return { kind: 'home', source: posix.join(HOME_FOLDER, posix.relative(home, source)) }
  }
  return { kind: 'host', source }
}

function placeInProject(question: BindQuestion, fact: FileFact, request: RenderRequest): Place {
  const { source, readOnly } = question
  if (isDevelopment(question, fact)) return { kind: 'development' }
  const isProject = isWithin(source, request.directory)
  if (fact.kind === 'absent') return data(source, false, request)
  if (fact.git === 'tracked' && !holdsOnlyPlaceholders(fact)) return shipped(source, fact, request)
  if (fact.git === 'none' && (fact.kind === 'file' || (readOnly && !isProject))) {
    return shipped(source, fact, request)
  }
  return isProject ? { kind: 'unclear' } : data(source, fact.kind === 'file', request)
}

/** What the image was built from is in the image; what git does not track is data all the same. */
function isDevelopment({ source, readOnly, context }: BindQuestion, fact: FileFact): boolean {
  if (context === undefined || fact.kind !== 'folder') return false
  if (isWithin(source, context)) return true
  const inside = isWithin(context, source)
  return inside && !readOnly && fact.git === 'tracked' && !holdsOnlyPlaceholders(fact)
}

const PLACEHOLDERS = new Set(['.gitkeep', '.keep', '.gitignore', '.empty', '.placeholder'])

/** `data/.gitkeep` makes git keep a folder whose content it ignores. */
function holdsOnlyPlaceholders(fact: FileFact): boolean {
  return (
    fact.kind === 'folder' && fact.files.every(({ path }) => PLACEHOLDERS.has(posix.basename(path)))
  )
}

function data(source: string, isFile: boolean, request: RenderRequest): Place {
  return { kind: 'data', source: dataPath(source, request), isFile }
}

/** Where data of the project lies on the server. */
export function dataPath(source: string, { directory, adopted }: RenderRequest): string {
  return posix.join(adopted?.workingDirectory ?? DATA_FOLDER, posix.relative(directory, source))
}

function shipped(
  source: string,
  fact: Exclude<FileFact, { kind: 'absent' }>,
  request: RenderRequest,
): Place {
  const at = shippedPath(source, request)
  const files =
    fact.kind === 'file'
      ? [shippedFile(source, at, fact)]
      : fact.files.map((file) =>
          shippedFile(posix.join(source, file.path), posix.join(at, file.path), file),
        )
  return { kind: 'shipped', source: posix.join(RELEASE_FOLDER, at), files }
}

export function shippedFile(from: string, to: string, { mode, hash }: FileContent): ShippedFile {
  return { to, mode, from, hash }
}

/** Inside the release's folder; `files/.up1/…` for what lies one folder above the project. */
export function shippedPath(source: string, { directory }: RenderRequest): string {
  const parts = posix.relative(directory, source).split('/')
  const up = parts.filter((part) => part === '..').length
  return posix.join('files', ...(up > 0 ? [`.up${up}`] : []), ...parts.slice(up))
}

/** A path as its user would write it. */
export function shortPath(source: string, { directory }: RenderRequest): string {
  if (source === directory) return '.'
  return isWithin(directory, source) ? `./${posix.relative(directory, source)}` : source
}

export function factOf(path: string, { files, directory }: RenderRequest): FileFact {
  const fact = files[path]
  if (fact !== undefined) return fact
  if (isWithin(directory, path)) throw new Error(`no fact about ${JSON.stringify(path)}`)
  return { kind: 'absent' }
}

export function isWithin(folder: string, path: string): boolean {
  const relative = posix.relative(folder, path)
  return relative !== '..' && !relative.startsWith('../')
}
