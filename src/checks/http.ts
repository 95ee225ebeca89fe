import type { HttpSettings } from '../config/checks/http.ts'
import { type Aim, aim, questionAt } from './asking/aim.ts'
import { verdictOf, wrongsWith } from './asking/answer.ts'
import type { Wrong } from './asking/wrong.ts'
import { corsWrongs, originWrongs, preflightHeaders } from './asking/cors.ts'
import { followFrom, isLost } from './asking/follow.ts'
import { outOfReach, silence } from './asking/places.ts'
import { requestOf, urlOf } from './asking/request.ts'
import type { HttpAnswer } from '../hosts/host.ts'
import { defineCheck, type Means, type Subject, type Verdict, worst } from './check.ts'

/** Asks for a path, and looks at the answer's status, headers, body and time. */
export const http = defineCheck<HttpSettings>({
  kind: 'http',

  title: (settings, { definition }) => {
    const { path, port } = settings
    const isRouted = definition?.routes.some((route) => route.port === port) === true
    const where = port === undefined || isRouted ? '' : ` on port ${port}`
    return `${requestOf(settings).method} ${path}${where}`
  },

  from: ({ from = 'host' }) => from,
  needsTraffic: ({ from }) => from === 'here',

  needs: (settings, subject) => ({
    questions: isFollowing(settings)
      ? []
      : aim(settings, subject).places.flatMap((place) => [
          questionAt(requestOf(settings), subject, place),
          ...preflight(settings).map((request) => questionAt(request, subject, place)),
        ]),
  }),

  judge: ({ answers }, settings, subject) => {
    const aimed = aim(settings, subject)
    const each = settings.cors === undefined ? 1 : 2
    const of = (n: number) => answers.slice(n * each, (n + 1) * each)
    return judgePlaces({ aimed, settings, subject }, of)
  },

  find: (means, settings, subject) =>
    isFollowing(settings) ? following(means, settings, subject) : undefined,
})

function isFollowing({ follow = 0 }: HttpSettings): boolean {
  return follow > 0
}

function preflight(settings: HttpSettings) {
  const { cors } = settings
  if (cors === undefined) return []
  const sendHeaders = preflightHeaders(cors)
  const { path, timeoutMs, from, url, port } = requestOf(settings)
  const where = { ...(from && { from }), ...(url && { url }), ...(port && { port }) }
  return [{ path, timeoutMs, ...where, method: 'OPTIONS', sendHeaders }]
}

interface Judged {
  readonly aimed: Aim
  readonly settings: HttpSettings
  readonly subject: Subject
}

const UNASKED = { kind: 'not-asked', why: 'no-way', reason: 'it was not asked' } as const

function judgePlaces(
  { aimed, settings, subject }: Judged,
  answersAt: (place: number) => readonly HttpAnswer[],
): Verdict {
  const { places, port } = aimed
  if (places.length === 0) return outOfReach(subject)
  return worst(
    places.map((place, n) => {
      const [answer = UNASKED, leave = UNASKED] = answersAt(n)
      if (answer.kind !== 'answered') return [place.name, silence(answer, port, settings.from)]
      const asked = urlOf(settings, subject, place)
      const wrongs = wrongsWith(answer, settings, asked)
      const { cors } = settings
      if (cors === undefined) return [place.name, verdictOf(answer, wrongs)]
      if (leave.kind !== 'answered') return [place.name, silence(leave, port, settings.from)]
      const all: Wrong[] = [...wrongs, ...originWrongs(answer, cors), ...corsWrongs(leave, cors)]
      return [place.name, verdictOf(answer, all)]
    }),
  )
}

/** The answer at the end of the redirects is the one that counts. */
async function following(means: Means, settings: HttpSettings, subject: Subject): Promise<Verdict> {
  const aimed = aim(settings, subject)
  if (aimed.places.length === 0) return outOfReach(subject)
  const verdicts = aimed.places.map(async (place): Promise<readonly [string, Verdict]> => {
    const end = await followFrom(means, { request: requestOf(settings), subject, place }, settings)
    if (isLost(end)) return [place.name, end.lost]
    const { answer, asked } = end
    if (answer.kind !== 'answered') return [place.name, silence(answer, aimed.port, settings.from)]
    return [place.name, verdictOf(answer, wrongsWith(answer, settings, asked))]
  })
  return worst(await Promise.all(verdicts))
}
