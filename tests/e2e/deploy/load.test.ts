import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Load } from '../../load/load.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import { AskedApp, faultsOf, ROLLOUTS } from './asked-app.ts'
import { type App, IMAGES, finished, freshLab } from './scenario.ts'

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

describe('requests of every kind, which are never tried again', () => {
  test.each(ROLLOUTS)(
    'must lose no request while a release replaces another, and one is put back, by %s',
    async (rollout) => {
      const asked = new AskedApp(lab, rollout)
      apps.push(asked.app)
      load = await asked.underLoad(server)
      // Slow to start, and to be killed in the end.
      const good = await asked.deploy(2, { START_DELAY_MS: '2000', IGNORE_SIGTERM: '1' })
      expect(finished(good)).toMatchObject({ outcome: 'confirmed', exit: 0, serving: 'r2' })
      const bad = await asked.deploy(3, { HEALTH: 'fail', STOP_DELAY_MS: '1000' })
      expect(finished(bad)).toMatchObject({ outcome: 'rolled-back', exit: 4, serving: 'r2' })
      const back = await asked.app.belay('rollback', '--yes', '--json')
      expect(finished(back)).toMatchObject({ outcome: 'confirmed', exit: 0, serving: 'r1' })
      const report = await load.stop()
      expect(await faultsOf(report, server)).toEqual([])
      expect(report.sent).toBeGreaterThan(500)
      // Handed over, it is proved while requests flow on; beside another, nobody ever sees it.
      const seen = rollout === 'handover' ? ['1', '2', '3'] : ['1', '2']
      expect(seen).toEqual(expect.arrayContaining(Object.keys(report.byVersion)))
    },
  )
})
