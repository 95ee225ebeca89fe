import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { commitUnreadable } from '../failures.ts'
import { gitEnvironment } from '../git.ts'
import { type Machine, runHere } from '../machine.ts'

const CHECKOUT_MS = 10 * 60_000
/** Modes as git means them, whatever mask the caller has: others than root may read an image. */
const OPEN = ['/bin/sh', '-c', 'umask 022; exec "$@"', 'sh']

export interface Commit {
  readonly toplevel: string
  readonly commit: string
}

/**
 * A commit's files in a folder of their own, by an index of their own: neither the user's tree nor
 * their index is touched, and no work tree is left registered when this is cut off.
 */
export async function checkOut(
  machine: Machine,
  { toplevel, commit }: Commit,
  folder: string,
): Promise<string> {
  const files = join(folder, 'files')
  await mkdir(files, { recursive: true })
  const env = { ...gitEnvironment(machine.env), GIT_INDEX_FILE: join(folder, 'index') }
  for (const words of [
    ['read-tree', commit],
    ['checkout-index', '--all', '--force', `--prefix=${files}/`],
  ]) {
    const { code, stderr } = await runHere(machine, [...OPEN, 'git', ...words], {
      what: 'checking the commit out',
      env,
      directory: toplevel,
      timeoutMs: CHECKOUT_MS,
    })
    if (code === 0) continue
    const lines = stderr.trim().split('\n')
    const reason = (lines.at(-1) ?? '').replace(/^(fatal|error): /, '')
    throw commitUnreadable({ commit, reason }, { evidence: lines.slice(-10) })
  }
  return files
}
