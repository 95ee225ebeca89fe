import type { RolloutKind, Route } from '../../base/words.ts'

/** A route of one app, with what the proxy must know about the service behind it. */
export interface SiteRoute extends Route {
  /** Names the folder of tokens and both slots' aliases: `shop-production-web`. */
  readonly routeKey: string
  readonly rollout: RolloutKind
  /** How long a request waits for a container that is not there yet, in a hand-over. */
  readonly holdSeconds: number
}

/** What one app asks of a host's proxy. */
export interface Site {
  /** Names its file: `shop-production`. */
  readonly key: string
  readonly routes: readonly SiteRoute[]
  /** `auto`: certificates by ACME, plain HTTP is redirected. `off`: plain HTTP only. */
  readonly tls: 'auto' | 'off'
  /** Whose forwarded headers are believed: addresses, ranges, or the word `private`. */
  readonly balancer: readonly string[]
}

/** A domain that another app already has on this host. */
export interface ClaimConflict {
  readonly domain: string
  /** The path this app wants there. */
  readonly path: string
  /** Key of the site that has the domain. */
  readonly owner: string
  /** What that site serves there, like `shop.example.com/api`. */
  readonly claim: string
}

/** How a route is written down as a claim, and read back by `observe`: `shop.example.com/api`. */
export function claimOf(route: Route): string {
  return `${route.domain.toLowerCase()}${route.path.replace(/\/+$/, '') || '/'}`
}

/**
 * Claims of other apps that stand in the way. A domain belongs to one app whole: two apps that
 * split one by path would have to agree on its certificate, its redirect and its catch-all.
 */
export function claimConflicts(
  observed: Readonly<Record<string, string>>,
  ownKey: string,
  routes: readonly Route[],
): readonly ClaimConflict[] {
  const foreign = Object.entries(observed)
    .filter(([, owner]) => owner !== ownKey)
    .map(([claim, owner]) => ({ claim, owner, domain: domainOf(claim) }))
  return routes.flatMap((route) => {
    const taken = foreign.find((claim) => claim.domain === domainOf(claimOf(route)))
    if (taken === undefined) return []
    return [{ domain: route.domain, path: route.path, owner: taken.owner, claim: taken.claim }]
  })
}

function domainOf(claim: string): string {
  return claim.slice(0, claim.indexOf('/'))
}
