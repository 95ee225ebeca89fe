import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Load } from '../../load/load.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import { AskedApp, DEPLOY, faultsOf, ROLLOUTS } from './asked-app.ts'
import { type App, failures, finished, freshLab, IMAGES } from './scenario.ts'

let lab: Lab
let server: Server
let load: Load | undefined
const apps: App[] = []

beforeAll(async () => {
  lab = await freshLab([...IMAGES, 'node:20-slim'])
  server = lab.server(1)
})
afterEach(async () => {
  await load?.stop()
  await server.clean()
})
afterAll(() => {
  for (const app of apps) app.remove()
})

/** Deploys this version, and kills the deployer once traffic has moved to it. */
async function killed(asked: AskedApp, version: number): Promise<void> {
  const run = (await asked.version(version)).start(DEPLOY)
  await run.saying('"type":"traffic-moved"')
  run.child.kill('SIGKILL')
  await run.ended
}

describe('requests of every kind, when the deployer is killed', () => {
  test.each(ROLLOUTS)(
    'must not be lost while the watchdog ends its run, nor while the next one does, by %s',
    async (rollout) => {
      const asked = new AskedApp(lab, rollout, { app: { watchdog: '10s' } })
      apps.push(asked.app)
      load = await asked.underLoad(server)
      await killed(asked, 2)
      const history = async () => (await asked.app.belay('history', '--json')).stdout
      const watched = /"outcome":"rolled-back"[^{}]*"text":"[^"]*watchdog/
      await expect.poll(history, { timeout: 60_000, interval: 500 }).toMatch(watched)
      await killed(asked, 3)
      const next = await (await asked.version(4)).belay(...DEPLOY, '--steal')
      expect(failures(next)).toEqual([])
      expect(finished(next)).toMatchObject({ outcome: 'confirmed', exit: 0 })
      const report = await load.stop()
      expect(await faultsOf(report, server)).toEqual([])
      expect(report.byVersion['1']).toBeGreaterThan(0)
      expect(report.byVersion['4']).toBeGreaterThan(0)
    },
  )
})
