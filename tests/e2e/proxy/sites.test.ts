import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { UPSTREAM_HEADER, readProbe } from '../../../src/hosts/proxies/probe.ts'
import type { SiteRoute } from '../../../src/hosts/proxies/proxy.ts'
import { command, must } from '../../lab/command.ts'
import { ask } from './clients.ts'
import { Stand } from './stand.ts'

/** Sites, the private listener and the watchdog's container, on a real Caddy. */

const route = (over: Partial<SiteRoute>): SiteRoute => ({
  domain: 'shop.localhost',
  path: '/',
  port: 8000,
  routeKey: 'shop-web',
  rollout: 'overlap',
  holdSeconds: 30,
  ...over,
})

const SITES = [
  {
    key: 'shop',
    tls: 'auto',
    balancer: [],
    // A name below localhost gets a certificate of Caddy's own, so that TLS needs no network.
    routes: [
      route({}),
      route({ path: '/api', routeKey: 'shop-api', rollout: 'handover' }),
      route({ path: '/api/v2', routeKey: 'shop-web', rollout: 'rolling', port: 8001 }),
    ],
  },
  {
    key: 'plain',
    tls: 'off',
    balancer: [],
    routes: [route({ domain: 'plain.test', path: '/only', routeKey: 'shop-web' })],
  },
  {
    key: 'behind',
    tls: 'off',
    balancer: ['private'],
    routes: [route({ domain: 'behind.test', routeKey: 'shop-web' })],
  },
] as const

let stand: Stand

beforeAll(async () => {
  stand = await Stand.up(SITES)
  await stand.startApp('shop-web-a')
  await stand.startApp('shop-api-a')
  for (let tries = 0; (await probe('shop-api-a:8000')).kind !== 'answered'; tries++) {
    if (tries > 100) throw new Error('the app did not come up')
    await sleep(50)
  }
})

afterAll(() => stand?.down())

async function probe(upstream: string, headers: Readonly<Record<string, string>> = {}) {
  const { status, raw, ...seen } = await ask({
    socketPath: stand.probeSocket,
    path: headers.path ?? '/',
    headers: { ...headers, [UPSTREAM_HEADER]: upstream },
  })
  const plain = Object.entries(seen.headers).map(([name, value]) => [name, String(value)])
  const answer = {
    kind: 'answered',
    status,
    headers: Object.fromEntries(plain),
    body: raw,
  } as const
  return readProbe({ ...answer, durationMs: 0 })
}

const plainly = (host: string, path = '/', headers: Readonly<Record<string, string>> = {}) =>
  ask({ port: stand.httpPort, path, headers: { host, ...headers } })

function securely(path: string): Promise<{ status: number; text: string }> {
  return new Promise((done, fail) => {
    const options = { host: '127.0.0.1', port: stand.httpsPort, path, rejectUnauthorized: false }
    const headers = { host: 'shop.localhost' }
    const sent = request({ ...options, headers, servername: 'shop.localhost' }, (answer) => {
      let text = ''
      answer.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      answer.on('end', () => done({ status: answer.statusCode ?? 0, text }))
    })
    sent.on('error', fail)
    sent.end()
  })
}

async function serviceAt(path: string): Promise<string> {
  return JSON.parse((await securely(path)).text).name
}

async function outcome(upstream: string): Promise<string | number> {
  const answer = await probe(upstream)
  return answer.kind === 'answered' ? answer.status : answer.why
}

async function watchdogSeen(): Promise<string> {
  for (let tries = 0; tries < 50; tries++) {
    const seen = await readFile(join(stand.root, 'seen'), 'utf8').catch(() => undefined)
    if (seen !== undefined) return seen
    await sleep(100)
  }
  throw new Error('the watchdog did nothing')
}

