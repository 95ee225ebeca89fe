import { createHash } from 'node:crypto'
import { join, relative } from 'node:path'
import type { Workstation } from '../../hosts/workstation.ts'
import type { FileContent, FileFact, GitState } from '../../plan/render/request.ts'
import { each } from '../fleet.ts'

/** A shipped folder holds configuration; one with more files than this is data or source. */
const FILES_MAX = 500
/** An accessory's file is inlined up to this size. */
const TEXT_MAX = 64 * 1024

/** What lies at each path that the compose file mounts, as far as rendering must know it. */
export async function gatherFileFacts(
  workstation: Workstation,
  directory: string,
  paths: readonly string[],
): Promise<Record<string, FileFact>> {
  const facts = await each([...new Set(paths)], async (path) => {
    return [path, await factOf(workstation, { directory, path })] as const
  })
  return Object.fromEntries(facts)
}

async function factOf(
  workstation: Workstation,
  { directory, path }: { directory: string; path: string },
): Promise<FileFact> {
  const kind = await workstation.kindOf(path)
  if (kind === undefined) return { kind: 'absent' }
  if (kind === 'file') {
    const git = gitState(await workstation.trackedFiles(path))
    return { kind, git, ...(await contentOf(workstation, path)) }
  }
  // A folder elsewhere (`/proc`, `/srv/data`) is the server's own: not even its names matter here.
  if (relative(directory, path).startsWith('..')) return { kind, git: 'none', files: [] }
  const tracked = await workstation.trackedFiles(path)
  const git = gitState(tracked)
  const names = tracked ?? (await listed(workstation, path))
  const files = await each(names.slice(0, FILES_MAX), async (name) => {
    return { path: name, ...(await contentOf(workstation, join(path, name))) }
  })
  return { kind, git, files }
}

function gitState(tracked: readonly string[] | undefined): GitState {
  if (tracked === undefined) return 'none'
  return tracked.length > 0 ? 'tracked' : 'untracked'
}

/** Outside of git, a folder with too many files to ship is taken as data. */
async function listed(workstation: Workstation, folder: string): Promise<readonly string[]> {
  try {
    return await workstation.listFiles(folder, FILES_MAX)
  } catch {
    return []
  }
}

async function contentOf(workstation: Workstation, path: string): Promise<FileContent> {
  const { content, mode } = await workstation.readFile(path)
  const hash = createHash('sha256').update(content).digest('hex')
  const text = textOf(content)
  return { hash, mode, ...(text === undefined ? {} : { text }) }
}

function textOf(content: Uint8Array): string | undefined {
  if (content.byteLength > TEXT_MAX) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content)
  } catch {
    return undefined
  }
}
