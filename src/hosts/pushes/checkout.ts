import { appendFile, mkdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { checkoutFailed } from '../failures.ts'
import { type Environment, runProcess } from '../process.ts'

const GIT_MS = 10 * 60_000

export interface Checkout {
  readonly repository: string
  readonly folder: string
  readonly env: Environment
}

/** The commit that a branch of the bare repository has now; undefined when it has no such branch. */
export async function tipOf(
  { repository, env }: Checkout,
  branch: string,
): Promise<string | undefined> {
  const words = ['rev-parse', '--verify', '--quiet', `refs/heads/${branch}^{commit}`]
  const { code, stdout } = await runProcess(['git', '--git-dir', repository, ...words], {
    env,
    timeoutMs: GIT_MS,
  })
  return code === 0 ? stdout.trim() : undefined
}

/** Makes the folder be that commit. Files that no commit knows stay: they may be data. */
export async function checkOut(
  checkout: Checkout,
  { branch, commit }: { branch: string; commit: string },
): Promise<void> {
  const { folder, repository } = checkout
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const isThere = await stat(join(folder, '.git')).catch(() => undefined)
  if (isThere === undefined) await git(checkout, ['init', '--quiet'])
  await git(checkout, ['fetch', '--quiet', '--force', repository, commit])
  await git(checkout, ['checkout', '--quiet', '--force', '-B', branch, commit])
}

/** Keeps git from taking notice of a file that Belay itself lays there. */
export async function ignoreHere({ folder }: Checkout, path: string): Promise<void> {
  const file = join(folder, '.git/info/exclude')
  await mkdir(dirname(file), { recursive: true })
  const line = `/${path}`
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n')
  if (!lines.includes(line)) await appendFile(file, `${line}\n`)
}

/** Whether the commit that is checked out has that file itself. */
export async function isTracked({ folder, env }: Checkout, path: string): Promise<boolean> {
  const words = ['ls-files', '--error-unmatch', '--', `:(literal)${path}`]
  const ended = await runProcess(['git', ...words], { env, directory: folder, timeoutMs: GIT_MS })
  return ended.code === 0
}

async function git({ folder, env }: Checkout, words: readonly string[]): Promise<void> {
  const ended = await runProcess(['git', ...words], { env, directory: folder, timeoutMs: GIT_MS })
  if (ended.code === 0) return
  const lines = ended.stderr.trim().split('\n')
  const reason = (lines.at(-1) ?? '').replace(/^(fatal|error): /, '')
  throw checkoutFailed({ folder, reason }, { evidence: lines.slice(0, 10) })
}
