import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import { type Load, startLoad } from '../../load/load.ts'
import {
  App,
  failures,
  finished,
  freshLab,
  IMAGES,
  page,
  type Ran,
  SHOP_IMAGES,
  visit,
} from './scenario.ts'
import { current, mark } from './server-state.ts'

let lab: Lab
let server: Server
let load: Load | undefined
const apps: App[] = []

beforeAll(async () => {
  lab = await freshLab([...IMAGES, ...SHOP_IMAGES])
  server = lab.server(1)
})
beforeEach(() => server.clean())
afterAll(async () => {
  await load?.stop()
  for (const app of apps) app.remove()
})

/** A second one finds the lock of the first, says so on the volume, and leaves. */
const ALONE = `
  const fs = require('node:fs')
  try { fs.writeFileSync('/data/lock', process.env.HOSTNAME, { flag: 'wx' }) }
  catch { fs.appendFileSync('/data/clash', process.env.HOSTNAME); process.exit(9) }
  process.on('exit', () => fs.rmSync('/data/lock'))
  import('/app/server.js')`

/** Full duplex: without it Go cuts an answer that begins before the request's body has ended. */
const FRONT = `{
  admin off
  persist_config off
  servers {
    enable_full_duplex
  }
}
http://:8080 {
  reverse_proxy api:8000 {
    transport http {
      keepalive 500ms
    }
  }
}`

const RUN_FRONT = 'exec caddy run --adapter caddyfile --config /tmp/front'

const DATA = '/var/lib/docker/volumes/shop-production_data/_data'

/** A proxy of the app's own in front of an api that writes a volume, and a page beside them. */
function three(version: number, api: Record<string, string> = {}) {
  return {
    services: {
      front: {
        image: 'caddy:2.11.4',
        environment: { FRONT },
        command: ['sh', '-c', `printf %s "$$FRONT" >/tmp/front; ${RUN_FRONT}`],
        depends_on: ['api'],
      },
      api: {
        image: `belay-lab/app:${version}`,
        user: '0',
        command: ['node', '-e', ALONE],
        // Longer than its front takes: that one must not be there before it.
        environment: { START_DELAY_MS: '1500', ...api },
        volumes: ['data:/data'],
      },
      page: page(`page ${version}`),
    },
    volumes: { data: {} },
  }
}

function threeApp(): App {
  const patience = { 'start-timeout': '6s', drain: '6s', hold: '30s' }
  const app = new App(lab).config({
    app: 'shop',
    proxy: { tls: 'off' },
    hosts: ['lab1'],
    services: {
      front: { routes: [{ domain: '*', port: 8080 }], health: '/health', ...patience },
      api: { health: { http: { path: '/health', port: 8000 } }, ...patience },
      page: { routes: [{ domain: 'page.example.com', port: 8000 }], health: '/' },
    },
  })
  apps.push(app)
  return app
}

const deploy = (app: App): Promise<Ran> => app.belay('deploy', '--yes', '--json')

/** Asks for the page all the while; what it was answered, once each. */
function readingThePage(): { stop(): Promise<readonly string[]> } {
  const over = new AbortController()
  const answers = new Set<string | undefined>()
  const asking = (async () => {
    while (!over.signal.aborted) answers.add(await visit(server, 'page.example.com'))
  })()
  return {
    async stop() {
      over.abort()
      await asking
      return [...answers].map(String).sort()
    },
  }
}

describe('several services that are handed over on one host', () => {
  test('must lose no request, and never run two of what writes', async () => {
    const app = threeApp()
    expect(await deploy(app.compose(three(1)))).toMatchObject({ code: 0 })
    load = startLoad({ host: '127.0.0.1', port: server.httpPort, requestsPerSecond: 100 })
    const page = readingThePage()

    const good = await deploy(app.compose(three(2)))
    expect(finished(good)).toMatchObject({ outcome: 'confirmed', exit: 0, serving: 'r2' })
    const bad = await deploy(app.compose(three(3, { EXIT_AT_START: '1' })))
    expect(finished(bad)).toMatchObject({ outcome: 'rolled-back', exit: 4, serving: 'r2' })
    const ill = await deploy(app.compose(three(3, { HEALTH: 'fail' })))
    expect(finished(ill)).toMatchObject({ outcome: 'rolled-back', exit: 4, serving: 'r2' })
    const back = await app.belay('rollback', '--yes', '--json')
    expect(finished(back)).toMatchObject({ outcome: 'confirmed', exit: 0, serving: 'r1' })

    const pages = await page.stop()
    const report = await load.stop()
    expect(report.losses).toEqual([])
    expect(report.lost).toBe(0)
    expect(report.sent).toBeGreaterThan(500)
    // Nobody is sent to what was not proved: its front only starts once the api answers.
    expect(Object.keys(report.byVersion).sort()).toEqual(['1', '2'])
    // The page beside them has proved itself by the time that the api fails.
    expect(pages).toEqual(['200 page 1', '200 page 2', '200 page 3'])
    expect(await server.sh(`ls ${DATA}`)).toBe('lock')
    expect(failures(bad)).toEqual(['NOT_PROVED'])
    expect(await mark(server, 'shop', 'r3')).toContain('bad')
    expect(await current(server, 'shop')).toMatch(/^r1 /)
  })
})

/** The api without a front: the proxy holds requests for it. */
function alone(version: number, environment: Record<string, string> = {}) {
  const { api } = three(version, environment).services
  return { services: { api }, volumes: { data: {} } }
}

function aloneApp(): App {
  const routes = [{ domain: '*', port: 8000 }]
  const patience = { 'start-timeout': '6s', drain: '6s' }
  const app = new App(lab).config({
    app: 'shop',
    hosts: ['lab1'],
    services: { api: { routes, health: '/health', ...patience } },
  })
  apps.push(app)
  return app
}

describe('a hand-over to what never listens', () => {
  test('must answer the requests that waited for it from the old one', async () => {
    const app = aloneApp()
    expect(await deploy(app.compose(alone(1)))).toMatchObject({ code: 0 })
    load = startLoad({ host: '127.0.0.1', port: server.httpPort, requestsPerSecond: 100 })
    const gone = await deploy(app.compose(alone(2, { EXIT_AT_START: '1' })))
    expect(finished(gone)).toMatchObject({ outcome: 'rolled-back', exit: 4, serving: 'r1' })
    const deaf = await deploy(app.compose(alone(2, { LISTEN_PORT: '9999' })))
    expect(finished(deaf)).toMatchObject({ outcome: 'rolled-back', exit: 4, serving: 'r1' })
    const report = await load.stop()
    expect(report.losses).toEqual([])
    expect(Object.keys(report.byVersion)).toEqual(['1'])
    expect(await server.sh(`ls ${DATA}`)).toBe('lock')
  })
})
