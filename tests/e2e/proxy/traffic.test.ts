import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SiteRoute } from '../../../src/hosts/proxies/proxy.ts'
import { must } from '../../lab/command.ts'
import { startLoad } from '../../load/load.ts'
import { Socket, ask, body } from './clients.ts'
import { Stand } from './stand.ts'

/** The promise that no request is lost, against a real Caddy with the generated configuration. */

const route = (over: Partial<SiteRoute> & { routeKey: string }): SiteRoute => ({
  domain: '*',
  path: '/',
  port: 8000,
  rollout: 'overlap',
  holdSeconds: 30,
  ...over,
})

const SITES = [
  { key: 'shop', tls: 'off', balancer: [], routes: [route({ routeKey: 'shop-web' })] },
  {
    key: 'notes',
    tls: 'off',
    balancer: [],
    routes: [route({ domain: 'notes.test', routeKey: 'notes-web', rollout: 'handover' })],
  },
  {
    key: 'hasty',
    tls: 'off',
    balancer: [],
    routes: [route({ domain: 'hasty.test', routeKey: 'hasty-web' })],
  },
] as const

let stand: Stand

beforeAll(async () => {
  stand = await Stand.up(SITES)
  await stand.startApp('shop-web-a')
  await stand.startApp('shop-web-b')
  await stand.startApp('hasty-web-a', { HANG_UP_MS: '900' })
  await Promise.all(['shop-web-a', 'shop-web-b', 'hasty-web-a'].map(answering))
})

afterAll(() => stand?.down())

/** Until the app's own port is open: the proxy is asked only about what it should be asked. */
async function answering(alias: string): Promise<void> {
  const headers = { 'belay-upstream': `${alias}:8000` }
  for (let tries = 0; tries < 200; tries++) {
    const { status } = await ask({ socketPath: stand.probeSocket, headers })
    if (status === 200) return
    await sleep(50)
  }
  throw new Error(`${alias} did not answer`)
}

const who = async (host: string): Promise<string> =>
  (await ask({ port: stand.httpPort, headers: { host } })).name

describe('moving traffic by renaming a token', () => {
  it('must lose no request of 50 keep-alive connections in 120 moves', async () => {
    const at = { host: '127.0.0.1', port: stand.httpPort, headers: { host: 'shop.test' } }
    const running = startLoad({ ...at, connections: 50, requestsPerSecond: 600, webSocket: false })
    const tokens = ['b', 'a', 'b25', 'b50', 'b75', 'b', 'b75', 'a']
    for (let move = 0; move < 120; move++) {
      await stand.moveTo('shop-web', tokens[move % tokens.length] ?? 'a')
      await sleep(60)
    }
    const { sent, losses, byVersion } = await running.stop()
    expect(losses).toEqual([])
    expect(sent).toBeGreaterThan(2000)
    expect(Object.keys(byVersion).sort()).toEqual(['shop-web-a', 'shop-web-b'])
  })

  it('must count from the next request on', async () => {
    for (let move = 0; move < 50; move++) {
      const slot = move % 2 === 0 ? 'b' : 'a'
      await stand.moveTo('shop-web', slot)
      expect(await who('shop.test')).toBe(`shop-web-${slot}`)
    }
  })

  it('must leave slot a in charge when there is no token at all', async () => {
    expect(await who('hasty.test')).toBe('hasty-web-a')
  })

  it.each([
    ['b25', 0.25],
    ['b50', 0.5],
    ['b75', 0.75],
  ])('must give slot b its share with %s', async (token, share) => {
    await stand.moveTo('shop-web', token)
    let b = 0
    const ASKED = 2000
    for (let asked = 0; asked < ASKED; asked += 20) {
      const names = await Promise.all(Array.from({ length: 20 }, () => who('shop.test')))
      b += names.filter((name) => name === 'shop-web-b').length
    }
    // Five standard deviations: wrong by chance once in two million runs.
    const spread = 5 * Math.sqrt((share * (1 - share)) / ASKED)
    expect(Math.abs(b / ASKED - share)).toBeLessThan(spread)
  })

  it('must leave a WebSocket with the app that it was opened to', async () => {
    await stand.moveTo('shop-web', 'a')
    const socket = await Socket.open(stand.httpPort, 'shop.test')
    await stand.moveTo('shop-web', 'b')
    expect(await socket.who()).toBe('shop-web-a')
    expect(await who('shop.test')).toBe('shop-web-b')
    socket.close()
  })

  it("must keep a WebSocket open when another app's site is added with a reload", async () => {
    const socket = await Socket.open(stand.httpPort, 'shop.test')
    const before = await socket.who()
    const routes = [route({ domain: 'new.test', routeKey: 'shop-web' })]
    await stand.writeSite({ key: 'new', tls: 'off', balancer: [], routes })
    await stand.reload()
    expect(await who('new.test')).toBe('shop-web-b')
    expect(await socket.who()).toBe(before)
    socket.close()
  })
})

