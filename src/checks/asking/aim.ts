import type { HttpQuestion } from '../../hosts/host.ts'
import type { HereQuestion } from '../../hosts/workstation.ts'
import type { From, Question, Subject } from '../check.ts'
import { placesOf, routeTo } from './places.ts'

export type Way = Question['through']

/** One place where a question is put. */
export interface Place {
  readonly name: string
  readonly way: Way
  /** Whom it asks for, where that is not the service's own domain. */
  readonly host?: string
}

/** What is to be asked for, and from where. */
export interface Wish {
  readonly path: string
  readonly port?: number
  readonly from?: From
  /** From here: where it is asked instead, as `https://shop.example.com`. */
  readonly url?: string
}

export interface Aim {
  readonly places: readonly Place[]
  /** Undefined at the front door. */
  readonly port: number | undefined
}

/** Under traffic a path is asked where clients ask for it, if a route leads there. */
export function aim(wish: Wish, subject: Subject): Aim {
  const { release, through } = subject
  if (wish.from === 'here') return { places: [placeFromHere(wish, subject)], port: undefined }
  const routes = subject.definition?.routes ?? []
  const route = routeTo(routes, wish)
  const port = wish.port ?? route?.port ?? routes[0]?.port
  if (wish.from === 'network') return { places: ownPlaces(subject, port), port }
  if (through === 'front-door' && route !== undefined && release.proxy === 'shared') {
    const way = { kind: 'front-door', tls: isSecure(subject, route.domain) } as const
    return { places: [{ name: route.domain, way }], port: undefined }
  }
  return { places: port === undefined ? [] : placesOf(subject, port), port }
}

/** Whether clients ask for a domain over HTTPS. */
export function isSecure({ release }: Subject, domain: string): boolean {
  return release.tls === 'auto' && domain !== '*'
}

/** Each container by its own address in its network, past the proxy and what is published. */
function ownPlaces({ containers }: Subject, port: number | undefined): readonly Place[] {
  if (port === undefined) return []
  return containers.map((container) => ({
    name: container,
    way: { kind: 'container', container, port, wish: 'connection' },
  }))
}

/** As any client would: by the domain, or by the host's own name where it serves any domain. */
function placeFromHere(wish: Wish, subject: Subject): Place {
  if (wish.url !== undefined) return placeOfUrl(new URL(wish.url))
  const { here, definition } = subject
  const domain = (routeTo(definition?.routes ?? [], wish) ?? definition?.routes[0])?.domain ?? '*'
  const tls = isSecure(subject, domain)
  const address = domain === '*' ? here.address : domain
  const port = tls ? here.httpsPort : here.httpPort
  const isUsual = port === (tls ? 443 : 80)
  const host = isUsual ? address : `${address}:${port}`
  return { name: host, way: { kind: 'here', tls, address, port }, host }
}

/** A place that a URL names, asked from this machine. */
export function placeOfUrl({ protocol, hostname, port, host }: URL): Place {
  const tls = protocol === 'https:'
  const through: HereQuestion['through'] = {
    kind: 'here',
    tls,
    address: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (tls ? 443 : 80) : Number(port),
  }
  return { name: host, way: through, host }
}

/** What is said beside the path. */
export interface Request extends Wish {
  readonly method?: string
  readonly sendHeaders: Readonly<Record<string, string>>
  readonly body?: string
  readonly socket?: HttpQuestion['socket']
  readonly timeoutMs: number
}

export function questionAt(request: Request, subject: Subject, place: Place): Question {
  const routes = subject.definition?.routes ?? []
  const domain = (routeTo(routes, request) ?? routes[0])?.domain ?? '*'
  const own = new Map(
    Object.entries(request.sendHeaders).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const host = own.get('host') ?? place.host ?? (domain === '*' ? 'localhost' : domain)
  own.delete('host')
  const { kind } = place.way
  const isBehind = kind !== 'front-door' && kind !== 'here'
  const { body, socket } = request
  return {
    through: place.way,
    method: request.method ?? (body === undefined ? 'GET' : 'POST'),
    path: request.path,
    host,
    // An app that insists on HTTPS must see what it sees behind the front door.
    headers: {
      'user-agent': 'belay',
      ...(isBehind && isSecure(subject, domain) ? { 'x-forwarded-proto': 'https' } : {}),
      ...Object.fromEntries(own),
    },
    ...(body === undefined ? {} : { body }),
    ...(socket === undefined ? {} : { socket }),
    timeoutMs: request.timeoutMs,
  } as Question
}
