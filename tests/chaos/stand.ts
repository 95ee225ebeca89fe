import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { App, type Env, type Json, type Running } from '../e2e/deploy/scenario.ts'
import { stateOf } from '../e2e/deploy/server-state.ts'
import { DelayProxy } from '../lab/delay.ts'
import { get } from '../lab/http.ts'
import type { Lab } from '../lab/lab.ts'
import type { Server } from '../lab/server.ts'
import { type Load, startLoad } from '../load/load.ts'
import { faultOf, makeRequest } from '../load/requests.ts'
import { openTap, type Tap } from './tap.ts'

export const IMAGE = 'belay-lab/app:1'
const IMAGES = ['caddy:2.11.4', 'busybox:stable', IMAGE]

export const APP = 'shop'
export const STATE = stateOf(APP)

/** Where the faults strike: one server, one app on it, the way to it, and ears on the way. */
export class Stand {
  readonly server: Server
  readonly app: App
  /** The link between the deployer and sshd. */
  readonly link: DelayProxy
  readonly tap: Tap
  readonly #env: Env
  #version = 0

  private constructor({ server, app, link, tap }: Pick<Stand, 'server' | 'app' | 'link' | 'tap'>) {
    this.server = server
    this.app = app
    this.link = link
    this.tap = tap
    this.#env = { PATH: `${tap.folder}:${process.env.PATH}` }
  }

  static async open(lab: Lab): Promise<Stand> {
    const server = lab.server(1)
    await server.loadImages(IMAGES)
    const link = new DelayProxy({ port: server.port })
    const port = await link.listen()
    const tap = await openTap()
    const config = readFileSync(lab.sshConfig, 'utf8')
    const throughLink = join(tap.folder, 'ssh_config')
    writeFileSync(throughLink, config.replaceAll(`  Port ${server.port}\n`, `  Port ${port}\n`))
    const app = new App({ env: { BELAY_SSH_CONFIG: throughLink } }, APP).config(CONFIG)
    return new Stand({ server, app, link, tap })
  }

  /** As if nothing had ever been deployed, and then two releases, so that there is one to go back to. */
  async reset({ smallDisk = false } = {}): Promise<void> {
    this.link.restore()
    await this.server.clean()
    await this.server.sh(`umount /var/lib/belay 2>/dev/null || :; mkdir -p /var/lib/belay`)
    if (smallDisk) await this.server.sh('mount -t tmpfs -o size=400m tmpfs /var/lib/belay')
    await this.server.loadImages(IMAGES)
    for (const _ of [1, 2]) {
      const ran = await this.change().start(['deploy', '--yes', '--json']).ended
      if (ran.code !== 0) throw new Error(`no release to begin with: ${ran.stdout}${ran.stderr}`)
    }
  }

  /** The app's next version; `over` changes its service. Answers carry it in `x-version`. */
  change(over: Json = {}): App {
    this.#version += 1
    const environment = { VERSION: String(this.#version) }
    return this.app.compose({ services: { web: { image: IMAGE, environment, ...over } } })
  }

  get version(): string {
    return String(this.#version)
  }

  /** A deployment whose requests pass the tap. */
  deploy(env: Env = {}): Running {
    return this.app.start(['deploy', '--yes', '--json'], { ...this.#env, ...env })
  }

  /** The version that answers a visitor; undefined where nobody does. */
  async visit(): Promise<string | undefined> {
    const answer = await get(this.server.httpPort)
    return answer?.status === 200 ? String(answer.headers['x-version']) : undefined
  }

  /** Keep-alive connections that never ask twice; none of what they ask takes long. */
  load(): Load {
    return startLoad({
      host: '127.0.0.1',
      port: this.server.httpPort,
      connections: 20,
      requestsPerSecond: 40,
      webSocket: false,
      traffic: {
        make: (id, role, n) => makeRequest(id, role === 'slow' ? 'post' : role, n),
        faultOf,
      },
    })
  }

  async close(): Promise<void> {
    this.tap.close()
    await this.link.close()
    this.app.remove()
    rmSync(this.tap.folder, { recursive: true, force: true })
  }
}

const CONFIG: Json = {
  app: APP,
  hosts: ['lab1'],
  // As short as it may be: where nobody comes, it is waited for.
  watchdog: '10s',
  services: {
    web: {
      routes: [{ domain: '*', port: 8000 }],
      health: '/health',
      'start-timeout': '20s',
      drain: '3s',
    },
  },
}
