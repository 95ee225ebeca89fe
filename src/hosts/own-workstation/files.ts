import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileUnreadable, tooManyFiles } from './failures.ts'

/** Content and permission bits of a file. */
export async function readWithMode(path: string): Promise<{ content: Uint8Array; mode: number }> {
  try {
    const [content, { mode }] = await Promise.all([readFile(path), stat(path)])
    return { content, mode: mode & 0o777 }
  } catch (cause) {
    throw fileUnreadable({ file: path, reason: reasonOf(cause) }, { cause })
  }
}

/** What lies at a path, links followed. Sockets and devices are nothing that could be shipped. */
export async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory() === true) return 'folder'
  return found?.isFile() === true ? 'file' : undefined
}

/** In milliseconds since 1970, as exact as the file system is. */
export async function modifiedAt(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mtimeMs
}

/** All files below a folder, relative and sorted. */
export async function listFiles(folder: string, limit: number): Promise<readonly string[]> {
  const found: string[] = []
  const open = ['']
  while (open.length > 0) {
    const below = open.pop()!
    for (const entry of await entriesOf(join(folder, below))) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      if (entry.isDirectory()) open.push(path)
      else if ((await kindOf(join(folder, path))) === 'file') found.push(path)
      if (found.length > limit || open.length > limit) throw tooManyFiles({ folder, limit })
    }
  }
  return found.sort()
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (cause) {
    throw fileUnreadable({ file: folder, reason: reasonOf(cause) }, { cause })
  }
}

/** Node's own words without its code and its call: `no such file or directory`. */
export function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause)
  return /^[A-Z]+: ([^,]+),/.exec(message)?.[1] ?? message
}
