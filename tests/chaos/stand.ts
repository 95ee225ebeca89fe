import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { App, type Env, type Json, type Running } from '../e2e/deploy/scenario.ts'
import { stateOf } from '../e2e/deploy/server-state.ts'
import { DelayProxy } from '../lab/delay.ts'
import { get } from '../lab/http.ts'
import type { Lab } from '../lab/lab.ts'
import type { Server } from '../lab/server.ts'
import { type Load, type LoadReport, startLoad } from '../load/load.ts'
import { faultOf, makeRequest } from '../load/requests.ts'
import type { Shape } from './shapes.ts'
import { openTap, type Tap } from './tap.ts'

export const IMAGE = 'belay-lab/app:1'
const IMAGES = ['caddy:2.11.4', 'busybox:stable', IMAGE]

export const APP = 'shop'
export const STATE = stateOf(APP)

/** A server, and the link between the deployer and its sshd. */
export interface Target {
  readonly server: Server
  readonly link: DelayProxy
}

/** Where the faults strike: servers, one app on them, the way to each, and ears on the way. */
export class Stand {
  readonly shape: Shape
  readonly targets: readonly Target[]
  readonly app: App
  readonly tap: Tap
  readonly #env: Env
  #version = 0

  private constructor({ shape, targets, app, tap }: Parts) {
    this.shape = shape
    this.targets = targets
    this.app = app
    this.tap = tap
    this.#env = { PATH: `${tap.folder}:${process.env.PATH}` }
  }

  static async open(lab: Lab, shape: Shape): Promise<Stand> {
    const servers = lab.servers.slice(0, shape.servers)
    const tap = await openTap()
    let config = readFileSync(lab.sshConfig, 'utf8')
    const targets: Target[] = []
    for (const server of servers) {
      const link = new DelayProxy({ port: server.port })
      const port = await link.listen()
      config = config.replaceAll(`  Port ${server.port}\n`, `  Port ${port}\n`)
      targets.push({ server, link })
    }
    const throughLinks = join(tap.folder, 'ssh_config')
    writeFileSync(throughLinks, config)
    const env = { BELAY_SSH_CONFIG: throughLinks }
    const app = new App({ env }, APP).config(configOf(shape, servers))
    return new Stand({ shape, targets, app, tap })
  }

  /** Where there is but one, or the one that decides for all. */
  get server(): Server {
    return this.targetOf(undefined).server
  }

  /** The one of this name; of no name, the first. */
  targetOf(host: string | undefined): Target {
    const target = this.targets.find(({ server: { name } }) => name === (host ?? name))
    if (target === undefined) throw new Error(`there is no server ${host}`)
    return target
  }

  /** As if nothing had ever been deployed, and then two releases, so that there is one to go back to. */
  async reset({ smallDisk = false } = {}): Promise<void> {
    await Promise.all(this.targets.map((target) => makeFresh(target, smallDisk)))
    for (const _ of [1, 2]) {
      const ran = await this.change().start(['deploy', '--yes', '--json']).ended
      if (ran.code !== 0) throw new Error(`no release to begin with: ${ran.stdout}${ran.stderr}`)
    }
  }

  /** The app's next version; `over` changes its service. Answers carry it in `x-version`. */
  change(over: Json = {}): App {
    this.#version += 1
    const environment = { VERSION: String(this.#version) }
    const { web, volumes } = this.shape
    const service = { image: IMAGE, environment, ...web, ...over }
    return this.app.compose({ services: { web: service }, volumes })
  }

  get version(): string {
    return String(this.#version)
  }

  /** A deployment whose requests pass the tap. */
  deploy(env: Env = {}): Running {
    return this.app.start(['deploy', '--yes', '--json'], { ...this.#env, ...env })
  }

  /** Keep-alive connections to each server that never ask twice; none of what they ask takes long. */
  load(): Pick<Load, 'stop'> {
    const loads = this.targets.map(({ server }) => loadOn(server, this.shape))
    return {
      stop: async () => {
        const reports = await Promise.all(loads.map((load) => load.stop()))
        const [first, ...others] = reports as [LoadReport, ...LoadReport[]]
        return others.reduce(together, first)
      },
    }
  }

  async close(): Promise<void> {
    this.tap.close()
    await Promise.all(this.targets.map(({ link }) => link.close()))
    this.app.remove()
    rmSync(this.tap.folder, { recursive: true, force: true })
  }
}

type Parts = Pick<Stand, 'shape' | 'targets' | 'app' | 'tap'>

async function makeFresh({ server, link }: Target, smallDisk: boolean): Promise<void> {
  link.restore()
  await server.clean()
  await server.sh(`umount /var/lib/belay 2>/dev/null || :; mkdir -p /var/lib/belay`)
  if (smallDisk) await server.sh('mount -t tmpfs -o size=400m tmpfs /var/lib/belay')
  await server.loadImages(IMAGES)
}

/** The version that answers a visitor; undefined where nobody does. */
export async function visit({ httpPort }: Server): Promise<string | undefined> {
  const answer = await get(httpPort)
  return answer?.status === 200 ? String(answer.headers['x-version']) : undefined
}

/** Shared by all servers of a shape, so that this machine has no more to do for two. */
const CONNECTIONS = 20
const REQUESTS_PER_SECOND = 40

function loadOn({ httpPort }: Server, { servers }: Shape): Load {
  return startLoad({
    host: '127.0.0.1',
    port: httpPort,
    connections: CONNECTIONS / servers,
    requestsPerSecond: REQUESTS_PER_SECOND / servers,
    webSocket: false,
    traffic: {
      make: (id, role, n) => makeRequest(id, role === 'slow' ? 'post' : role, n),
      faultOf,
    },
  })
}

function together(one: LoadReport, other: LoadReport): LoadReport {
  const losses = [...one.losses, ...other.losses]
  return { ...one, sent: one.sent + other.sent, lost: one.lost + other.lost, losses }
}

function configOf({ settings }: Shape, servers: readonly Server[]): Json {
  const web = {
    routes: [{ domain: '*', port: 8000 }],
    health: '/health',
    'start-timeout': '20s',
    drain: '3s',
    ...settings,
  }
  return {
    app: APP,
    hosts: servers.map(({ name }) => name),
    // As short as it may be: where nobody comes, it is waited for.
    watchdog: '10s',
    services: { web },
  }
}
