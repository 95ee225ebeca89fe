import { createReadStream } from 'node:fs'
import { lstat, readlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pipeline, Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import type { ComposeBuild } from '../../../plan/compose-model.ts'
import type { BuildModel, BuildRequest, PackedBuild } from '../../workstation.ts'
import { type TarEntry, tarStream } from '../../wire/tar-stream.ts'
import { buildContextUnusable } from '../failures.ts'
import { readWithMode } from '../files.ts'
import type { Machine } from '../machine.ts'
import { isElsewhere, pathsIn, patternsOf } from './build-context.ts'
import { buildFolder, isFolder, mapValues, placed } from './place.ts'

/**
 * Contexts without what is ignored, recipes and secrets, and the file that names them, as a stream:
 * it takes no memory of their size, and no room on this machine but for a checkout.
 */
export async function packBuild(machine: Machine, request: BuildRequest): Promise<PackedBuild> {
  const folder = await buildFolder()
  try {
    const packer = new Packer(machine, request)
    const model = await packer.pack(await placed(machine, request, folder.path))
    const entries = [fileOf('build.json', JSON.stringify(model), 0o600), ...packer.entries]
    const archive = compressed(tarStream(entries))
    return { archive, remove: folder.remove }
  } catch (error) {
    await folder.remove()
    throw error
  }
}

/** What goes wrong shows as the archive's own error, to whoever takes it, whenever that is. */
function compressed(bytes: AsyncIterable<Uint8Array>): Readable {
  return pipeline(Readable.from(bytes), createGzip({ level: 1 }), () => undefined)
}

class Packer {
  readonly entries: TarEntry[] = []
  readonly #machine: Machine
  readonly #request: BuildRequest
  #count = 0

  constructor(machine: Machine, request: BuildRequest) {
    this.#machine = machine
    this.#request = request
  }

  /** Only what the wanted services need goes along. */
  async pack({ services, secrets = {} }: BuildModel): Promise<BuildModel> {
    const names = this.#request.services
    const builds: [string, BuildModel['services'][string]][] = []
    const used = new Set<string>()
    for (const [name, service] of Object.entries(services)) {
      if (service.build === undefined || !isNeeded(name, names, services)) continue
      for (const { source } of service.build.secrets ?? []) used.add(source)
      builds.push([name, { ...service, build: await this.#build(service.build) }])
    }
    const kept: [string, { file: string }][] = []
    for (const [name, { file, environment }] of Object.entries(secrets)) {
      if (used.has(name)) kept.push([name, { file: await this.#secret({ file, environment }) }])
    }
    return {
      services: Object.fromEntries(builds),
      ...(kept.length === 0 ? {} : { secrets: Object.fromEntries(kept) }),
    }
  }

  async #build(build: ComposeBuild): Promise<ComposeBuild> {
    const { context = '.', dockerfile = 'Dockerfile', additional_contexts: more } = build
    if (isElsewhere(context)) return build
    const isInline = build.dockerfile_inline !== undefined
    const recipe = resolve(plain(context), plain(dockerfile))
    const path = await this.#context(plain(context), recipe)
    const others: Record<string, string> = {}
    for (const [name, each] of Object.entries(more ?? {})) {
      others[name] = isFolder(each) ? await this.#context(plain(each), undefined) : each
    }
    return {
      ...build,
      context: path,
      ...(isInline ? {} : { dockerfile: await this.#recipe(recipe) }),
      ...(more === undefined ? {} : { additional_contexts: others }),
    }
  }

  async #context(folder: string, recipe: string | undefined): Promise<string> {
    const to = `contexts/${this.#count++}`
    const patterns = await patternsOf(folder, recipe ?? join(folder, 'Dockerfile'))
    this.entries.push({ path: to, kind: 'folder' })
    for (const path of await pathsIn(folder, patterns).catch(unusable(folder))) {
      this.entries.push(await entryOf(join(folder, path), `${to}/${path}`))
    }
    return `./${to}`
  }

  /** Nothing more is to be ignored there: a list beside the recipe says so, as it wins. */
  async #recipe(file: string): Promise<string> {
    const to = `recipes/${this.#count++}`
    const { content } = await readWithMode(file)
    this.entries.push(fileOf(`${to}/Dockerfile`, content, 0o644))
    this.entries.push(fileOf(`${to}/Dockerfile.dockerignore`, '', 0o644))
    return `../../${to}/Dockerfile`
  }

  async #secret({ file, environment = '' }: Named): Promise<string> {
    const to = `secrets/${this.#count++}`
    const { values } = this.#request
    const content =
      file === undefined
        ? (values[environment] ?? this.#machine.env[environment] ?? '')
        : (await readWithMode(plain(file))).content
    this.entries.push(fileOf(to, content, 0o600))
    return `./${to}`
  }
}

interface Named {
  readonly file: string | undefined
  readonly environment: string | undefined
}

/** As compose reads it back. */
const plain = (text: string): string => text.replaceAll('$$', '$')

/** Itself, or what a needed one is built upon. */
function isNeeded(
  name: string,
  wanted: readonly string[],
  services: BuildModel['services'],
): boolean {
  if (wanted.includes(name)) return true
  const builds = Object.values(mapValues(services, ({ build }) => build))
  return builds.some((build) =>
    Object.values(build?.additional_contexts ?? {}).includes(`service:${name}`),
  )
}

function unusable(context: string): (cause: unknown) => never {
  return (cause) => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw buildContextUnusable({ context, reason }, { cause })
  }
}

async function entryOf(from: string, path: string): Promise<TarEntry> {
  const { mode, size } = await lstat(from)
  return (mode & 0o170000) === 0o120000
    ? { path, kind: 'link', target: await readlink(from) }
    : { path, kind: 'file', mode: mode & 0o777, size, read: () => createReadStream(from) }
}

function fileOf(path: string, content: string | Uint8Array, mode: number): TarEntry {
  const bytes = typeof content === 'string' ? Buffer.from(content) : Buffer.from(content)
  return { path, kind: 'file', mode, size: bytes.length, read: () => Readable.from([bytes]) }
}
