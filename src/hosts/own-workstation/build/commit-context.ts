import { createHash } from 'node:crypto'
import { isAbsolute, join, normalize } from 'node:path'
import { git } from '../git.ts'
import type { Machine } from '../machine.ts'
import { type IgnorePatterns, readIgnorePatterns } from './ignore-patterns.ts'

/** A build context as its commit has it. */
export interface CommitContext {
  readonly toplevel: string
  readonly commit: string
  /** Of the context in its repository: empty, or with a slash at its end. */
  readonly prefix: string
  readonly hash: string
  /** What a build from the folder would see otherwise: paths of the repository. */
  readonly dirty: readonly string[]
}

/** Why a context that lies in a repository cannot be taken from its commit. */
export type NotCommitted = 'no-git' | 'not-committed' | 'submodules'

export interface Context {
  readonly folder: string
  /** The Dockerfile, absolute or relative to the folder; none when it stands in the compose file. */
  readonly recipe: string | undefined
}

/**
 * What git knows of the files that a build would see, without touching one: their contents are
 * known by git's own hashes. Only files that this context's own ignore list lets through count.
 */
export async function commitContext(
  machine: Machine,
  { folder, recipe }: Context,
): Promise<CommitContext | NotCommitted> {
  const ask = (...words: readonly string[]) => git(machine, folder, words)
  const where = await ask('rev-parse', '--show-toplevel', '--show-prefix', 'HEAD')
  const [toplevel = '', prefix = '', commit = ''] = where?.split('\n') ?? []
  if (commit === '') return 'no-git'
  const repository = { ask, toplevel, prefix, commit }
  const [entries, recipeBlob, patterns] = await Promise.all([
    entriesOf(repository),
    recipe === undefined ? '' : blobOf(repository, recipe),
    patternsOf(repository, recipe),
  ])
  const seen = entries.filter(({ path }) => !patterns.ignores(path))
  if (seen.some(({ mode }) => mode === SUBMODULE)) return 'submodules'
  const dirty = await dirtyIn(repository, { patterns, recipe })
  const isThere = entries.length > 0 && recipeBlob !== undefined
  // What git would not even add is made by something else, and is meant as it lies there.
  if (!isThere && dirty.length === 0) return 'not-committed'
  return { toplevel, commit, prefix, hash: hashOf(seen, recipeBlob ?? ''), dirty }
}

const SUBMODULE = '160000'

interface Repository {
  readonly ask: (...words: readonly string[]) => Promise<string | undefined>
  readonly toplevel: string
  readonly prefix: string
  readonly commit: string
}

interface Entry {
  readonly mode: string
  readonly blob: string
  readonly path: string
}

async function entriesOf({ ask, commit }: Repository): Promise<Entry[]> {
  const listed = (await ask('ls-tree', '-r', '-z', commit)) ?? ''
  return listed.split('\0').flatMap((line) => {
    const [, mode, blob, path] = /^(\d+) \w+ (\w+)\t(.*)$/s.exec(line) ?? []
    return path === undefined ? [] : [{ mode: mode!, blob: blob!, path }]
  })
}

/** A path of the repository's root; undefined when it leads out of the repository. */
function inRepository({ toplevel, prefix }: Repository, path: string): string | undefined {
  const full = isAbsolute(path) ? normalize(path) : join(toplevel, prefix, path)
  return full.startsWith(`${toplevel}/`) ? full.slice(toplevel.length + 1) : undefined
}

/** Git's hash of a file of the commit; undefined when the commit has none of that name. */
async function blobOf(repository: Repository, path: string): Promise<string | undefined> {
  const inside = inRepository(repository, path)
  if (inside === undefined) return undefined
  const { ask, commit } = repository
  const line = await ask('ls-tree', '-z', '--full-tree', commit, '--', `:(literal)${inside}`)
  return /^\d+ blob (\w+)\t/.exec(line ?? '')?.[1]
}

/** A recipe may have a list of its own. */
async function patternsOf(
  repository: Repository,
  recipe: string | undefined,
): Promise<IgnorePatterns> {
  const own = recipe === undefined ? undefined : `${recipe}${IGNORE}`
  const blob =
    (own === undefined ? undefined : await blobOf(repository, own)) ??
    (await blobOf(repository, IGNORE))
  const text = blob === undefined ? '' : await repository.ask('cat-file', 'blob', blob)
  return readIgnorePatterns(text ?? '')
}

const IGNORE = '.dockerignore'

/** Files that git would commit, and that count for the build. */
async function dirtyIn(
  repository: Repository,
  { patterns, recipe }: { patterns: IgnorePatterns; recipe: string | undefined },
): Promise<string[]> {
  const { ask, prefix } = repository
  const outside = recipe === undefined ? [] : [recipe, `${recipe}${IGNORE}`]
  const always = new Set([IGNORE, ...outside].map((path) => inRepository(repository, path) ?? path))
  const paths = [...always].map((path) => `:(top,literal)${path}`)
  const how = ['--porcelain=v1', '-z', '--untracked-files=all', '--no-renames']
  const status = await ask('status', ...how, '--', '.', ...paths)
  const changed = (status ?? '').split('\0').flatMap((line) => (line === '' ? [] : line.slice(3)))
  return changed
    .filter((path) => {
      if (always.has(path)) return true
      return path.startsWith(prefix) && !patterns.ignores(path.slice(prefix.length))
    })
    .sort()
}

function hashOf(entries: readonly Entry[], recipe: string): string {
  const hash = createHash('sha256').update(`commit ${recipe}\n`)
  for (const { mode, blob, path } of entries) {
    hash.update(`${mode} ${blob} ${JSON.stringify(path)}\n`)
  }
  return hash.digest('hex')
}
