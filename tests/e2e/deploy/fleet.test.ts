import { dirname, join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { must } from '../../lab/command.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import {
  type App,
  BELAY,
  failures,
  finished,
  freshLab,
  page,
  pageApp,
  pageConfig,
  type Ran,
  visit,
} from './scenario.ts'
import { containers, running, serving, world } from './server-state.ts'

let lab: Lab
let one: Server
let two: Server
const apps: App[] = []

beforeAll(async () => {
  lab = await freshLab()
  one = lab.server(1)
  two = lab.server(2)
})
beforeEach(() => lab.clean())
afterEach(() => {
  for (const app of apps.splice(0)) app.remove()
})

function named(name = 'shop'): App {
  const app = pageApp(lab, name)
  apps.push(app)
  return app
}

const deploy = (app: App): Promise<Ran> => app.belay('deploy', '--yes', '--json')

describe('two hosts', () => {
  // Only the second host has this file: there, the new release ends at once.
  const failingOnTwo = page('two', {
    command: ['sh', '-c', '[ ! -e /trap/set ] || exit 1; exec httpd -f -p 8000 -h /trap'],
    volumes: ['/srv/trap:/trap:ro'],
  })

  test('must both serve the old release when the second one fails the new', async () => {
    await one.sh('mkdir -p /srv/trap; echo two >/srv/trap/index.html')
    await two.sh('mkdir -p /srv/trap; touch /srv/trap/set')
    const app = named().config(pageConfig('shop', { hosts: ['lab1', 'lab2'] }))
    expect(finished(await deploy(app))).toMatchObject({ outcome: 'confirmed', serving: 'r1' })
    expect([await visit(one), await visit(two)]).toEqual(['200 one', '200 one'])
    const before = [await serving(one), await serving(two)]
    app.compose({ services: { web: failingOnTwo } })
    const ran = await deploy(app)
    expect(finished(ran)).toMatchObject({ outcome: 'rolled-back', exit: 4, serving: 'r1' })
    // The first had taken its traffic already, and was put back.
    const moved = ran.events.flatMap((each) => (each.type === 'traffic-moved' ? [each.host] : []))
    expect(moved).toContain('lab1')
    expect([await visit(one), await visit(two)]).toEqual(['200 one', '200 one'])
    expect([await serving(one), await serving(two)]).toEqual(before)
    for (const host of [one, two]) {
      expect(await containers(host)).toEqual(['shop-production-r1-web-1'])
    }
  })
})

describe('several apps on one host', () => {
  test('must share the proxy, and a domain that another has must be refused', async () => {
    const routed = (app: string, domain: string) =>
      pageConfig(app, {}, { routes: [{ domain, port: 8000 }] })
    const tls = { proxy: { tls: 'off' } }
    const shop = named('shop').config({ ...routed('shop', 'shop.example.com'), ...tls })
    const blog = named('blog').config({ ...routed('blog', 'blog.example.com'), ...tls })
    blog.compose({ services: { web: page('blog') } })
    expect(await deploy(shop)).toMatchObject({ code: 0 })
    expect(await deploy(blog)).toMatchObject({ code: 0 })
    expect(await visit(one, 'shop.example.com')).toBe('200 one')
    expect(await visit(one, 'blog.example.com')).toBe('200 blog')
    const before = await world(one)
    blog.config({ ...routed('blog', 'shop.example.com'), ...tls })
    const ran = await deploy(blog)
    expect([ran.code, failures(ran)]).toEqual([2, ['DOMAIN_CLAIMED']])
    expect(ran.stdout).toContain('shop.example.com already belongs to shop-production')
    expect(await world(one)).toBe(before)
  })
})

