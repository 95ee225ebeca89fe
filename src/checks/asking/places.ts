import { slotAlias } from '../../base/names.ts'
import type { Route } from '../../base/words.ts'
import type { HttpAnswer, HttpQuestion } from '../../hosts/host.ts'
import { fail, type From, unknown, type Subject, type Verdict } from '../check.ts'

type NotAsked = Extract<HttpAnswer, { kind: 'not-asked' }>

/** One place where a question is put. */
export interface Place {
  readonly name: string
  readonly way: HttpQuestion['through']
}

/**
 * Where a port of a service is asked. Several replicas are asked one by one, by their containers'
 * names: by the slot's own name the proxy would choose one of them, and a broken one could hide.
 */
export function placesOf(
  subject: Subject,
  port: number,
  wish: 'answer' | 'connection' = 'answer',
): readonly Place[] {
  const { release, definition, containers, slot } = subject
  if (release.proxy === 'none') {
    return containers.map((name) => ({
      name,
      way: { kind: 'container', container: name, port, wish },
    }))
  }
  if (definition?.slotKey === undefined) return []
  const alias = slotAlias(definition.slotKey, slot)
  const names = containers.length > 1 ? containers : [alias]
  return names.map((name) => ({ name, way: { kind: 'slot', upstream: `${name}:${port}` } }))
}

/** The service is on no network that the proxy is on: no patience will change that. */
export function outOfReach(subject: Subject): Verdict {
  return fail('cannot be asked: it is on no network that the proxy is on', {
    final: true,
    hint: `Give the check to services.${subject.service}.checks, with its port, or use a command.`,
  })
}

/** The route that leads to a path: the longest prefix, of a given port only where one is given. */
export function routeTo(
  routes: readonly Route[],
  { path, port }: { path: string; port?: number },
): Route | undefined {
  return routes
    .filter((route) => port === undefined || route.port === port)
    .filter((route) => isBelow(path, route.path))
    .toSorted((a, b) => b.path.length - a.path.length)[0]
}

function isBelow(path: string, prefix: string): boolean {
  const [plain = ''] = path.split('?')
  const folder = prefix.replace(/\/+$/, '')
  return plain === folder || plain.startsWith(`${folder}/`)
}

/** Where a certificate comes from, when it is not there or not good. */
export const CERTIFICATE_HINT =
  'The domain must lead to this server, and its ports 80 and 443 be open to the world; there, docker ' +
  'logs belay-proxy-caddy-1 tells what the authority says. proxy: { tls: off } serves plain HTTP.'

/** What a name or a network between here and the host can be to blame for as well. */
const HIDDEN: readonly NotAsked['why'][] = ['refused', 'no-such-name', 'no-way', 'timeout']

const HIDDEN_HINT =
  'The name must lead to the server from this machine, and its port be open; `url` names another ' +
  'address, and `from: host` asks on the server itself.'

/** Silence is not an answer: what each kind of it says about a port. */
export function silence(
  { why, reason }: NotAsked,
  port: number | undefined,
  from: From = 'host',
): Verdict {
  const where = port === undefined ? 'the front door' : `port ${port}`
  const evidence = [reason]
  if (from === 'here' && HIDDEN.includes(why)) {
    const text = `${where} could not be reached from here`
    return unknown(text, { elsewhere: true, evidence, hint: HIDDEN_HINT })
  }
  if (why === 'broken') {
    return fail(`${where} took the connection, and did not answer in HTTP`, { evidence })
  }
  if (why === 'no-certificate') {
    const text = 'the proxy has no certificate for this domain yet'
    return unknown(text, { elsewhere: true, evidence, hint: CERTIFICATE_HINT })
  }
  if (why === 'timeout') return unknown(`no answer from ${where} in time`, { evidence })
  if (why === 'no-way') return unknown(`could not ask ${where}`, { elsewhere: true, evidence })
  return unknown(`nothing listens on ${where} yet`, {
    evidence,
    hint: `The app must listen on 0.0.0.0 (not 127.0.0.1) inside its container, on ${where}.`,
  })
}
