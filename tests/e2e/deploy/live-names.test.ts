import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import { App, finished, freshLab, IMAGES, type Ran, SHOP_IMAGES } from './scenario.ts'
import { lines, running } from './server-state.ts'

type Json = Readonly<Record<string, unknown>>

let lab: Lab
let server: Server
let app: App

beforeAll(async () => {
  lab = await freshLab([...IMAGES, ...SHOP_IMAGES])
  server = lab.server(1)
})
beforeEach(async () => {
  await server.clean()
  app = new App(lab)
})
afterEach(() => app.remove())

/**
 * An accessory that calls the web server by the name of the compose file, as a Prometheus would:
 * by a new connection each time, by one that is kept, and by requests that take their time. Tells
 * each version once it answers, and whatever fails after the first answer.
 */
const PROBE = `
  const http = require('node:http')
  const ask = (path, agent) => new Promise((done, fail) => {
    const request = http.get('http://web:8000' + path, { agent, timeout: 5000 }, (answer) => {
      answer.resume().on('end', () => done(answer.headers['x-version']))
    })
    request.on('timeout', () => request.destroy(new Error('timeout')))
    // What every client does that keeps connections: a server may close one at any time.
    request.on('error', (error) => request.reusedSocket ? ask(path, agent).then(done, fail) : fail(error))
  })
  const loop = async (name, path, agent) => {
    for (let last; ; await new Promise((done) => setTimeout(done, 15))) {
      const now = await ask(path, agent).catch((error) => last && 'FAILED ' + error.message)
      if (now && now !== last) console.log(name, now)
      last = now || last
    }
  }
  loop('fresh', '/', new http.Agent({ keepAlive: false }))
  loop('kept', '/', new http.Agent({ keepAlive: true }))
  loop('slow', '/slow?ms=700', new http.Agent({ keepAlive: false }))`

const probe: Json = { image: 'node:20-slim', command: ['node', '-e', PROBE], restart: 'always' }

function shop(version: number | string, over: Json = {}, more: Json = {}): App {
  const web = {
    image: 'belay-lab/app:1',
    environment: { VERSION: String(version) },
    ...over,
  }
  const services = { web, probe: { ...probe, ...more } }
  return app.compose({ services, volumes: { data: {} } })
}

function configure(web: Json = {}, more: Json = {}): void {
  const routes = [{ domain: '*', port: 8000 }]
  const patience = { 'start-timeout': '6s', drain: '3s' }
  const services = {
    web: { routes, health: '/health', ...patience, ...web },
    probe: { role: 'accessory', ...more },
  }
  app.config({ app: 'shop', hosts: ['lab1'], services })
}

async function ends(code: number, running: Promise<Ran>): Promise<Ran> {
  const ran = await running
  if (ran.code !== code) throw new Error(`ended with ${ran.code}:\n${ran.stdout}${ran.stderr}`)
  return ran
}

const belay = (...argv: readonly string[]) => app.belay(...argv, '--yes', '--json')

/** What the accessory has told, one line for each change, once it has told the last one. */
async function told(name: string, last: string): Promise<readonly string[]> {
  const log = 'docker logs shop-production-probe-1 2>&1'
  await server.sh(`until ${log} | grep '^${name} ' | tail -n 1 | grep -qx '${name} ${last}'
    do sleep 0.2; done`)
  const all = lines(await server.sh(log))
  return all
    .filter((line) => line.startsWith(`${name} `))
    .map((line) => line.slice(name.length + 1))
}

const liveNetworks = async () =>
  lines(await server.sh('docker network ls --format {{.Name}} | grep live; :'))

/** Every way of asking has seen these versions, in this order, and nothing else. */
async function saw(...versions: readonly string[]): Promise<void> {
  const last = versions.at(-1) ?? ''
  for (const name of ['fresh', 'kept', 'slow']) {
    expect([name, ...(await told(name, last))]).toEqual([name, ...versions])
  }
}