describe('a host that is this machine', () => {
  test('must be deployed to without SSH, as any other', async () => {
    const here = '/opt/belay-e2e'
    try {
      await one.sh(`mkdir -p ${here}`)
      await must(['docker', 'cp', process.execPath, `${one.container}:${here}/node`])
      await must([
        'docker',
        'cp',
        join(dirname(BELAY), 'program.js'),
        `${one.container}:${here}/belay.js`,
      ])
      const app = named().config(pageConfig('shop', { hosts: ['local'] }))
      await must(['docker', 'cp', `${app.folder}/.`, `${one.container}:${here}/shop`])
      const belay = (...argv: readonly string[]) =>
        one.exec([`${here}/node`, `${here}/belay.js`, '-C', `${here}/shop`, ...argv])
      expect(await belay('deploy', '--yes')).toMatchObject({ code: 0 })
      expect(await visit(one)).toBe('200 one')
      expect(await running(one)).toEqual(['shop-production-r1-web-1'])
      expect((await belay('status')).stdout).toContain('r1')
    } finally {
      await one.sh(`rm -rf ${here}`)
    }
  })
})

describe('a project that was started by hand', () => {
  const db = {
    image: 'busybox:stable',
    command: ['sh', '-c', 'echo started >>/data/log; exec sleep 100000'],
    volumes: ['data:/data'],
    stop_signal: 'SIGKILL',
  }
  const composed = (text: string) => ({
    name: 'shop',
    services: { web: page(text, { ports: ['80:8000'] }), db },
    volumes: { data: {} },
  })

  async function startByHand(): Promise<string> {
    const input = JSON.stringify(composed('by hand'))
    await one.run(['sh', '-c', 'mkdir -p /srv/shop; cat >/srv/shop/compose.yaml'], { input })
    await one.sh('cd /srv/shop && docker compose up -d 2>&1')
    return dbId()
  }

  const dbId = () => one.sh("docker inspect --format '{{.Id}} {{.State.StartedAt}}' shop-db-1")
  const dbLog = () => one.sh('cat /var/lib/docker/volumes/shop_data/_data/log')
  const adopting = () => {
    const config = pageConfig('shop')
    const services = { ...(config.services as object), db: { role: 'accessory' } }
    return named()
      .compose(composed('one'))
      .config({ ...config, services })
  }

  test('must be taken over, its database and data left where they are', async () => {
    const id = await startByHand()
    const before = await world(one)
    const app = adopting()
    const plan = await app.belay('plan')
    expect(plan).toMatchObject({ code: 0, stderr: '' })
    expect(plan.stdout).toContain('shop-db-1 stay as they run')
    expect(plan.stdout).toContain('shop-web-1 are replaced')
    expect(plan.stdout).toContain("shop-web-1 holds the proxy's ports")
    expect(await world(one)).toBe(before)
    const ran = await deploy(app)
    expect(finished(ran)).toMatchObject({ outcome: 'confirmed', exit: 0, serving: 'r1' })
    expect(await visit(one)).toBe('200 one')
    expect([await dbId(), await dbLog()]).toEqual([id, 'started'])
    expect(await running(one)).toEqual(['shop-db-1', 'shop-r1-web-1'])
  })

  test('must be asked about when it has another name, before a second database is made', async () => {
    await startByHand()
    const before = await world(one)
    const { services, volumes } = composed('one')
    const app = named('store').compose({ services, volumes })
    const ran = await deploy(app)
    expect([ran.code, failures(ran)]).toEqual([2, ['PROJECT_UNCLEAR']])
    expect(ran.stdout).toContain('started in /srv/shop')
    expect(await world(one)).toBe(before)
  })

  test('must serve again as it was when the taking over fails', async () => {
    const id = await startByHand()
    const app = adopting()
    const web = page('one', { command: ['sh', '-c', 'exit 1'], ports: ['80:8000'] })
    app.compose({ ...composed('one'), services: { web, db } })
    const ran = await deploy(app)
    expect(finished(ran)).toMatchObject({ outcome: 'rolled-back', exit: 4 })
    await expect.poll(() => visit(one), { timeout: 10_000 }).toBe('200 by hand')
    expect([await dbId(), await dbLog()]).toEqual([id, 'started'])
    expect(await running(one)).toEqual(['shop-db-1', 'shop-web-1'])
  })
})
