import type { StepSettings, StepsSettings } from '../config/checks/steps.ts'
import { aim, type Place, type Request } from './asking/aim.ts'
import { verdictOf, wrongsWith } from './asking/answer.ts'
import type { Answered } from './asking/wrong.ts'
import { CookieJar } from './asking/cookies.ts'
import { followFrom, isLost } from './asking/follow.ts'
import { outOfReach, silence } from './asking/places.ts'
import { requestOf, urlOf } from './asking/request.ts'
import { filled, valueIn, type Values } from './asking/values.ts'
import { defineFinder, fail, type Means, pass, type Subject, type Verdict, worst } from './check.ts'

/** Requests one after another, as one visitor makes them: with cookies, and what was learnt. */
export const steps = defineFinder<StepsSettings>({
  kind: 'steps',
  title: ({ steps }) => {
    const names = steps.map((step) => nameOf(step))
    const more = names.length > 3 ? ', …' : ''
    return `${names.slice(0, 3).join(', ')}${more}`
  },
  from: ({ steps: [first] }) => first?.from ?? 'host',
  needsTraffic: ({ steps }) => steps.some(({ from }) => from === 'here'),

  find: async (means, { steps }, subject) => {
    const [first] = steps
    const { places } = aim({ path: '/', ...first }, subject)
    if (places.length === 0) return outOfReach(subject)
    // Each replica has its own visitor: what one of them knows the others may not.
    const visits = places.map(async (_, n) => {
      return [places[n]?.name ?? '', await visit({ means, subject, place: n }, steps)] as const
    })
    return worst(await Promise.all(visits))
  },
})

interface Visiting {
  readonly means: Means
  readonly subject: Subject
  /** Which of the places of each step. */
  readonly place: number
}

async function visit(visiting: Visiting, steps: readonly StepSettings[]): Promise<Verdict> {
  const jar = new CookieJar()
  const values: Record<string, string> = {}
  for (const [n, step] of steps.entries()) {
    const verdict = await takeStep(visiting, step, { jar, values })
    if (verdict.verdict === 'pass') continue
    const where = steps.length === 1 ? '' : `step ${n + 1} (${nameOf(step)}): `
    return { ...verdict, text: `${where}${verdict.text}` }
  }
  return pass(`all ${steps.length} steps went well`)
}

interface Baggage {
  readonly jar: CookieJar
  readonly values: Record<string, string>
}

async function takeStep(
  { means, subject, place: n }: Visiting,
  step: StepSettings,
  { jar, values }: Baggage,
): Promise<Verdict> {
  const full = filled(step, values)
  if ('missing' in full) return fail(`nothing was saved as ${full.missing}`, { final: true })
  const settings = full.settings
  const aimed = aim(settings, subject)
  const place = aimed.places[Math.min(n, aimed.places.length - 1)]
  if (place === undefined) return outOfReach(subject)
  const { jarred, learn } = withCookies(jar, subject)
  const first = jarred({ request: requestOf(settings), subject, place })
  const { follow } = settings
  const end = await followFrom(means, first, {
    ...(follow === undefined ? {} : { follow }),
    heard: (next, answer, from) => {
      if (answer.kind === 'answered') learn(answer, from)
      return jarred(next)
    },
  })
  if (isLost(end)) return end.lost
  const { answer, asked, at } = end
  if (answer.kind !== 'answered') return silence(answer, aimed.port, settings.from)
  learn(answer, at)
  const verdict = verdictOf(answer, wrongsWith(answer, settings, asked))
  if (verdict.verdict !== 'pass') return verdict
  return keep(answer, step, values)
}

interface At {
  readonly request: Request
  readonly subject: Subject
  readonly place: Place
}

/** Cookies go where they came from, as with any visitor. */
function withCookies(jar: CookieJar, subject: Subject) {
  const urlAt = ({ request, place }: At): string => urlOf(request, subject, place).url
  return {
    jarred: (step: At): At => {
      const cookie = jar.headerFor(urlAt(step))
      if (cookie === undefined) return step
      const { sendHeaders } = step.request
      const own = sendHeaders['cookie']
      const both = own === undefined ? cookie : `${own}; ${cookie}`
      return {
        ...step,
        request: { ...step.request, sendHeaders: { ...sendHeaders, cookie: both } },
      }
    },
    learn: (answer: Answered, step: At): void => jar.learn(answer.cookies ?? [], urlAt(step)),
  }
}

function keep(answer: Answered, { save }: StepSettings, values: Values & Record<string, string>) {
  for (const [name, from] of Object.entries(save)) {
    const value = valueIn(answer, from)
    if (value === undefined) {
      const [how = '', where = ''] = Object.entries(from)[0] ?? []
      return fail(`answered ${answer.status}, but there is no ${name} by ${how} ${where}`)
    }
    values[name] = value
  }
  return pass(`answered ${answer.status}`)
}

function nameOf(step: StepSettings): string {
  return `${requestOf(step).method} ${step.path}`
}
