import type { HttpAnswer } from '../../hosts/host.ts'
import { fail, type Means, type Subject, unknown, type Verdict } from '../check.ts'
import { type Place, placeOfUrl, questionAt, type Request } from './aim.ts'
import { resolvedUrl } from './answer.ts'
import type { Asked } from './wrong.ts'
import { routeTo } from './places.ts'
import { urlOf } from './request.ts'

/** One request, and where it is put. */
export interface Step {
  readonly request: Request
  readonly subject: Subject
  readonly place: Place
}

/** The answer at the end, and what was asked for last. */
export interface Arrived {
  readonly answer: HttpAnswer
  readonly asked: Asked
  readonly at: Step
}

/** A redirect that cannot or must not be followed. */
export interface Lost {
  readonly lost: Verdict
}

export function isLost(end: Arrived | Lost): end is Lost {
  return 'lost' in end
}

interface Following {
  readonly follow?: number
  /** Told of each answer that leads on, and from where; returns the next step as it is to be. */
  readonly heard?: (next: Step, answer: HttpAnswer, from: Step) => Step
}

const REDIRECTS = [301, 302, 303, 307, 308]

/** Asks, and goes where the answer leads, as often as it may. */
export async function followFrom(
  means: Means,
  first: Step,
  { follow = 0, heard }: Following,
): Promise<Arrived | Lost> {
  let step = first
  for (let hops = 0; ; hops++) {
    const { request, subject, place } = step
    const answer = await means.ask(questionAt(request, subject, place))
    const asked = urlOf(request, subject, place)
    const next = follow === 0 ? undefined : nextStep(step, answer, asked)
    if (next === undefined) return { answer, asked, at: step }
    if ('lost' in next) return next
    if (hops === follow) {
      const to = urlOf(next.request, subject, next.place).url
      return { lost: fail(`leads on after ${follow} redirects, to ${to}`) }
    }
    step = heard?.(next, answer, step) ?? next
  }
}

function nextStep(step: Step, answer: HttpAnswer, { url }: Asked): Step | Lost | undefined {
  if (answer.kind !== 'answered' || !REDIRECTS.includes(answer.status)) return undefined
  const location = resolvedUrl(answer.headers['location'] ?? '', url)
  if (answer.headers['location'] === undefined || location === undefined) return undefined
  const to = new URL(location)
  const place = placeFor(step, to, new URL(url))
  if (place === undefined) {
    const hint =
      'Only what this release serves can be asked on the server: `from: here` goes anywhere.'
    return { lost: unknown(`leads to ${to.origin}, which is not of this app`, { hint }) }
  }
  const { port: _, body, ...request } = step.request
  const keeps = [307, 308].includes(answer.status)
  const same = keeps ? (body === undefined ? {} : { body }) : { method: 'GET' }
  const path = `${to.pathname}${to.search}`
  return {
    ...step,
    place,
    request: { ...request, ...same, path, sendHeaders: headersFor(step, to) },
  }
}

/** Where another address of the app is asked; undefined for one of somebody else. */
function placeFor({ place, subject }: Step, to: URL, from: URL): Place | undefined {
  const { way } = place
  if (to.host === from.host && (way.kind !== 'here' || to.protocol === from.protocol)) {
    if (way.kind !== 'front-door') return place
    return { ...place, way: { ...way, tls: to.protocol === 'https:' } }
  }
  if (way.kind === 'here') return placeOfUrl(to)
  if (way.kind !== 'front-door') return undefined
  const routes = subject.release.services.flatMap((service) => service.routes)
  const known = routes.filter(({ domain }) => domain === to.hostname || domain === '*')
  if (routeTo(known, { path: to.pathname }) === undefined) return undefined
  const tls = to.protocol === 'https:'
  return { name: to.hostname, way: { kind: 'front-door', tls }, host: to.host }
}

/** What was meant for the first host alone stays there. */
function headersFor({ request, place }: Step, to: URL): Request['sendHeaders'] {
  // Cookies are put there anew, by whoever keeps them.
  const { 'content-type': _, host: __, cookie: ___, ...kept } = request.sendHeaders
  if (place.host === undefined || place.host === to.host) return kept
  const { authorization: ____, ...rest } = kept
  return rest
}
