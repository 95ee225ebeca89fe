import type { StagedFile } from '../host.ts'

/**
 * Writes what GNU, BSD and busybox `tar x` read alike: ustar headers, and GNU's long names where a
 * path has more than 100 bytes. Folders are entries of their own, open to the containers' users:
 * what must stay private is the folder that all of it is unpacked into.
 */
export function tar(files: readonly StagedFile[], folders: readonly string[] = []): Buffer {
  const inside = [...files.map(({ path }) => path), ...folders.map((path) => `${safePath(path)}/`)]
  const parts = foldersOf(inside).flatMap((path) => entry(`${path}/`, FOLDER, EMPTY))
  for (const file of files)
    parts.push(...entry(safePath(file.path), { type: '0', mode: file.mode }, file.content))
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)])
}

/** A file for a container: by its path from the root, and whose it is there. */
export interface ContainerFile extends StagedFile {
  readonly uid: number
  readonly gid: number
}

/** For `docker cp`: without folders, which would lose the modes that they have in the image. */
export function tarForContainer(files: readonly ContainerFile[]): Buffer {
  const parts = files.flatMap(({ path, mode, uid, gid, content }) =>
    entry(safePath(path), { type: '0', mode, uid, gid }, content),
  )
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)])
}

export const BLOCK = 512
const NAME_BYTES = 100
const EMPTY = new Uint8Array()
/** Some time long ago: the same files give the same bytes, and no tar finds it implausible. */
const MODIFIED = 1_000_000_000

function foldersOf(paths: readonly string[]): readonly string[] {
  const folders = new Set<string>()
  for (const path of paths) {
    for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
      folders.add(path.slice(0, at))
    }
  }
  return [...folders].sort()
}

function safePath(path: string): string {
  const bad = path.includes('\0') || path.split('/').some((part) => ['', '.', '..'].includes(part))
  if (bad) throw new Error(`not a path inside a folder: ${JSON.stringify(path)}`)
  return path
}

interface Kind {
  /** A file, a link, a folder; or the next one's long name, or long target. */
  readonly type: '0' | '2' | '5' | 'L' | 'K'
  readonly mode: number
  readonly uid?: number
  readonly gid?: number
}

const FOLDER: Kind = { type: '5', mode: 0o755 }

function entry(path: string, kind: Kind, content: Uint8Array): Buffer[] {
  return [
    ...headersOf(path, { ...kind, size: content.length }),
    Buffer.from(content),
    paddingAfter(content.length),
  ]
}

/** What goes before an entry's content: names that are too long for the header stand before it. */
export function headersOf(
  path: string,
  of: Kind & { readonly size: number; readonly target?: string },
): Buffer[] {
  const [name, target] = [Buffer.from(path), Buffer.from(of.target ?? '')]
  const head = header(name.subarray(0, NAME_BYTES), {
    ...of,
    target: target.subarray(0, NAME_BYTES),
  })
  return [...longName('K', target), ...longName('L', name), head]
}

function longName(type: 'K' | 'L', name: Buffer): Buffer[] {
  if (name.length <= NAME_BYTES) return []
  return entry('././@LongLink', { type, mode: 0o644 }, Buffer.concat([name, Buffer.alloc(1)]))
}

export function paddingAfter(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK)
}

function header(name: Buffer, of: Kind & { size: number; target: Buffer }): Buffer {
  const block = Buffer.alloc(BLOCK)
  const octal = (value: number, at: number, width: number): void => {
    block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1')
  }
  name.copy(block)
  octal(of.mode & 0o777, 100, 8)
  octal(of.uid ?? 0, 108, 8)
  octal(of.gid ?? 0, 116, 8)
  octal(of.size, 124, 12)
  octal(MODIFIED, 136, 12)
  block.write(`        ${of.type}`, 148, 'latin1')
  of.target.copy(block, 157)
  block.write('ustar\x0000', 257, 'latin1')
  if (of.uid === undefined) {
    block.write('root', 265, 'latin1')
    block.write('root', 297, 'latin1')
  }
  // Six digits, NUL and blank: how the checksum has always been written.
  block.write(`${checksum(block).toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

function checksum(block: Buffer): number {
  return block.reduce((sum, byte) => sum + byte, 0)
}
