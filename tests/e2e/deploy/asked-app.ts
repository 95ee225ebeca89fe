import { readFileSync } from 'node:fs'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import { type Load, type LoadReport, startLoad } from '../../load/load.ts'
import { EVERY_TRAFFIC } from '../../load/requests.ts'
import { App, type Json, type Ran } from './scenario.ts'

export const DEPLOY = ['deploy', '--yes', '--json']

export const ROLLOUTS = ['overlap', 'handover', 'rolling'] as const
export type Rollout = (typeof ROLLOUTS)[number]

/** A name that the proxy gives a certificate of its own. */
const DOMAIN = 'shop.localhost'
/** Longer than any answer but those that stay open, which it therefore waits for in vain. */
export const DRAIN_SECONDS = 6

const OF_ROLLOUT: Readonly<Record<Rollout, Json>> = {
  overlap: {},
  // Two at once would be seen: the second finds the lock of the first, and says so on the volume.
  handover: { user: '0', volumes: ['./app:/app:ro', 'data:/data'] },
  rolling: { deploy: { replicas: 2 } },
}

/** Settings over those of the app, and over those of its service. */
export interface Over {
  readonly app?: Json
  readonly web?: Json
}

/** `tests/load/app.mjs`, asked over HTTP at any name and over HTTPS at one. */
export class AskedApp {
  readonly app: App
  readonly #rollout: Rollout

  constructor(lab: Lab, rollout: Rollout, over: Over = {}) {
    this.#rollout = rollout
    const routes = ['*', DOMAIN].map((domain) => ({ domain, port: 8000 }))
    const patience = { 'start-timeout': '6s', drain: `${DRAIN_SECONDS}s`, 'stop-grace': '2s' }
    const web = { routes, health: '/health', rollout, ...patience, ...over.web }
    this.app = new App(lab)
      .write('app/app.mjs', readFileSync('tests/load/app.mjs'))
      .write('app/websocket.js', readFileSync('examples/shop/websocket.js'))
      .write('app/package.json', '{ "type": "module" }')
      .config({ app: 'shop', hosts: ['lab1'], services: { web }, ...over.app })
  }

  /** The first release, and every kind of request on its way to it. */
  async underLoad(server: Server): Promise<Load> {
    const first = await (await this.version(1)).belay(...DEPLOY)
    if (first.code !== 0) throw new Error(`${first.stdout}${first.stderr}`)
    return askEverything(server)
  }

  async deploy(version: number, environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
    return (await this.version(version, environment)).belay(...DEPLOY)
  }

  /** The next release: `version` is what its answers say. */
  async version(version: number, environment: Readonly<Record<string, string>> = {}): Promise<App> {
    const isAlone = this.#rollout === 'handover'
    const lock: Readonly<Record<string, string>> = isAlone ? { LOCK: '/data/lock' } : {}
    const web = {
      image: 'node:20-slim',
      command: ['node', '/app/app.mjs'],
      volumes: ['./app:/app:ro'],
      environment: { VERSION: String(version), ...lock, ...environment },
      ...OF_ROLLOUT[this.#rollout],
    }
    this.app.compose({ services: { web }, volumes: isAlone ? { data: {} } : {} })
    return this.app.commit(`version ${version}`)
  }
}

/** Every kind of request at once, none of them tried again. */
async function askEverything(server: Server): Promise<Load> {
  return startLoad({
    host: '127.0.0.1',
    port: server.httpPort,
    connections: 30,
    requestsPerSecond: 60,
    traffic: EVERY_TRAFFIC,
    events: true,
    http2: { host: await server.address(), port: 443, domain: DOMAIN },
  })
}

const KINDS = ['get', 'post', 'slow', 'stream'].flatMap((kind) => [kind, `http/2 ${kind}`])

/** What is wrong once a load has ended that should have lost nothing, of any kind. */
export async function faultsOf(report: LoadReport, server: Server): Promise<readonly unknown[]> {
  const data = '/var/lib/docker/volumes/shop-production_data/_data'
  const clashes = await server.sh(`cat ${data}/lock.clash 2>/dev/null || :`)
  return [...lossesIn(report), ...(clashes === '' ? [] : [`ran beside another: ${clashes}`])]
}

function lossesIn({ losses, lost, byKind, websocket, events }: LoadReport): unknown[] {
  const unasked = KINDS.filter((kind) => (byKind[kind]?.answered ?? 0) === 0)
  const silent = { websocket, events }
  return [
    ...losses,
    ...(lost > losses.length ? [`${lost} lost in all`] : []),
    ...unasked.map((kind) => `${kind}: none was answered`),
    ...(websocket.ticks === 0 || events.ticks === 0 ? [silent] : []),
  ]
}
