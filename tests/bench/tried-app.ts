import type { At } from './belay.ts'
import { App, APP_IMAGES, type Stand } from './stand.ts'

export const ROLLOUTS = ['overlap', 'handover', 'rolling'] as const
export type Rollout = (typeof ROLLOUTS)[number]

/** How a release does; the last two answer well in their idle slot, and not under real traffic. */
export type Kind = 'good' | 'never-healthy' | 'ill-in-traffic' | 'ill-everywhere'

const REPLICAS = 3

/** An app that ignores SIGTERM, on two servers, in as many versions as are asked for. */
export class TriedApp {
  readonly at: At
  readonly #app: App
  readonly #rollout: Rollout
  readonly #hosts: readonly string[]
  #changes = 0

  constructor(stand: Stand, rollout: Rollout) {
    this.#app = new App(stand, `tried-${rollout}`).write('ill.js', ILL)
    this.#rollout = rollout
    this.#hosts = stand.lab.servers.map(({ sshHost }) => sshHost)
    this.at = this.#app.at
  }

  async change(kind: Kind): Promise<void> {
    this.#changes += 1
    const isIll = kind === 'ill-in-traffic' || kind === 'ill-everywhere'
    const web = {
      image: APP_IMAGES[this.#changes % APP_IMAGES.length],
      environment: {
        CHANGE: String(this.#changes),
        IGNORE_SIGTERM: '1',
        HEALTH: kind === 'never-healthy' ? 'fail' : 'ok',
      },
      ...(isIll ? { command: ['node', 'ill.js'], volumes: ['./ill.js:/app/ill.js:ro'] } : {}),
      ...(this.#rollout === 'rolling' ? { deploy: { replicas: REPLICAS } } : {}),
    }
    this.#app.write('compose.yaml', { services: { web } })
    this.#app.write('belay.yaml', this.#config(kind === 'ill-everywhere'))
    await this.#app.commit()
  }

  #config(isEverywhere: boolean) {
    const web = {
      routes: [{ domain: '*', port: 8000 }],
      health: '/health',
      rollout: this.#rollout,
      'start-timeout': '4s',
      // The slowest page takes five seconds; the WebSocket would stay for ever.
      drain: '6s',
      'stop-grace': '2s',
    }
    return {
      app: 'tried',
      compose: 'compose.yaml',
      environments: { production: { hosts: this.#hosts } },
      services: { web },
      ...(isEverywhere ? { wave: 'all' } : {}),
    }
  }
}

/** The app, well until the first real request; its clients are answered all the same. */
const ILL = `
import http from 'node:http'
import { syncBuiltinESMExports } from 'node:module'

const { createServer } = http
let asked = 0
http.createServer = (handle) =>
  createServer((request, response) => {
    if (request.url !== '/health') asked += 1
    else if (asked > 0) return response.writeHead(503).end('ill under real traffic')
    handle(request, response)
  })
syncBuiltinESMExports()
await import('./server.js')
`
