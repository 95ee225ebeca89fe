import { openAlias, safeWord, slotAlias } from '../../base/names.ts'
import { claimOf, type Site, type SiteRoute } from './proxy.ts'

/** Shares of slot b that a token can stand for, and the first hex digits of a UUID that fall in. */
const SHARES = [
  { token: 'b25', digits: '[0-3]' },
  { token: 'b50', digits: '[0-7]' },
  { token: 'b75', digits: '[0-9ab]' },
] as const

/** How long a request is retried while nothing listens, where no hand-over asks for more. */
const RETRY_SECONDS = 5

/**
 * The configuration of one app's site, written once: traffic moves by renaming a token, never by
 * changing this text. Equal sites give equal bytes, so that nothing is reloaded without need.
 */
export function siteConfig(site: Site): string {
  const claims = site.routes.map(safeClaim).sort()
  if (new Set(claims).size < claims.length) throw new Error(`${site.key} claims a path twice`)
  const domains = [...new Set(site.routes.map((route) => route.domain.toLowerCase()))].sort()
  const blocks = domains.map((domain) => {
    const routes = site.routes.filter((route) => route.domain.toLowerCase() === domain)
    return domainBlock(domain, longestFirst(routes), site)
  })
  return `# claims ${claims.join(' ')}\n# Written by Belay for ${site.key}.\n\n${blocks.join('\n')}`
}

/** The text goes into Caddy's own language: anything but plain characters is a bug in a caller. */
function safeClaim(route: SiteRoute): string {
  const { domain, path } = route
  if (domain !== '*' && !/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(domain)) {
    throw new Error(`not a domain: ${JSON.stringify(domain)}`)
  }
  if (!/^\/[A-Za-z0-9._~@+,=:/-]*$/.test(path))
    throw new Error(`not a path: ${JSON.stringify(path)}`)
  safeWord(route.routeKey)
  return claimOf(route)
}

function safeNetwork(network: string): string {
  if (network === 'private') return 'private_ranges'
  if (!/^[0-9a-f.:]+(\/\d+)?$/i.test(network)) throw new Error(`not a network: ${network}`)
  return network
}

/** The first handler that matches answers, so `/api/v2` must come before `/api`. */
function longestFirst(routes: readonly SiteRoute[]): readonly SiteRoute[] {
  return [...routes].sort((a, b) => b.path.length - a.path.length || (a.path < b.path ? -1 : 1))
}

function domainBlock(domain: string, routes: readonly SiteRoute[], site: Site): string {
  const { tls, balancer } = site
  const trusted = balancer.map(safeNetwork)
  const plain = domain === '*' || tls === 'off'
  const address = domain === '*' ? 'http://' : plain ? `http://${domain}` : domain
  const handlers = routes.map((route, index) => pathHandler({ route, index, trusted }))
  // Caddy answers 200 to what no handler takes, which a check would believe.
  const rest = routes.some(isWhole) || domain === '*' ? [] : [indent(['respond 404'])]
  return [`${address} {`, indent(['route {', ...handlers, ...rest, '}']), '}', ''].join('\n')
}

function isWhole(route: SiteRoute): boolean {
  return /^\/+$/.test(route.path)
}

/** One route on its way into text: its place names its matchers, which share one scope. */
interface Placed {
  readonly route: SiteRoute
  readonly index: number
  /** Ranges, as Caddy writes them. */
  readonly trusted: readonly string[]
}

function pathHandler(placed: Placed): string {
  const { route, index } = placed
  if (isWhole(route)) return indent(slotHandlers(placed))
  const prefix = route.path.replace(/\/+$/, '')
  return indent([
    `@path${index} path ${prefix} ${prefix}/*`,
    `handle @path${index} {`,
    indent(slotHandlers(placed)),
    '}',
  ])
}

/**
 * Which slot answers, read from the token at each request: a unless the token says b. No slot is
 * ever the other's fallback, which would send users to a release that is not proved.
 */
function slotHandlers(placed: Placed): readonly string[] {
  const { route, index } = placed
  const { routeKey: key } = route
  const shares = SHARES.map(({ token, digits }) => [
    ...tokenIs(key, token),
    `vars_regexp {http.request.uuid} ^${digits}`,
  ])
  const never = [tokenIs(key, 'b'), ...shares].flatMap((matcher) => ['not {', indent(matcher), '}'])
  return [
    ...matcher(`@a${index}`, never),
    ...matcher(`@open${index}`, STAYS_OPEN),
    ...matcher(`@open${index}a`, [...STAYS_OPEN, ...never]),
    ...upstream(placed, `@open${index}a`, openAlias(key, 'a')),
    ...upstream(placed, `@open${index}`, openAlias(key, 'b')),
    ...upstream(placed, `@a${index}`, slotAlias(key, 'a')),
    ...upstream(placed, '', slotAlias(key, 'b')),
  ]
}

/**
 * The proxy counts what is in flight by the upstream's name, and these stay in flight: WebSockets, and
 * server-sent events as a browser's EventSource asks for them. One that says it takes events or something
 * else may be an ordinary request. Caddy has no "or" but not (not this and not that).
 */
const STAYS_OPEN = [
  'not {',
  indent(['not {', indent(['header Upgrade *', 'header_regexp Connection (?i)upgrade']), '}']),
  indent(['not {', indent(['method GET', 'header Accept text/event-stream']), '}']),
  '}',
]

function matcher(name: string, lines: readonly string[]): readonly string[] {
  return [`${name} {`, indent(lines), '}']
}

function upstream(placed: Placed, matched: string, alias: string): readonly string[] {
  const words = ['reverse_proxy', matched, `${alias}:${placed.route.port}`, '{']
  return [words.filter((word) => word !== '').join(' '), indent(transport(placed)), '}']
}

function tokenIs(routeKey: string, token: string): readonly string[] {
  return ['file {', indent([`root /belay/route/${routeKey}`, `try_files ${token}`]), '}']
}

function transport({ route, trusted }: Placed): readonly string[] {
  const seconds = route.rollout === 'handover' ? route.holdSeconds : RETRY_SECONDS
  return [
    // A connection that cannot be made is tried again until then: this holds the requests.
    `lb_try_duration ${seconds}s`,
    'lb_try_interval 50ms',
    // WebSockets outlive the reload that another app's site may need.
    'stream_close_delay 1h',
    // A balancer knows better than this hop whether the client spoke HTTPS, and from where. Anybody
    // else could only pretend to.
    ...(trusted.length === 0 ? [] : [`trusted_proxies ${trusted.join(' ')}`]),
    'transport http {',
    indent([
      'dial_timeout 2s',
      // Shorter than any app's own limit: a POST sent on a connection that the app is closing
      // cannot be repeated, and would be lost.
      'keepalive 500ms',
      'compression off',
    ]),
    '}',
  ]
}

function indent(lines: readonly string[]): string {
  return lines
    .flatMap((line) => line.split('\n'))
    .map((line) => `\t${line}`)
    .join('\n')
}