describe('sites', () => {
  it('must be a configuration that Caddy finds valid', async () => {
    await expect(stand.validate()).resolves.toContain('Valid configuration')
  })

  it('must be validated in another folder before they become the real ones', async () => {
    const argv = ['caddy', 'validate', '--config', '/belay/Caddyfile', '--adapter', 'caddyfile']
    await mkdir(join(stand.folder, 'next'))
    await writeFile(join(stand.folder, 'next', 'x.caddy'), 'x.test {\n\tnonsense\n}\n')
    const exec = ['docker', 'exec', '-e', 'BELAY_SITES=/belay/next', stand.caddy]
    const { code, stderr } = await command([...exec, ...argv])
    await rm(join(stand.folder, 'next'), { recursive: true })
    expect(code).not.toBe(0)
    expect(stderr).toContain('/belay/next/x.caddy')
    expect((await plainly('plain.test', '/only')).status).toBe(200)
  })

  it('must send each path to its own service, the longest first', async () => {
    expect(await serviceAt('/')).toBe('shop-web-a')
    expect(await serviceAt('/apix')).toBe('shop-web-a')
    expect(await serviceAt('/api')).toBe('shop-api-a')
    expect(await serviceAt('/api/orders')).toBe('shop-api-a')
    expect(await serviceAt('/api/v2/orders')).toBe('shop-web-a')
  })

  it('must redirect plain HTTP where TLS is on', async () => {
    const { status, headers } = await plainly('shop.localhost', '/api?x=1')
    expect(status).toBe(308)
    expect(headers.location).toBe('https://shop.localhost/api?x=1')
  })

  it('must answer 404 for paths and names that nobody claims', async () => {
    expect((await plainly('plain.test', '/other')).status).toBe(404)
    expect((await plainly('nobody.test')).status).toBe(404)
  })

  it('must hand on what a balancer says of the client, and nobody else', async () => {
    const said = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.7' }
    const behind = JSON.parse((await plainly('behind.test', '/', said)).raw).headers
    expect(behind['x-forwarded-proto']).toBe('https')
    expect(behind['x-forwarded-for']).toMatch(/^203\.0\.113\.7, /)
    const alone = JSON.parse((await plainly('plain.test', '/only', said)).raw).headers
    expect(alone['x-forwarded-proto']).toBe('http')
    expect(alone['x-forwarded-for']).not.toContain('203.0.113.7')
  })
})

describe('the private listener', () => {
  it('must tell an answer from no answer, and each kind of no answer', async () => {
    expect(await outcome('shop-web-a:8000')).toBe(200)
    expect(await outcome('shop-web-a:7999')).toBe('refused')
    expect(await outcome('shop-web-b:8000')).toBe('no-such-name')
    expect(await outcome('shop-web-a:9001')).toBe('broken')
    expect(await outcome('shop-web-a:9002')).toBe('broken')
  })

  it('must soon tell a silent port that takes connections from a closed one', async () => {
    const before = performance.now()
    const connect = { 'belay-probe': 'connect' }
    expect(await probe('shop-web-a:9003', connect)).toMatchObject({ why: 'broken' })
    expect(await probe('shop-web-a:8000', connect)).toMatchObject({ status: 200 })
    expect(await probe('shop-web-a:7999', connect)).toMatchObject({ why: 'refused' })
    expect(performance.now() - before).toBeLessThan(2000)
  })

  it("must not take an app's own 503 for silence", async () => {
    expect(await probe('shop-web-a:8000', { path: '/busy' })).toMatchObject({
      kind: 'answered',
      status: 503,
    })
  })

  it('must reach a port that no site names, without a reload', async () => {
    expect(await probe('shop-api-a:8001')).toMatchObject({ kind: 'answered', status: 200 })
  })

  it('must pass the host and the scheme on that the check names', async () => {
    const answer = await probe('shop-web-a:8000', {
      host: 'shop.example.com',
      'x-forwarded-proto': 'https',
    })
    const seen = JSON.parse(answer.kind === 'answered' ? answer.body : '{}').headers
    expect(seen.host).toBe('shop.example.com')
    expect(seen['x-forwarded-proto']).toBe('https')
    expect(Object.keys(seen).filter((name) => name.startsWith('belay'))).toEqual([])
  })

  it('must refuse a request that names no upstream, or one that is no name', async () => {
    expect(await ask({ socketPath: stand.probeSocket })).toMatchObject({ status: 421 })
    expect(await probe('a b:1')).toMatchObject({ kind: 'answered', status: 421 })
  })

  it('must be open to the deploy user, whose folder keeps everybody else out', async () => {
    expect((await stat(stand.probeSocket)).mode & 0o777).toBe(0o666)
  })

  it('must come back after Caddy was killed', async () => {
    await stand.killCaddy()
    expect(await probe('shop-web-a:8000')).toMatchObject({ status: 200 })
  })
})

describe("the watchdog's container", () => {
  it('must run the kit, and be able to rename files in the state folder', async () => {
    expect(Date.now() - Date.parse(await watchdogSeen())).toBeLessThan(10_000)
  })

  it('must bear being killed and come back', async () => {
    const watchdog = stand.caddy.replace('caddy-1', 'watchdog-1')
    await must(['docker', 'restart', watchdog])
    await rm(join(stand.root, 'seen'))
    await expect(watchdogSeen()).resolves.toContain('20')
  })
})
