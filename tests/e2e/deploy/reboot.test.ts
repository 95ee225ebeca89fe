import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import { App, deaf, failures, finished, freshLab, type Json, page, visit } from './scenario.ts'
import { stateOf } from './server-state.ts'

let lab: Lab
let server: Server
let app: App

/** It counts its starts in a volume, so that what is read tells whether the data is still there. */
const counting = (text: string): Json =>
  page(text, {
    command: [
      'sh',
      '-c',
      'echo x >>/data/starts; mkdir -p /w; echo "$$TEXT $$(wc -l </data/starts)" >/w/index.html; ' +
        'exec httpd -f -p 8000 -h /w',
    ],
    volumes: ['data:/data'],
  })

const composed = (web: Json): Json => ({
  services: { web, store: page('store', { restart: 'unless-stopped' }) },
  volumes: { data: {} },
})

beforeAll(async () => {
  lab = await freshLab()
  server = lab.server(1)
  app = new App(lab).compose(composed(counting('one')))
  const web = { routes: [{ domain: '*', port: 8000 }], health: '/', 'start-timeout': '5s' }
  const patient = { ...web, rollout: 'handover', drain: '2s' }
  app.config({
    app: 'shop',
    hosts: ['lab1'],
    services: { web: patient, store: { role: 'accessory' } },
  })
})
afterAll(() => app.remove())

async function settled(text: string): Promise<void> {
  await expect.poll(() => visit(server), { timeout: 60_000, interval: 500 }).toBe(text)
}

test('data must survive deployments, restarts and a reboot, and what serves must come back', async () => {
  expect(finished(await app.belay('deploy', '--yes', '--json'))).toMatchObject({ exit: 0 })
  await settled('200 one 1')
  app.compose(composed(counting('two')))
  expect(finished(await app.belay('deploy', '--yes', '--json'))).toMatchObject({ exit: 0 })
  await settled('200 two 2')
  expect((await app.belay('restart', '--yes')).code).toBe(0)
  await settled('200 two 3')

  await server.reboot()
  await settled('200 two 4')
  const status = await app.belay('status')
  expect([status.code, status.stdout]).toEqual([0, expect.stringContaining('r2')])
  const store = await server.sh("docker ps --format '{{.Names}}' | grep -c store")
  expect(store.trim()).toBe('1')

  app.compose(composed(counting('three')))
  expect(finished(await app.belay('deploy', '--yes', '--json'))).toMatchObject({ exit: 0 })
  await settled('200 three 5')
})

test('an old container that is taken away meanwhile must be made again', async () => {
  app.compose(composed(deaf('four')))
  const running = app.start(['deploy', '--yes', '--json'])
  await running.saying('"step":"prove-web"')
  await server.sh('docker rm -f shop-production-r3-web-1')
  const ran = await running.ended
  expect(finished(ran)).toMatchObject({ outcome: 'rolled-back', exit: 4, serving: 'r3' })
  await settled('200 three 6')
  const policy = '{{.HostConfig.RestartPolicy.Name}}'
  const shown = await server.sh(`docker inspect -f '${policy}' shop-production-r3-web-1`)
  expect(shown.trim()).toBe('always')
})

test('a rollback that fails must be a critical end that says what a person must do', async () => {
  app.compose(composed(deaf('five')))
  const running = app.start(['deploy', '--yes', '--json'])
  await running.saying('"step":"prove-web"')
  const file = `${stateOf('shop')}/releases/r3/compose.json`
  await server.sh(`docker rm -f shop-production-r3-web-1; rm ${file}`)
  const ran = await running.ended
  expect(finished(ran)).toMatchObject({ outcome: 'critical', exit: 5 })
  expect(failures(ran)).toEqual(['NOT_PROVED', 'ROLLBACK_UNPROVED'])
  const critical = ran.events.filter((event) => event.type === 'failed').at(-1)
  expect(critical?.hint).toMatch(/look now: `belay status`/)

  // What cannot be put back must not be in the way of what comes next.
  app.compose(composed(counting('six')))
  expect(finished(await app.belay('deploy', '--yes', '--json'))).toMatchObject({ exit: 0 })
  await settled('200 six 7')
})
