import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, lstat, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import type { ComposeModel } from '../../src/plan/compose-model.ts'
import { hostPathsOf } from '../../src/plan/render/mounts.ts'
import type { FileContent, FileFact, RenderRequest } from '../../src/plan/render/request.ts'

const run = promisify(execFile)

/** A compose project as its owner has it: files in a folder, and how to call compose. */
export interface Project {
  readonly directory: string
  readonly name: string
  readonly model: ComposeModel
  /** All that `render` needs beside the choices of a test. */
  readonly request: Pick<RenderRequest, 'model' | 'baseProject' | 'directory' | 'files' | 'values'>
  remove(): Promise<void>
}

export interface ProjectOptions {
  /** Prefix of everything that Docker will have of it. */
  readonly name: string
  readonly files?: readonly string[]
  readonly envFile?: string
  readonly profiles?: readonly string[]
  readonly values?: Readonly<Record<string, string>>
  /** Paths that git does not track, relative to the folder. */
  readonly untracked?: readonly string[]
}

/** Copies a folder, asks compose for its canonical model, and gathers the facts about its files. */
export async function openProject(folder: string, options: ProjectOptions): Promise<Project> {
  const directory = await mkdtemp(join(tmpdir(), `${options.name}-project-`))
  await cp(folder, directory, { recursive: true })
  const model = await composeConfig(directory, options)
  const paths = hostPathsOf(model).filter((path) => path.startsWith(directory))
  const untracked = new Set((options.untracked ?? []).map((path) => join(directory, path)))
  const facts = await Promise.all(paths.map(async (path) => [path, await factOf(path, untracked)]))
  return {
    directory,
    name: options.name,
    model,
    request: {
      model,
      baseProject: options.name,
      directory,
      files: Object.fromEntries(facts) as Record<string, FileFact>,
      values: options.values ?? {},
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}

async function composeConfig(directory: string, options: ProjectOptions): Promise<ComposeModel> {
  const argv = ['compose', '-p', options.name]
  for (const file of options.files ?? ['compose.yaml']) argv.push('-f', file)
  for (const profile of options.profiles ?? []) argv.push('--profile', profile)
  if (options.envFile !== undefined) argv.push('--env-file', options.envFile)
  const { stdout } = await run('docker', [...argv, 'config', '--format', 'json'], {
    cwd: directory,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...options.values },
    timeout: 30_000,
    maxBuffer: 16 * 1024 * 1024,
  })
  return JSON.parse(stdout) as ComposeModel
}

async function factOf(path: string, untracked: ReadonlySet<string>): Promise<FileFact> {
  const stats = await lstat(path).catch(() => undefined)
  if (stats === undefined) return { kind: 'absent' }
  const git = untracked.has(path) ? 'untracked' : 'tracked'
  if (stats.isFile()) return { kind: 'file', git, ...(await contentOf(path)) }
  const names = git === 'tracked' ? await filesBelow(path) : []
  const files = await Promise.all(
    names.map(async (name) => ({ path: name, ...(await contentOf(join(path, name))) })),
  )
  return { kind: 'folder', git: files.length > 0 ? 'tracked' : 'untracked', files }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
}

async function contentOf(path: string): Promise<FileContent> {
  const content = await readFile(path)
  const { mode } = await lstat(path)
  const hash = createHash('sha256').update(content).digest('hex')
  return { hash, mode: mode & 0o777, text: content.toString('utf8') }
}
