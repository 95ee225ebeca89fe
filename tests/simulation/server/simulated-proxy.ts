import { createHash } from 'node:crypto'
import { copyMap, ToyFailure } from './simulated-docker.ts'

/** One route of a site as the proxy reads it from its configuration. */
export interface ToyRoute {
  readonly domain: string
  readonly path: string
  readonly key: string
  readonly port: number
  /** How long a request is held while nothing listens. */
  readonly holdMs: number
}

interface ToySite {
  readonly text: string
  readonly routes: readonly ToyRoute[]
  readonly claims: readonly string[]
}

/** What the shared proxy of one server knows: its sites, and the token of each route. */
export class SimulatedProxy {
  readonly sites = new Map<string, ToySite>()
  readonly tokens = new Map<string, string>()
  /** Names that are passed on to another one for a moment. */
  readonly relays = new Map<string, string>()
  /** How often its configuration was read again: requests are lost then. */
  reloads = 0

  copy(other: SimulatedProxy): void {
    copyMap(other.sites, this.sites)
    copyMap(other.tokens, this.tokens)
    this.reloads = other.reloads
  }

  /** Validates the whole with the new site in it; the same bytes change nothing. */
  setSite(key: string, text: string): void {
    const before = this.sites.get(key)
    if (before?.text === text) return
    const claims = /^# claims (.*)$/m.exec(text)?.[1]?.split(' ') ?? []
    for (const [other, site] of this.sites) {
      const taken = claims.find((claim) => other !== key && site.claims.includes(claim))
      if (taken !== undefined) throw new ToyFailure(`ambiguous site definition: ${taken}`)
    }
    this.sites.set(key, { text, claims, routes: routesIn(text) })
    this.reloads += 1
  }

  removeSite(key: string): void {
    if (this.sites.delete(key)) this.reloads += 1
  }

  hashes(): Record<string, string> {
    return Object.fromEntries(
      [...this.sites].map(([key, { text }]) => [
        key,
        createHash('sha256').update(text).digest('hex'),
      ]),
    )
  }

  claims(): Record<string, string> {
    return Object.fromEntries(
      [...this.sites].flatMap(([key, site]) => site.claims.map((claim) => [claim, key])),
    )
  }

  routes(): ToyRoute[] {
    return [...this.sites.values()].flatMap(({ routes }) => routes)
  }

  /** The route that takes a request; the longest path first. */
  routeFor(host: string, path: string): ToyRoute | undefined {
    const fits = (route: ToyRoute): boolean =>
      (route.domain === '*' || route.domain === host.toLowerCase()) &&
      (route.path === '/' || path === route.path || path.startsWith(`${route.path}/`))
    return this.routes()
      .filter(fits)
      .sort((a, b) => b.path.length - a.path.length)
      .at(0)
  }

  /** The upstreams that a route's token gives its requests to, as names in the proxy's network. */
  upstreams({ key }: Pick<ToyRoute, 'key'>): string[] {
    const token = this.tokens.get(key)
    if (token === 'b') return [`${key}-b`]
    return token?.startsWith('b') === true ? [`${key}-a`, `${key}-b`] : [`${key}-a`]
  }
}

/**
 * Reads what `src/hosts/proxies` writes: blocks of a domain, in them an optional path, and two
 * upstreams that differ in their slot. What it does not know it passes over.
 */
function routesIn(text: string): ToyRoute[] {
  const routes: ToyRoute[] = []
  const paths = new Map<string, string>()
  let domain = ''
  let path = '/'
  for (const line of text.split('\n')) {
    const address = /^(\S+) \{$/.exec(line)?.[1]
    if (address !== undefined) domain = address.replace(/^https?:\/\//, '') || '*'
    const matcher = /^\s*(@path\d+) path (\S+)/.exec(line)
    if (matcher !== null) paths.set(matcher[1]!, matcher[2]!)
    const handle = /^\s*handle (@path\d+) \{/.exec(line)?.[1]
    if (handle !== undefined) path = paths.get(handle) ?? '/'
    const upstream = /^\s*reverse_proxy (?:@\w+ )?(\S+)-b:(\d+) \{/.exec(line)
    if (upstream !== null) {
      routes.push({ domain, path, key: upstream[1]!, port: Number(upstream[2]), holdMs: 0 })
      path = '/'
    }
    const hold = /^\s*lb_try_duration (\d+)s/.exec(line)?.[1]
    const last = routes.at(-1)
    if (hold !== undefined && last?.holdMs === 0) {
      routes[routes.length - 1] = { ...last, holdMs: Number(hold) * 1000 }
    }
  }
  return routes
}
