import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { must, show } from '../lab/command.ts'
import { Lab } from '../lab/lab.ts'
import { lockLab } from '../lab/lock.ts'
import { place } from '../lab/place.ts'
import type { Server } from '../lab/server.ts'
import type { At } from './belay.ts'

/**
 * An app that is healthy at once, as small as apps get: what is timed then is deploying, not its
 * start. (`init` because as process 1 it would take no SIGTERM.)
 */
export const INSTANT_APP = {
  image: 'busybox:stable',
  init: true,
  command: ['sh', '-c', 'mkdir -p /www && echo ok >/www/health && exec httpd -f -p 8000 -h /www'],
} as const

/** The images of one app in three versions, and what else a server needs. */
export const APP_IMAGES = ['belay-lab/app:1', 'belay-lab/app:2', 'belay-lab/app:3']
const IMAGES = ['caddy:2.11.4', 'busybox:stable', ...APP_IMAGES]

/** Where everything is measured: two servers of the lab, and the command as it is shipped. */
export type Stand = {
  readonly lab: Lab
  /** The one on which times are taken. */
  readonly server: Server
  readonly belay: string
  /** A folder for this program's own files. */
  readonly folder: string
  readonly isQuick: boolean
  readonly runs: number
  readonly say: (text: string) => void
}

export async function openStand(isQuick: boolean): Promise<Stand & { close: () => void }> {
  await show(['sh', 'tests/lab/setup/ensure-docker.sh'], 6)
  await show(['sh', 'tests/lab/setup/images.sh'], 15)
  const folder = join(place().folder, 'bench')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  // A copy of our own: somebody may build anew meanwhile.
  const program = join(folder, 'program')
  await must([process.execPath, 'scripts/build.mjs', program])
  const belay = join(program, 'belay.js')
  const close = await lockLab(place())
  const lab = await Lab.up({ servers: 2 })
  const stand = { lab, server: lab.server(1), belay, folder, isQuick, runs: isQuick ? 2 : 7, say }
  await freshServers(stand)
  return { ...stand, close }
}

/** As if nothing had ever been deployed, with all images there. */
export async function freshServers({ lab }: Pick<Stand, 'lab'>): Promise<void> {
  await lab.clean()
  for (const server of lab.servers) await server.loadImages(IMAGES)
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

type Json = { readonly [key: string]: unknown }

/** What a user has: a folder with a compose file and a `belay.yaml`, in git. */
export class App {
  readonly at: At

  constructor({ belay, lab, folder }: Stand, name: string) {
    this.at = { belay, env: lab.env, folder: resolve(folder, name) }
    mkdirSync(this.at.folder, { recursive: true })
  }

  /** Called with another ssh configuration: the same servers, by another way. */
  by(sshConfig: string): At {
    return { ...this.at, env: { BELAY_SSH_CONFIG: sshConfig } }
  }

  /** JSON is YAML too, and needs no indenting. */
  write(file: string, content: string | Json): this {
    const text = typeof content === 'string' ? content : JSON.stringify(content, null, 2)
    writeFileSync(join(this.at.folder, file), text)
    return this
  }

  /** Only what git knows is shipped with a release; users have their files in it anyway. */
  async commit(): Promise<this> {
    const name = ['-c', 'user.name=Belay', '-c', 'user.email=belay@example.com']
    const git = ['git', '-C', this.at.folder, ...name, '-c', 'commit.gpgsign=false']
    await must([...git, 'init', '--quiet', '--initial-branch', 'main'])
    await must([...git, 'add', '--all'])
    await must([...git, 'commit', '--quiet', '--allow-empty', '--message', 'a change'])
    return this
  }
}
