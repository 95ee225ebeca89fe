import type { HttpAnswer } from '../host.ts'

/** The header by which the proxy's private listener is told where to ask, as `alias:port`. */
export const UPSTREAM_HEADER = 'Belay-Upstream'

/** Set by the private listener, and by it alone, when nobody answered. */
const ERROR_HEADER = 'belay-error'

type Answered = Extract<HttpAnswer, { kind: 'answered' }>
type NotAsked = Extract<HttpAnswer, { kind: 'not-asked' }>

/** An exchange through the private listener: the upstream's answer, or why there is none. */
export function readProbe(answer: Answered): HttpAnswer {
  const error = answer.headers[ERROR_HEADER]
  return error === undefined ? answer : { kind: 'not-asked', why: whyOf(error), reason: error }
}

/** Caddy gives Go's own words; their beginnings have been stable for many years. */
function whyOf(error: string): NotAsked['why'] {
  if (error.startsWith('dial tcp: lookup ')) return 'no-such-name'
  // One that cannot even be connected to is as good as absent, whether refused or swallowed.
  if (error.startsWith('dial tcp')) return 'refused'
  // Whatever else went wrong, the connection was taken.
  return 'broken'
}
