import { createReadStream } from 'node:fs'
import { BLOCK, headersOf, paddingAfter } from '../wire/tar.ts'
import type { TarEntry } from '../wire/tar-stream.ts'
import { lackingLayers, type LayersThere, type PackedLayers } from './layers.ts'

/** Names the files that, one after another, are what `docker load` takes in. */
export const LIST = 'list'

/**
 * What travels: an archive of files that, laid end to end, are another archive, as Docker reads it.
 * So big layers can be cut, and what arrived of them need not be sent again.
 */
export function archiveOf(
  packed: PackedLayers,
  there: LayersThere,
): { readonly entries: readonly TarEntry[]; readonly bytes: number } {
  const inner = new Inner()
  inner.file('manifest.json', Buffer.from(JSON.stringify(manifestsOf(packed.images))))
  const configs = new Map(packed.images.map(({ id, config }) => [id, config]))
  for (const [id, config] of configs) inner.file(configName(id), config)
  const lacking = packed.images.flatMap(({ layers }) => lackingLayers(layers, there))
  for (const layer of new Set(lacking)) inner.layer(packed, layer)
  const entries = inner.end(there)
  return { entries, bytes: entries.reduce((sum, it) => sum + ('size' in it ? it.size : 0), 0) }
}

/** One without a name comes last: Docker then says the ids of all that it took in. */
function manifestsOf(images: PackedLayers['images']) {
  const nameless = images.slice(-1).map((image) => ({ ...manifestOf(image), RepoTags: [] }))
  return [...images.map(manifestOf), ...nameless]
}

function manifestOf({ reference, id, layers }: PackedLayers['images'][number]) {
  return {
    Config: configName(id),
    // A name with a digest cannot be given; the image is found by its id.
    RepoTags: reference.includes('@') ? [] : [reference],
    Layers: layers.map(layerName),
  }
}

function configName(id: string): string {
  return `${id.replace('sha256:', '')}.json`
}

function layerName(layer: string): string {
  return `${layer.replace('sha256:', '')}.tar`
}

class Inner {
  #bytes: Uint8Array[] = []
  #count = 0
  readonly #names: string[] = []
  readonly #entries = new Map<string, Extract<TarEntry, { kind: 'file' }>>()

  file(name: string, content: Uint8Array): void {
    this.#head(name, content.length)
    this.#bytes.push(content, paddingAfter(content.length))
  }

  layer({ blobs }: PackedLayers, layer: string): void {
    const blob = blobs.get(layer)
    if (blob === undefined) throw new Error(`the layer ${layer} was not packed`)
    this.#head(layerName(layer), blob.size)
    this.#flush()
    for (const { name, size, path } of blob.pieces) {
      this.#add(name, size, () => createReadStream(path))
    }
    this.#bytes.push(paddingAfter(blob.size))
  }

  /** All but the pieces that are whole there already. */
  end({ pieces }: LayersThere): readonly TarEntry[] {
    this.#bytes.push(Buffer.alloc(2 * BLOCK))
    this.#flush()
    const list = Buffer.from(this.#names.map((name) => `${name}\n`).join(''))
    const missing = [...this.#entries.values()].filter(
      ({ path, size }) => !isPiece(path) || pieces.get(path) !== size,
    )
    return [...missing, fileOf(LIST, list.length, () => chunks(list))]
  }

  #head(name: string, size: number): void {
    this.#bytes.push(...headersOf(name, { type: '0', mode: 0o644, size }))
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#bytes)
    this.#bytes = []
    this.#count += 1
    this.#add(`between-${this.#count}`, bytes.length, () => chunks(bytes))
  }

  #add(name: string, size: number, read: () => AsyncIterable<Uint8Array>): void {
    this.#names.push(name)
    this.#entries.set(name, fileOf(name, size, read))
  }
}

/** Named by its content, so that one of that name is the same. */
function isPiece(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name)
}

function fileOf(path: string, size: number, read: () => AsyncIterable<Uint8Array>) {
  return { path, kind: 'file', mode: 0o600, size, read } as const
}

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
