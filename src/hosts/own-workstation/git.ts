import { stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type { Environment } from '../process.ts'
import type { Commit, Repository } from '../workstation.ts'
import { gitRefused } from './failures.ts'
import { type Machine, runHere } from './machine.ts'

const GIT_MS = 30_000

/** The commit that is checked out; undefined outside of git, and before the first commit. */
export async function commitAt(machine: Machine, directory: string): Promise<Commit | undefined> {
  const [status, subject] = await Promise.all([
    git(machine, directory, ['status', '--porcelain=v2', '--branch', '--', '.']),
    git(machine, directory, ['log', '-1', '--format=%s']),
  ])
  if (status === undefined || subject === undefined) return undefined
  const lines = status.split('\n').filter((line) => line !== '')
  const head = (key: string): string =>
    lines.find((line) => line.startsWith(`# branch.${key} `))?.split(' ')[2] ?? ''
  const branch = head('head')
  return {
    id: head('oid'),
    subject: subject.trim(),
    branch: branch === '(detached)' ? '' : branch,
    dirty: lines.some((line) => !line.startsWith('#')),
  }
}

/** The repository around a folder. */
export async function repositoryAt(
  machine: Machine,
  directory: string,
): Promise<Repository | undefined> {
  const shown = await git(machine, directory, ['rev-parse', '--show-toplevel', '--show-prefix'])
  const [root, prefix] = shown?.split('\n') ?? []
  return root === undefined || root === '' ? undefined : { root, prefix: prefix ?? '' }
}

/** Where the repository was cloned from, as an address that may be shown; undefined when nowhere. */
export async function originOf(machine: Machine, directory: string): Promise<string | undefined> {
  // Ends well and with nothing where it is not set.
  const asked = ['config', '--get', '--default', '', 'remote.origin.url']
  const written = await git(machine, directory, asked)
  return shownAddress((written ?? '').trim())
}

/** CI systems put a password into it; a path of this machine says nothing to others. */
export function shownAddress(written: string): string | undefined {
  const [, host, path] = /^(?:[\w.-]+@)?([\w.-]+):(?!\/\/)(.+)$/.exec(written) ?? []
  if (host !== undefined) return `ssh://${host}/${path?.replace(/^\/+/, '')}`
  const [, scheme, rest] = /^(https?|ssh|git):\/\/(?:[^/@]*@)?(.+)$/.exec(written) ?? []
  return scheme === undefined ? undefined : `${scheme}://${rest}`
}

/** Tracked files that are there, relative to the path: one empty name where it is such a file. */
export async function trackedFiles(
  machine: Machine,
  path: string,
): Promise<readonly string[] | undefined> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true
  const folder = isFolder ? path : dirname(path)
  const what = isFolder ? '.' : `:(literal)${basename(path)}`
  const [staged, deleted] = await Promise.all([
    git(machine, folder, ['ls-files', '-s', '-z', '--', what]),
    git(machine, folder, ['ls-files', '-d', '-z', '--', what]),
  ])
  if (staged === undefined) return undefined
  const gone = new Set((deleted ?? '').split('\0'))
  const names = staged.split('\0').flatMap((entry) => {
    const [, mode, name] = /^(\d+) \S+ \d\t(.*)$/s.exec(entry) ?? []
    return name === undefined || mode === SUBMODULE || gone.has(name) ? [] : [name]
  })
  return isFolder ? names.sort() : names.map(() => '')
}

const SUBMODULE = '160000'

/** Undefined when there is no git, no repository, or no commit. */
export async function git(
  machine: Machine,
  directory: string,
  words: readonly string[],
): Promise<string | undefined> {
  const { code, stdout, stderr } = await runHere(machine, ['git', ...words], {
    what: 'looking at git',
    env: gitEnvironment(machine.env),
    directory,
    timeoutMs: GIT_MS,
  })
  if (code === 0) return stdout
  if (
    code === 127 ||
    /not a git repository|does not have any commits|ambiguous argument 'HEAD'/.test(stderr)
  ) {
    return undefined
  }
  const lines = stderr.trim().split('\n')
  const reason = (lines[0] ?? `git ended with code ${code}`).replace(/^fatal: /, '')
  throw gitRefused({ directory, reason }, { evidence: lines.slice(0, 10) })
}

/** Without `GIT_DIR` and its like: inside of a git hook they would mean another repository. */
export function gitEnvironment({ PATH, HOME, XDG_CONFIG_HOME }: Environment): Environment {
  return { PATH, HOME, XDG_CONFIG_HOME, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0' }
}
