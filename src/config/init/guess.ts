import { NAME_PATTERN } from '../../base/names.ts'
import type { InitFacts, InitService } from './facts.ts'

/** A name for the app, or undefined when neither compose's name nor the folder's will do. */
export function appName({ model, folder }: InitFacts): string | undefined {
  const slug = (model.name ?? folder)
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+/g, '')
    .slice(0, 40)
    .replaceAll(/-+$/g, '')
  return NAME_PATTERN.test(slug) ? slug : undefined
}

/** Services that users may call, the likeliest first. */
export function webCandidates({ model, roles }: InitFacts): readonly string[] {
  const apps = Object.entries(model.services).filter(([name, service]) => {
    return roles[name]?.role === 'app' && portsOf(service).length > 0
  })
  return apps
    .map(([name, service]) => ({ name, score: likelihood(name, service) }))
    .sort((a, b) => b.score - a.score)
    .map(({ name }) => name)
}

function likelihood(name: string, { ports = [] }: InitService): number {
  const isPublished = ports.length > 0 ? 4 : 0
  const isFront = ports.some(({ published }) => /^(80|443)$/.test(published ?? '')) ? 4 : 0
  const isNamed = /(^|[-_.])(web|www|app|site|front-?end|proxy|nginx|caddy|gateway)/i.test(name)
  return isPublished + isFront + (isNamed ? 2 : 0)
}

/** TCP ports inside the container, published ones first; TLS ends at the proxy, so 443 is the last resort. */
export function portsOf({ ports = [], expose }: InitService): readonly number[] {
  const published = ports
    .filter(({ protocol }) => protocol === undefined || protocol === 'tcp')
    .map(({ target }) => target)
  const exposed = (Array.isArray(expose) ? expose : [])
    .map(String)
    .filter((port) => /^\d+(\/tcp)?$/.test(port))
    .map((port) => Number.parseInt(port, 10))
  const all = [...new Set([...published, ...exposed])]
  const plain = all.filter((port) => port !== 443)
  return plain.length > 0 ? plain : all
}

export type SeenHealth =
  | { readonly kind: 'path'; readonly path: string; readonly port: number }
  /** The healthcheck asks something else; Docker's own verdict counts. */
  | { readonly kind: 'other' }
  | { readonly kind: 'none' }

/** What the service's own healthcheck asks for, when it is a URL of its own. */
export function healthOf({ healthcheck }: InitService): SeenHealth {
  const test = healthcheck?.test ?? []
  if (test.length === 0 || test[0] === 'NONE' || healthcheck?.disable === true) {
    return { kind: 'none' }
  }
  const own =
    /http:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::(\d{1,5}))?(\/[^\s'"|;&]*)?/i
  const [found, port = '80', path = '/'] = own.exec(test.join(' ')) ?? []
  const isPlain = /^\/[\x21-\x7e]*$/.test(path) && !path.includes('$')
  return found === undefined || !isPlain
    ? { kind: 'other' }
    : { kind: 'path', path, port: Number(port) }
}

/** A proxy such as apps bring along; it may also serve files of its own. */
export function isProxyImage(image = ''): boolean {
  const known = 'nginx|nginx-unprivileged|openresty|caddy|traefik|haproxy|httpd|envoy'
  return new RegExp(`(^|/)(${known})([:@]|$)`).test(image)
}

/** Production's env file, when there is one by a usual name; `.env` is found without a word. */
export function productionEnvFile(files: readonly string[]): string | undefined {
  const usual = ['.env.production', '.env.prod', 'production.env', 'prod.env']
  return usual.find((name) => files.includes(name))
}
