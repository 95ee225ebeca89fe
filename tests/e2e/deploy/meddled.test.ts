import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from 'vitest'
import { get } from '../../lab/http.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import { type Load, startLoad } from '../../load/load.ts'
import { faultOf, makeRequest } from '../../load/requests.ts'
import { App, failures, finished, freshLab, IMAGES, type Json, type Running } from './scenario.ts'
import { containers, current, releases, running, stateOf } from './server-state.ts'

let lab: Lab
let server: Server
let app: App
let load: Load
let mayLose: boolean

/** What others do to a server while nobody of Belay looks, and while a run is under way. */
const PRUNE = 'docker system prune --all --force'
const DEPLOY = ['deploy', '--yes', '--json']

// Each release has an image of its own, which its version is told by.
beforeAll(async () => {
  lab = await freshLab([...IMAGES, 'belay-lab/app:1', 'belay-lab/app:2'])
  server = lab.server(1)
  const routes = [{ domain: '*', port: 8000 }]
  const patience = { 'start-timeout': '8s', drain: '2s', 'stop-grace': '2s' }
  const services = { web: { routes, health: '/health', ...patience } }
  app = new App(lab).config({ app: 'shop', hosts: ['lab1'], services })
  for (const number of [1, 2]) {
    const ran = await version(number).belay(...DEPLOY)
    if (ran.code !== 0) throw new Error(`${ran.stdout}${ran.stderr}`)
  }
})
beforeEach(() => {
  mayLose = false
  load = startLoad({
    host: '127.0.0.1',
    port: server.httpPort,
    connections: 20,
    requestsPerSecond: 40,
    webSocket: false,
    traffic: {
      make: (id, role, n) => makeRequest(id, role === 'slow' ? 'post' : role, n),
      faultOf,
    },
  })
})
// Whatever was done to the server, what served has served all along.
afterEach(async () => {
  const { losses, sent } = await load.stop()
  const isSpared = losses.length === 0 || mayLose
  if (!isSpared || sent < 20) throw new Error(`of ${sent}: ${JSON.stringify(losses)}`)
})
afterAll(() => app.remove())

function version(number: number, environment: Json = {}, image = number): App {
  const web = {
    image: `belay-lab/app:${image}`,
    environment: { VERSION: `${number}`, ...environment },
  }
  return app.compose({ services: { web } })
}

/** The version that visitors get. */
async function served(): Promise<string> {
  const answer = await get(server.httpPort)
  return String(answer?.headers['x-version'])
}

/** A release that listens only after some seconds, and is being proved. */
async function proving(number: number, seconds: number): Promise<Running> {
  const slow = { START_DELAY_MS: `${seconds * 1000}` }
  const run = version(number, slow, 1).start(DEPLOY)
  await run.saying('"verdict":"unknown"')
  return run
}

const container = (release: string): string => `shop-production-${release}-web-1`

/** The release that serves, and the one before. */
async function serving(): Promise<readonly [string, string]> {
  const [now = '', before = ''] = (await current(server, 'shop')).split(' ')
  return [now, before]
}

test('a rollback to what a prune took must be refused, and a deployment bring it anew', async () => {
  await server.sh(PRUNE)
  expect(await containers(server)).toEqual([container('r2')])
  const refused = await app.belay('rollback', '--yes', '--json')
  expect([refused.code, failures(refused)]).toEqual([3, ['RELEASE_INCOMPLETE']])
  expect(refused.stdout).toContain('lab1: the image of web is gone (belay-lab/app:1, sha256:')
  expect(await served()).toBe('2')
  const ran = await version(3, {}, 1).belay(...DEPLOY)
  expect(finished(ran)).toMatchObject({ outcome: 'confirmed', exit: 0 })
  expect(await served()).toBe('3')
})

test('a prune in the middle of a run must not stop it, nor a name that an image loses', async () => {
  const run = await proving(4, 2)
  await server.sh(`${PRUNE}; docker image rm --force belay-lab/app:1`)
  expect(finished(await run.ended)).toMatchObject({ outcome: 'confirmed', exit: 0 })
  expect(await served()).toBe('4')
})

test.each(['rm --force', 'stop --time 0'])(
  'a new container that meets `docker %s` must not make its release a bad one',
  async (deed) => {
    const [[before], version] = [await serving(), await served()]
    const run = await proving(5, 4)
    const [release = ''] = (await releases(server, 'shop')).slice(-1)
    await server.sh(`docker ${deed} ${container(release)}`)
    const ran = await run.ended
    expect(failures(ran)).toEqual(['PROOF_NOT_HAD'])
    expect(ran.stdout).toMatch(/somebody (removed|stopped) the container/)
    expect(finished(ran)).toMatchObject({ outcome: 'rolled-back', exit: 4, serving: before })
    expect(finished(ran)?.text).toContain('nor marked bad')
    expect(await served()).toBe(version)
  },
)

test('an old container that somebody starts meanwhile must be gone with the end of the run', async () => {
  // In the slot of the new one it is asked, too: what it has in flight in the end is lost.
  mayLose = true
  const [, old] = await serving()
  const run = await proving(6, 3)
  await server.sh(`docker start ${container(old)}`)
  expect(finished(await run.ended)).toMatchObject({ outcome: 'confirmed', exit: 0 })
  expect(await running(server)).toEqual([container((await serving())[0])])
  expect((await app.belay('status')).stdout).toContain('as deployed')
  expect(await served()).toBe('6')
})

test('a folder of a release that is removed must be told, and stand in the way of nothing else', async () => {
  const [now, before] = await serving()
  const folder = `${stateOf('shop')}/releases`
  await server.sh(`mv ${folder}/${now} /root/kept`)
  const refused = await version(8, {}, 2).belay(...DEPLOY)
  await server.sh(`mv /root/kept ${folder}/${now}`)
  expect([refused.code, failures(refused)]).toEqual([3, ['RECORD_GONE']])
  await server.sh(`rm -r ${folder}/${before}`)
  const back = await app.belay('rollback', '--yes', '--json')
  expect([back.code, failures(back)]).toEqual([2, ['UNKNOWN_RELEASE']])
  expect(finished(await app.belay(...DEPLOY))).toMatchObject({ outcome: 'confirmed', exit: 0 })
  expect(await served()).toBe('8')
})

const dockerd = (signal: 'STOP' | 'CONT'): Promise<string> =>
  server.sh(`kill -${signal} "$(cat /run/docker.pid)"`)

test('a Docker that hangs must be told in time, and be waited for by who is at work', async () => {
  const before = await served()
  const run = await proving(9, 3)
  await dockerd('STOP')
  try {
    const begun = performance.now()
    const said = run.saying('Docker does not answer')
    const [{ stdout }] = await Promise.all([app.belay('status', '--json'), said])
    expect(stdout).toContain('DOCKER_STOPPED')
    expect(stdout).toContain('did not answer within 20 s')
    expect(performance.now() - begun).toBeLessThan(35_000)
    expect(await served()).toBe(before)
  } finally {
    await dockerd('CONT')
  }
  const ended = await run.ended
  expect(failures(ended)).toEqual([])
  expect(finished(ended)).toMatchObject({ outcome: 'confirmed', exit: 0 })
  expect(await served()).toBe('9')
})
