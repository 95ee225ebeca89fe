import { createHash } from 'node:crypto'
import { createReadStream, type Dirent } from 'node:fs'
import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { buildContextUnusable } from '../failures.ts'
import { reasonOf } from '../files.ts'
import { type IgnorePatterns, readIgnorePatterns } from './ignore-patterns.ts'

/** Beyond these a build would take minutes to send; something is missing in .dockerignore. */
const FILES_MAX = 50_000
const BYTES_MAX = 2 * 1024 ** 3
const WHOLE_MAX_BYTES = 4 * 1024 ** 2
const AT_ONCE = 16

/**
 * SHA-256 over what a build would see: names, contents, links, and who may execute; other bits of a
 * mode differ between checkouts of the same commit. Not seen: further contexts of the build, and
 * what lies behind the address of a remote one.
 */
export async function hashBuildContext(
  context: string,
  dockerfile: string | undefined,
): Promise<string> {
  const hash = createHash('sha256')
  if (isElsewhere(context)) return hash.update(context).digest('hex')
  const recipePath = resolve(context, dockerfile ?? 'Dockerfile')
  const patterns = await patternsOf(context, recipePath)
  try {
    const paths = await pathsIn(context, patterns)
    const content = await readFile(recipePath).catch(() => '')
    hash.update(`recipe ${createHash('sha256').update(content).digest('hex')}\n`)
    const budget = { bytes: 0 }
    for (let at = 0; at < paths.length; at += AT_ONCE) {
      const some = paths.slice(at, at + AT_ONCE)
      const lines = await Promise.all(some.map((path) => lineOf(context, path, budget)))
      for (const line of lines) hash.update(`${line}\n`)
    }
    return hash.digest('hex')
  } catch (cause) {
    if (!isFileError(cause)) throw cause
    throw buildContextUnusable({ context, reason: reasonOf(cause) }, { cause })
  }
}

/** A context that is fetched by the builder, and not looked into here. */
export function isElsewhere(context: string): boolean {
  return /^([a-z+]+:\/\/|git@|github\.com\/)/.test(context)
}

/** A recipe may have a list of its own. */
export async function patternsOf(context: string, recipePath: string): Promise<IgnorePatterns> {
  const text = (await textOf(`${recipePath}.dockerignore`)) ?? (await textOf(join(context, IGNORE)))
  return readIgnorePatterns(text ?? '')
}

function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}

const IGNORE = '.dockerignore'

/** Sorted by their bytes, so that every machine has the same order. */
export async function pathsIn(context: string, patterns: IgnorePatterns): Promise<string[]> {
  const found: string[] = []
  const open = ['']
  while (open.length > 0) {
    const folder = open.pop()!
    const entries: Dirent[] = await readdir(join(context, folder), { withFileTypes: true })
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory() && !patterns.ignoresAllBelow(path)) open.push(path)
      const isKept = entry.isFile() || entry.isSymbolicLink()
      if (isKept && !patterns.ignores(path)) found.push(path)
    }
    if (found.length > FILES_MAX) throw tooLarge(context, `it holds more than ${FILES_MAX} files`)
  }
  return found.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

async function lineOf(context: string, path: string, budget: { bytes: number }): Promise<string> {
  const full = join(context, path)
  const { mode, size } = await lstat(full)
  const isLink = (mode & 0o170000) === 0o120000
  if (isLink) return `link ${JSON.stringify(path)} ${JSON.stringify(await readlink(full))}`
  budget.bytes += size
  if (budget.bytes > BYTES_MAX) throw tooLarge(context, 'it holds more than 2 GB')
  const kind = (mode & 0o111) === 0 ? 'file' : 'program'
  return `${kind} ${JSON.stringify(path)} ${await hashFile(full, size)}`
}

async function hashFile(path: string, size: number): Promise<string> {
  const hash = createHash('sha256')
  if (size <= WHOLE_MAX_BYTES) return hash.update(await readFile(path)).digest('hex')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

function tooLarge(context: string, reason: string): Error {
  return buildContextUnusable({ context, reason })
}

function isFileError(cause: unknown): boolean {
  return cause instanceof Error && 'syscall' in cause
}
