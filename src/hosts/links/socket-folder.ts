import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'

/** The path of a Unix socket is short by law; macOS's own temporary folders are too long for it. */
const PARENT = '/tmp'
const PREFIX = 'belay-ssh-'
/** The socket by which ssh carries more than its first session. */
export const CONTROL = 'm'
/** Older ones belong to a process that was killed, or to a run that nobody waits for. */
const STALE_MS = 24 * 60 * 60_000

/** A new folder that only this user may enter, for the sockets of one connection. */
export async function makeSocketFolder(parent = PARENT): Promise<string> {
  // Off the path: what was left behind costs nobody any waiting.
  void sweep(parent).catch(() => undefined)
  return mkdtemp(join(parent, PREFIX))
}

/** Where one of this user's processes died, its folder stays behind. */
export async function sweep(parent: string): Promise<void> {
  const own = userInfo().uid
  const names = (await readdir(parent)).filter((name) => name.startsWith(PREFIX))
  for (const name of names) {
    const folder = join(parent, name)
    const { mtimeMs, uid } = await stat(folder)
    // ssh removes its control socket when it ends: one that is there may still be in use.
    const isLive = existsSync(join(folder, CONTROL))
    const isStale = uid === own && !isLive && Date.now() - mtimeMs > STALE_MS
    if (isStale) await rm(folder, { recursive: true })
  }
}
