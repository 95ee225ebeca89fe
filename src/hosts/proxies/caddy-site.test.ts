import { describe, expect, it } from 'vitest'
import { siteConfig } from './caddy-site.ts'
import type { SiteRoute } from './proxy.ts'

const route = (over: Partial<SiteRoute> = {}): SiteRoute => ({
  domain: 'shop.example.com',
  path: '/',
  port: 8000,
  routeKey: 'shop-production-web',
  rollout: 'overlap',
  holdSeconds: 30,
  ...over,
})

const site = (
  routes: readonly SiteRoute[],
  tls: 'auto' | 'off' = 'auto',
  balancer: readonly string[] = [],
): string => siteConfig({ key: 'shop-production', routes, tls, balancer })

const TOKENS_OF_B = ['b', 'b25', 'b50', 'b75'].map((token) => `try_files ${token}`)

describe("an app's site", () => {
  it('must say on its first line what it claims', () => {
    const text = site([route({ path: '/api' }), route(), route({ domain: '*' })])
    expect(text.split('\n')[0]).toBe('# claims */ shop.example.com/ shop.example.com/api')
  })

  it('must be the same text for the same routes in another order', () => {
    const routes = [
      route(),
      route({ path: '/api', port: 9000 }),
      route({ domain: 'b.example.com' }),
    ]
    expect(site(routes)).toBe(site([...routes].reverse()))
  })

  it('must be served over HTTPS unless that is off', () => {
    expect(site([route()])).toContain('\nshop.example.com {')
    expect(site([route()], 'off')).toContain('\nhttp://shop.example.com {')
  })

  it('must serve any name over plain HTTP, as no certificate can be had for it', () => {
    expect(site([route({ domain: '*' })])).toContain('\nhttp:// {')
  })

  it('must ask slot a only while no token gives the request to b', () => {
    const lines = site([route()])
      .split('\n')
      .map((line) => line.trim())
    expect(lines.filter((line) => line.startsWith('try_files'))).toEqual([
      ...TOKENS_OF_B,
      ...TOKENS_OF_B,
    ])
    expect(lines.filter((line) => line.startsWith('reverse_proxy'))).toEqual([
      'reverse_proxy @open0a shop-production-web-a.:8000 {',
      'reverse_proxy @open0 shop-production-web-b.:8000 {',
      'reverse_proxy @a0 shop-production-web-a:8000 {',
      'reverse_proxy shop-production-web-b:8000 {',
    ])
  })

  it('must ask for what stays open by a name of its own, so that it is counted apart', () => {
    const [, open = ''] = /@open0 \{([^@]*)@open0a/.exec(site([route()])) ?? []
    const words = open.split('\n').map((line) => line.trim())
    expect(words).toEqual(expect.arrayContaining(['header Upgrade *', 'method GET']))
    expect(words).toContain('header Accept text/event-stream')
  })

  it('must never name a second upstream that requests could fall back to', () => {
    const upstreams = site([route(), route({ path: '/api', rollout: 'handover' })])
      .split('\n')
      .filter((line) => line.includes('reverse_proxy'))
      .map((line) => line.split(' ').filter((word) => word.includes(':')))
    expect(upstreams.map((words) => words.length)).toEqual(Array(8).fill(1))
  })

  it('must hold requests for a hand-over, and not for long without one', () => {
    expect(site([route({ rollout: 'handover', holdSeconds: 45 })])).toContain('lb_try_duration 45s')
    expect(site([route()])).toContain('lb_try_duration 5s')
  })

  it('must try longer paths first, each with all that is below it', () => {
    const text = site([route(), route({ path: '/api' }), route({ path: '/api/v2/' })])
    const paths = text.split('\n').filter((line) => line.includes(' path '))
    expect(paths.map((line) => line.trim())).toEqual([
      '@path0 path /api/v2 /api/v2/*',
      '@path1 path /api /api/*',
    ])
  })

  it('must answer 404 where no route matches, never an empty 200', () => {
    expect(site([route({ path: '/api' })])).toContain('\trespond 404\n')
    expect(site([route()])).not.toContain('respond')
  })

  it('must believe forwarded headers of nobody but the balancer that is named', () => {
    expect(site([route()], 'off')).not.toContain('trusted_proxies')
    expect(site([route()], 'off', ['private'])).toContain('trusted_proxies private_ranges\n')
    expect(site([route()], 'auto', ['10.0.0.5', '2001:db8::/32'])).toContain(
      'trusted_proxies 10.0.0.5 2001:db8::/32\n',
    )
    expect(() => site([route()], 'off', ['10.0.0.5 {'])).toThrow('not a network')
  })

  it.each([
    { domain: 'a b' },
    { domain: 'x.example.com {\n' },
    { domain: '-x' },
    { path: 'api' },
    { path: '/a b' },
    { path: '/{$HOME}' },
    { routeKey: '../x y' },
  ])("must never let a name end up as Caddy's own language: %j", (over) => {
    expect(() => site([route(over)])).toThrow('not a')
  })

  it('must refuse one path twice, as only the first would ever answer', () => {
    const other = route({ domain: 'Shop.example.com', path: '//', port: 9000 })
    expect(() => site([route(), other])).toThrow('claims a path twice')
  })
})
