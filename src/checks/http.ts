import { formatDuration } from '../base/duration.ts'
import type { HttpSettings, JsonValue } from '../config/check-settings.ts'
import type { HttpAnswer, HttpQuestion } from '../hosts/host.ts'
import { CERTIFICATE_HINT, outOfReach, type Place, placesOf, routeTo, silence } from './asking.ts'
import { defineCheck, fail, pass, type Subject, type Verdict, worst } from './check.ts'
import { jsonMismatch, quoted, textMismatch } from './matching.ts'

type Answered = Extract<HttpAnswer, { kind: 'answered' }>

/** Asks for a path, and looks at the answer's status, headers, body and time. */
export const http = defineCheck<HttpSettings>({
  kind: 'http',

  title: ({ path, port }, { definition }) => {
    const isRouted = definition?.routes.some((route) => route.port === port) === true
    const where = port === undefined || isRouted ? '' : ` on port ${port}`
    return `GET ${path}${where}`
  },

  needs: (settings, subject) => ({
    questions: aim(settings, subject).places.map(({ way }) => question(settings, subject, way)),
  }),

  judge: ({ answers }, settings, subject) => {
    const { places, port } = aim(settings, subject)
    if (places.length === 0) return outOfReach(subject)
    return worst(
      places.map(({ name }, index) => {
        const answer = answers[index]
        if (answer?.kind === 'answered') return [name, judgeAnswer(answer, settings)]
        return [name, silence(answer ?? UNASKED, port)]
      }),
    )
  },
})

const UNASKED = { kind: 'not-asked', why: 'no-way', reason: 'it was not asked' } as const

interface Aim {
  readonly places: readonly Place[]
  /** Undefined at the front door. */
  readonly port: number | undefined
}

/** Under traffic a path is asked where clients ask for it, if a route leads there. */
function aim(settings: HttpSettings, subject: Subject): Aim {
  const { release, through } = subject
  const routes = subject.definition?.routes ?? []
  const route = routeTo(routes, settings)
  if (through === 'front-door' && route !== undefined && release.proxy === 'shared') {
    const tls = release.tls === 'auto' && route.domain !== '*'
    const way = { kind: 'front-door', tls } as const
    return { places: [{ name: route.domain, way }], port: undefined }
  }
  const port = settings.port ?? route?.port ?? routes[0]?.port
  return { places: port === undefined ? [] : placesOf(subject, port), port }
}

function question(
  settings: HttpSettings,
  subject: Subject,
  through: HttpQuestion['through'],
): HttpQuestion {
  const routes = subject.definition?.routes ?? []
  const domain = (routeTo(routes, settings) ?? routes[0])?.domain ?? '*'
  const own = new Map(
    Object.entries(settings.sendHeaders).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const host = own.get('host') ?? (domain === '*' ? 'localhost' : domain)
  own.delete('host')
  const secure = subject.release.tls === 'auto' && domain !== '*' && through.kind !== 'front-door'
  return {
    through,
    method: 'GET',
    path: settings.path,
    host,
    // An app that insists on HTTPS must see what it sees behind the front door.
    headers: {
      'user-agent': 'belay',
      ...(secure ? { 'x-forwarded-proto': 'https' } : {}),
      ...Object.fromEntries(own),
    },
    timeoutMs: settings.timeoutMs,
  }
}

function judgeAnswer(answer: Answered, settings: HttpSettings): Verdict {
  const wrong = wrongWith(answer, settings)
  if (wrong === undefined && answer.distrust !== undefined) {
    const text = `answered ${answer.status}, but the certificate ${answer.distrust}`
    return fail(text, { elsewhere: true, hint: CERTIFICATE_HINT })
  }
  if (wrong === undefined) return pass(`answered ${answer.status}`)
  return fail(wrong, { evidence: bodyLines(answer.body) })
}

/** The first thing that is wrong: the status explains the rest. */
function wrongWith(answer: Answered, settings: HttpSettings): string | undefined {
  const { status, headers, body, json, withinMs } = settings
  if (!status.includes(answer.status)) {
    return `answered ${answer.status}, not ${status.join(' or ')}`
  }
  for (const [name, match] of Object.entries(headers)) {
    const value = answer.headers[name.toLowerCase()]
    if (value === undefined) return `answered without the header ${name}`
    const mismatch = textMismatch(value, match)
    if (mismatch !== undefined) return `answered with ${name}: ${quoted(value)}, which ${mismatch}`
  }
  const mismatch = body && textMismatch(answer.body, body)
  if (mismatch !== undefined) return `answered ${answer.status}, but the body ${mismatch}`
  const different = json === undefined ? undefined : jsonWrong(answer.body, json)
  if (different !== undefined) return `answered ${answer.status}, but ${different}`
  if (withinMs === undefined || answer.durationMs <= withinMs) return undefined
  return `answered ${answer.status}, but took longer than ${formatDuration(withinMs)}`
}

function jsonWrong(body: string, expected: JsonValue): string | undefined {
  try {
    return jsonMismatch(JSON.parse(body), expected)
  } catch {
    return 'the body is not JSON'
  }
}

const LINES_MAX = 5

function bodyLines(body: string): readonly string[] {
  const lines = body.split('\n').filter((line) => line.trim() !== '')
  return lines.slice(0, LINES_MAX).map((line) => line.slice(0, 200))
}
