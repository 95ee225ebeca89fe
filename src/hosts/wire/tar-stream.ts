import { BLOCK, headersOf, paddingAfter } from './tar.ts'

/** What goes into an archive; folders come before what lies in them, if they come at all. */
export type TarEntry =
  | { readonly path: string; readonly kind: 'folder' }
  | { readonly path: string; readonly kind: 'link'; readonly target: string }
  | {
      readonly path: string
      readonly kind: 'file'
      readonly mode: number
      readonly size: number
      readonly read: () => AsyncIterable<Uint8Array>
    }

/** An archive as a stream, of files that are opened one after another. */
export async function* tarStream(entries: readonly TarEntry[]): AsyncGenerator<Uint8Array> {
  for (const entry of entries) {
    if (entry.kind === 'folder') yield* headersOf(`${entry.path}/`, FOLDER)
    else if (entry.kind === 'link') yield* headersOf(entry.path, { ...LINK, target: entry.target })
    else {
      yield* headersOf(entry.path, { type: '0', mode: entry.mode, size: entry.size })
      yield* exactly(entry)
      yield paddingAfter(entry.size)
    }
  }
  yield Buffer.alloc(2 * BLOCK)
}

const FOLDER = { type: '5', mode: 0o755, size: 0 } as const
const LINK = { type: '2', mode: 0o777, size: 0 } as const

/** A file that changes while it is read would shift all that comes after it. */
async function* exactly({
  path,
  size,
  read,
}: Extract<TarEntry, { kind: 'file' }>): AsyncGenerator<Uint8Array> {
  let left = size
  for await (const chunk of read()) {
    left -= chunk.length
    if (left < 0) break
    yield chunk
  }
  if (left !== 0) throw new Error(`${path} changed while it was read`)
}
