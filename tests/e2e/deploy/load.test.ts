import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Load, startLoad } from '../../load/load.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import { App, IMAGES, type Ran, SHOP_IMAGES, finished, freshLab } from './scenario.ts'

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

// Two at once would be seen: the second finds the lock of the first, and says so on the volume.
const LOCKED = `
  const fs = require('node:fs')
  try { fs.writeFileSync('/data/lock', process.env.HOSTNAME, { flag: 'wx' }) }
  catch { fs.appendFileSync('/data/clash', process.env.HOSTNAME); process.exit(9) }
  process.on('exit', () => fs.rmSync('/data/lock'))
  import('/app/server.js')`

const ROLLOUTS = {
  overlap: {},
  handover: { user: '0', command: ['node', '-e', LOCKED], volumes: ['data:/data'] },
  rolling: { deploy: { replicas: 2 } },
}
type Rollout = keyof typeof ROLLOUTS

/** The sample shop as this version; one that is ill says so of itself. */
function shop(rollout: Rollout, version: number, environment: Record<string, string> = {}) {
  const web = { image: `belay-lab/app:${version}`, environment, ...ROLLOUTS[rollout] }
  return { services: { web }, volumes: rollout === 'handover' ? { data: {} } : {} }
}

function shopApp(rollout: Rollout): App {
  const web = {
    routes: [{ domain: '*', port: 8000 }],
    health: '/health',
    rollout,
    'start-timeout': '10s',
    drain: '6s',
  }
  const app = new App(lab).config({ app: 'shop', hosts: ['lab1'], services: { web } })
  apps.push(app)
  return app
}

const deploy = (app: App): Promise<Ran> => app.belay('deploy', '--yes', '--json')

describe('50 connections that never try again', () => {
  test.each(['overlap', 'handover', 'rolling'] as const)(
    'must lose no request while a release replaces another, and one is put back, by %s',
    async (rollout) => {
      const app = shopApp(rollout)
      const first = await deploy(app.compose(shop(rollout, 1)))
      expect(first).toMatchObject({ code: 0 })
      load = startLoad({ host: '127.0.0.1', port: server.httpPort, requestsPerSecond: 100 })
      const good = await deploy(app.compose(shop(rollout, 2)))
      expect(finished(good)).toMatchObject({ outcome: 'confirmed', exit: 0, serving: 'r2' })
      const bad = await deploy(app.compose(shop(rollout, 3, { HEALTH: 'fail' })))
      expect(finished(bad)).toMatchObject({ outcome: 'rolled-back', exit: 4, serving: 'r2' })
      const back = await app.belay('rollback', '--yes', '--json')
      expect(finished(back)).toMatchObject({ outcome: 'confirmed', exit: 0, serving: 'r1' })
      await wait(500)
      const report = await load.stop()
      expect(report.losses).toEqual([])
      expect(report.lost).toBe(0)
      expect(report.sent).toBeGreaterThan(500)
      // Handed over, it is proved while requests flow on; beside another, nobody ever sees it.
      const seen = rollout === 'handover' ? ['1', '2', '3'] : ['1', '2']
      expect(seen).toEqual(expect.arrayContaining(Object.keys(report.byVersion)))
      if (rollout === 'handover') {
        const data = '/var/lib/docker/volumes/shop-production_data/_data'
        expect(await server.sh(`ls ${data}`)).toBe('lock')
      }
    },
  )
})
