import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { filesNamedIn, includesAddress } from '../../../config/compose/named-files.ts'
import type { NamedFile, Opened } from '../../../config/compose/named-files.ts'
import { parseEnvFile } from '../../../config/env-file.ts'
import type { Lookup } from '../../../config/source/expand.ts'
import type { Problem } from '../../../config/source/problem.ts'
import { readYaml } from '../../../config/source/read-yaml.ts'
import type { Tree } from '../../../config/source/tree.ts'
import type { ComposeConfigRequest } from '../../workstation.ts'
import { kindOf } from '../files.ts'
import { composeEnvironment, type Machine } from '../machine.ts'

/** Far above what a project has: beyond it, something else was named by mistake. */
export const FILES_MAX = 200
export const BYTES_MAX = 8 * 1024 * 1024

export interface GatheredFile {
  readonly kind: 'compose' | 'env' | 'raw'
  readonly path: string
  readonly content: Uint8Array
  readonly text: string
  /** Of a compose file that is YAML. */
  readonly tree: Tree | undefined
  readonly problems: readonly Problem[]
  /** Only a service of it is taken. */
  readonly isExtended: boolean
}

/** The user's compose files, and all that they name. */
export interface Gathered {
  /** In the order in which they were met: first those that the request names. */
  readonly files: readonly GatheredFile[]
  /** Build contexts that are there. */
  readonly folders: readonly string[]
  readonly named: readonly NamedIn[]
  /** All of it is here: no part has to be fetched from an address. */
  readonly isWhole: boolean
  /** There was more than there is room for. */
  readonly isCut: boolean
  readonly lookup: Lookup
}

export interface NamedIn {
  readonly file: string
  readonly named: NamedFile
  readonly isThere: boolean
}

export type FilesRequest = Pick<ComposeConfigRequest, 'directory' | 'files' | 'values'>

/** Follows the names from file to file, as compose does; what nobody names is given on top. */
export async function gatherFiles(
  machine: Machine,
  request: FilesRequest,
  more: { readonly env?: string; readonly raw?: readonly string[] } = {},
): Promise<Gathered> {
  const gatherer = new Gatherer(callerOf(machine, request))
  const paths = request.files.map((file) => resolve(request.directory, file))
  const opened = { directory: dirname(paths[0] ?? ''), envFiles: [], isExtended: false }
  for (const path of paths) await gatherer.open(path, opened)
  if (more.env !== undefined) await gatherer.take(more.env, 'env')
  for (const path of more.raw ?? []) await gatherer.take(path, 'raw')
  return gatherer.gathered
}

/** What compose finds for a name: the environment's own values first. */
function callerOf(machine: Machine, { values }: FilesRequest): Lookup {
  const caller = composeEnvironment(machine.env)
  return (name) => (Object.hasOwn(values, name) ? values[name] : caller[name])
}

class Gatherer {
  readonly #lookup: Lookup
  readonly #files = new Map<string, GatheredFile>()
  readonly #folders = new Set<string>()
  readonly #named: NamedIn[] = []
  readonly #opened = new Set<string>()
  #bytes = 0
  #isWhole = true
  #isCut = false

  constructor(lookup: Lookup) {
    this.#lookup = lookup
  }

  get gathered(): Gathered {
    return {
      files: [...this.#files.values()],
      folders: [...this.#folders],
      named: this.#named,
      isWhole: this.#isWhole && !this.#isCut,
      isCut: this.#isCut,
      lookup: this.#lookup,
    }
  }

  async open(path: string, opened: Opened, outer: Lookup = this.#lookup): Promise<void> {
    const key = JSON.stringify([path, opened.directory, opened.isExtended])
    if (this.#opened.has(key)) return
    this.#opened.add(key)
    const tree = (await this.take(path, 'compose', opened.isExtended))?.tree
    if (tree === undefined) return
    const lookup = await this.#with(opened.envFiles, outer)
    const from = { ...opened, lookup }
    if (includesAddress(tree, from)) this.#isWhole = false
    for (const named of filesNamedIn(tree, from)) await this.#follow(path, named, lookup)
  }

  /** Reads a file once; undefined when there is none, or no room for it. */
  async take(
    path: string,
    kind: GatheredFile['kind'],
    ...[isExtended = false]: [isExtended?: boolean]
  ): Promise<GatheredFile | undefined> {
    const known = this.#files.get(path)
    if (known !== undefined && (known.kind === kind || kind !== 'compose')) return known
    const content = await this.#read(path)
    if (content === undefined) return undefined
    const text = new TextDecoder().decode(content)
    const read = kind === 'compose' ? readYaml(text) : { tree: undefined, problems: [] }
    const file = { kind, path, content, text, isExtended, ...read }
    this.#files.set(path, file)
    return file
  }

  async #read(path: string): Promise<Uint8Array | undefined> {
    const found = await stat(path).catch(() => undefined)
    if (found?.isFile() !== true) return undefined
    if (this.#files.size === FILES_MAX || this.#bytes + found.size > BYTES_MAX) {
      this.#isCut = true
      return undefined
    }
    this.#bytes += found.size
    return readFile(path).catch(() => undefined)
  }

  async #follow(file: string, named: NamedFile, lookup: Lookup): Promise<void> {
    const { kind, path } = named
    if (kind === 'folder') {
      const isThere = (await kindOf(path)) === 'folder'
      if (isThere) this.#folders.add(path)
      this.#named.push({ file, named, isThere })
      return
    }
    if (kind === 'compose') await this.open(path, named.opened, lookup)
    else await this.take(path, kind)
    this.#named.push({ file, named, isThere: this.#files.has(path) })
  }

  /** An include's own values give way to those that are there already. */
  async #with(envFiles: readonly string[], outer: Lookup): Promise<Lookup> {
    const values: Record<string, string> = {}
    for (const path of envFiles) {
      const parsed = parseEnvFile((await this.take(path, 'env'))?.text ?? '', outer)
      if (parsed.ok) Object.assign(values, parsed.values)
    }
    return (name) => outer(name) ?? (Object.hasOwn(values, name) ? values[name] : undefined)
  }
}

/** Files of the project that compose could not find, and that are here. */
export async function overlookedIn(
  stderr: string,
  { files }: Gathered,
  directory: string,
): Promise<readonly string[]> {
  const known = new Set(files.map(({ path }) => path))
  const paths = [...stderr.matchAll(/\/[^\s"':,;]+/g)].map(([path]) => path)
  const below = [...new Set(paths)].filter(
    (path) => path.startsWith(`${directory}/`) && !known.has(path),
  )
  const kinds = await Promise.all(below.map(kindOf))
  return below.filter((_, index) => kinds[index] === 'file')
}