describe('an accessory that calls a service of the release', () => {
  test('must meet each release from its confirm on, and not one call may fail', async () => {
    configure()
    const told = await ends(0, shop(1).belay('plan', '--json'))
    expect(told.stdout).toContain('calls web (its settings name it)')
    await ends(0, belay('deploy'))
    await saw('1')
    const [first] = await liveNetworks()
    shop(2)
    await ends(0, belay('deploy'))
    await saw('1', '2')
    shop(3)
    await ends(0, belay('deploy'))
    // An unproved release is called by nobody.
    shop('ill', { environment: { VERSION: 'ill', HEALTH: 'fail' } })
    await ends(4, belay('deploy'))
    await saw('1', '2', '3')
    expect(finished(await ends(0, belay('rollback')))).toMatchObject({ serving: 'r2' })
    await saw('1', '2', '3', '2')
    shop(5)
    await ends(0, belay('deploy'))
    await saw('1', '2', '3', '2', '5')
    const networks = await liveNetworks()
    expect(networks).toHaveLength(1)
    expect(networks).not.toEqual([first])
    const joined = `docker network inspect ${networks[0]} --format '{{range .Containers}}{{.Name}} {{end}}'`
    const members = (await server.sh(joined)).trim().split(' ').toSorted()
    expect(members).toEqual(['shop-production-probe-1', 'shop-production-r5-web-1'])
    expect(await running(server)).toEqual(['shop-production-probe-1', 'shop-production-r5-web-1'])
  })

  test('must keep its way out: no default route may move', async () => {
    configure()
    // The kernel's table: destination and gateway in hex, the bytes in reverse.
    const route =
      'docker exec shop-production-probe-1 cat /proc/net/route | awk \'$2 == "00000000" { print $3 }\''
    shop(1)
    await ends(0, belay('deploy'))
    await saw('1')
    const gateway = await server.sh(
      "docker network inspect shop-production_default --format '{{(index .IPAM.Config 0).Gateway}}'",
    )
    const hex = gateway
      .split('.')
      .toReversed()
      .map((part) => Number(part).toString(16).padStart(2, '0'))
    expect(await server.sh(route)).toBe(hex.join('').toUpperCase())
  })

  test('must be told of a hand-over as soon as the new one runs, and of one that fails', async () => {
    configure({ rollout: 'handover' })
    shop(1)
    await ends(0, belay('deploy'))
    await told('fresh', '1')
    shop(2)
    await ends(0, belay('deploy'))
    await told('fresh', '2')
    shop('ill', { environment: { VERSION: 'ill', HEALTH: 'fail' } })
    await ends(4, belay('deploy'))
    await told('fresh', '2')
    expect(await liveNetworks()).toHaveLength(1)
  })

  test('must still reach it when it is exchanged itself, and when it is called by its key', async () => {
    configure({}, { calls: ['web'] })
    const quiet = {
      entrypoint: ['node', '-e', PROBE.replace('http://web:8000', "http://' + 'web:8000")],
    }
    shop(1, {}, { ...quiet, command: [] })
    const plan = await ends(0, app.belay('plan', '--json'))
    expect(plan.stdout).toContain('calls web (as belay.yaml says)')
    await ends(0, belay('deploy'))
    await saw('1')
    shop(1, {}, { ...quiet, command: [], environment: { TZ: 'UTC' } })
    await ends(0, belay('deploy', '--base'))
    await saw('1')
    shop(2, {}, { ...quiet, command: [], environment: { TZ: 'UTC' } })
    await ends(0, belay('deploy'))
    await saw('1', '2')
  })
})

test('an app whose accessories call nobody must get no such network', async () => {
  configure()
  shop(1, {}, { command: ['sleep', '600'] })
  await ends(0, belay('deploy'))
  shop(2, {}, { command: ['sleep', '600'] })
  await ends(0, belay('deploy'))
  expect(await liveNetworks()).toEqual([])
})