describe('requests that meet no running app', () => {
  it('must all be held with their bodies until a hand-over has started the app', async () => {
    await stand.moveTo('notes-web', 'b')
    const REQUESTS = 200
    const held = Array.from({ length: REQUESTS }, async () => {
      const { pieces, sha } = body()
      const question = { port: stand.httpPort, method: 'POST', headers: { host: 'notes.test' } }
      // Their bodies are still arriving while the proxy tries again: what older Caddys got wrong.
      const seen = await ask({ ...question, pieces, pauseMs: 300 })
      return { status: seen.status, right: seen.sha === sha, name: seen.name }
    })
    await sleep(1500)
    await stand.startApp('notes-web-b')
    const answers = await Promise.all(held)
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
    expect(answers.filter(({ right }) => right)).toHaveLength(REQUESTS)
    expect(new Set(answers.map(({ name }) => name))).toEqual(new Set(['notes-web-b']))
  })

  it('must be held again when the hand-over goes backwards', async () => {
    await stand.moveTo('notes-web', 'a')
    const { pieces, sha } = body()
    const question = { port: stand.httpPort, method: 'POST', headers: { host: 'notes.test' } }
    const held = ask({ ...question, pieces, pauseMs: 100 })
    await sleep(1000)
    await stand.startApp('notes-web-a')
    expect(await held).toMatchObject({ status: 200, sha, name: 'notes-web-a' })
  })
})

describe('an app that hangs up on connections after a second of silence', () => {
  it('must lose no POST that is sent at that very moment', async () => {
    const statuses: number[] = []
    for (const silence of [0, 950, 1000, 1050, 600, 900]) {
      await sleep(silence)
      const { pieces } = body()
      const headers = { host: 'hasty.test' }
      const seen = await ask({ port: stand.httpPort, method: 'POST', headers, pieces })
      statuses.push(seen.status)
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200])
  })
})

describe('an app that answers while the request is still arriving', () => {
  // The proxy must not touch a body that the app may still read. Where it does, a busy machine cuts
  // answers to ordinary POSTs as well: by chance, one in thousands, so it is asked for here.
  it('must get the rest of the request, and have its whole answer delivered', async () => {
    const pieces = ['one ', 'two ', 'three'].map((word) => Buffer.from(word))
    const question = { port: stand.httpPort, path: '/stream', headers: { host: 'shop.test' } }
    const { status, raw } = await ask({ ...question, method: 'POST', pieces, pauseMs: 200 })
    expect({ status, raw }).toEqual({ status: 200, raw: 'one two three' })
  })

  it('must not lose its answer when it wants no more of the request', async () => {
    const pieces = Array.from({ length: 20 }, () => Buffer.alloc(50_000))
    const question = { port: stand.httpPort, path: '/refuse', headers: { host: 'shop.test' } }
    expect(await ask({ ...question, method: 'POST', pieces, pauseMs: 5 })).toMatchObject({
      status: 413,
    })
  })
})

describe('requests in flight', () => {
  interface Upstream {
    readonly address: string
    readonly num_requests: number
  }
  const inFlight = async (address: string): Promise<number | undefined> => {
    const path = '/reverse_proxy/upstreams'
    const { raw } = await ask({ socketPath: stand.probeSocket, path })
    const upstreams: readonly Upstream[] = JSON.parse(raw)
    return upstreams.find((upstream) => upstream.address === address)?.num_requests
  }

  it('must be seen per slot until they are answered, WebSockets apart from requests', async () => {
    await stand.moveTo('shop-web', 'a')
    const slow = ask({
      port: stand.httpPort,
      path: '/slow?ms=1000',
      headers: { host: 'shop.test' },
    })
    const socket = await Socket.open(stand.httpPort, 'shop.test')
    await sleep(300)
    expect(await inFlight('shop-web-a:8000')).toBe(1)
    expect(await inFlight('shop-web-a.:8000')).toBe(1)
    expect(await inFlight('shop-web-b:8000')).toBe(0)
    expect(await inFlight('shop-web-b.:8000')).toBe(0)
    await slow
    await expect.poll(() => inFlight('shop-web-a:8000')).toBe(0)
    expect(await inFlight('shop-web-a.:8000')).toBe(1)
    socket.close()
    await expect.poll(() => inFlight('shop-web-a.:8000')).toBe(0)
  })

  it.each([
    [
      'events as a browser asks for them must count as what stays open',
      'GET',
      'text/event-stream',
      '.',
    ],
    ['what takes events or an answer must count as a request', 'GET', 'a/b, text/event-stream', ''],
    [
      'events that are asked for with a body must count as a request',
      'POST',
      'text/event-stream',
      '',
    ],
  ])('%s', async (...[, method, accept, dot]) => {
    await stand.moveTo('shop-web', 'a')
    const headers = { host: 'shop.test', accept }
    const slow = ask({ port: stand.httpPort, path: '/slow?ms=2000', method, headers })
    const other = dot === '' ? '.' : ''
    await expect.poll(() => inFlight(`shop-web-a${dot}:8000`)).toBe(1)
    expect(await inFlight(`shop-web-a${other}:8000`)).toBe(0)
    expect(await slow).toMatchObject({ status: 200, name: 'shop-web-a' })
  })

  it('must be shown by the command that the kit runs', async () => {
    const url = 'http://127.0.0.1:2020/reverse_proxy/upstreams'
    const text = await must(['docker', 'exec', stand.caddy, 'wget', '-qO-', url])
    expect(JSON.parse(text)).toContainEqual(expect.objectContaining({ address: 'shop-web-a:8000' }))
  })
})
