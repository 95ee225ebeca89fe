import type { StaticSettings } from '../config/checks/static.ts'
import { aim, type Place, questionAt } from './asking/aim.ts'
import { failing } from './asking/answer.ts'
import type { Wrong } from './asking/wrong.ts'
import { partsOf } from './asking/page.ts'
import { outOfReach, silence } from './asking/places.ts'
import { urlOf } from './asking/request.ts'
import { defineFinder, type Means, pass, type Subject, type Verdict, worst } from './check.ts'

/** Files are there, with a type and not empty: those that are named, and those a page needs. */
export const staticFiles = defineFinder<StaticSettings>({
  kind: 'static',
  title: ({ paths, page }) => {
    const listed = paths.length === 1 ? paths[0] : `${paths.length} files`
    if (page === undefined) return `static ${listed}`
    return paths.length === 0 ? `static files of ${page}` : `static ${listed}, and those of ${page}`
  },
  from: ({ from = 'host' }) => from,
  needsTraffic: ({ from }) => from === 'here',

  find: async (means, settings, subject) => {
    const { places, port } = aim({ ...settings, path: settings.page ?? '/' }, subject)
    if (places.length === 0) return outOfReach(subject)
    const looking = { means, settings, subject, port }
    const found = places.map(async (place) => [place.name, await findAt(looking, place)] as const)
    return worst(await Promise.all(found))
  },
})

interface Looking {
  readonly means: Means
  readonly settings: StaticSettings
  readonly subject: Subject
  readonly port: number | undefined
}

/** More at once would be a load test. */
const SIDE_BY_SIDE = 4

async function findAt(looking: Looking, place: Place): Promise<Verdict> {
  const { page, paths } = looking.settings
  const named = page === undefined ? [] : await namedBy(looking, place, page)
  if ('verdict' in named) return named
  const all = [...new Set([...paths, ...named])]
  const wrongs: Wrong[] = []
  for (let at = 0; at < all.length; at += SIDE_BY_SIDE) {
    const some = all.slice(at, at + SIDE_BY_SIDE)
    const found = await Promise.all(some.map((path) => wrongWith(looking, place, path)))
    for (const each of found) {
      // Silence says nothing of a file: it is told as what it is.
      if (each !== undefined && 'verdict' in each) return each
      if (each !== undefined) wrongs.push(each)
    }
  }
  if (wrongs.length > 0) return failing(wrongs, [])
  return pass(all.length === 1 ? 'is there' : `all ${all.length} are there`)
}

/** The paths that a page names; a verdict where it could not be read. */
async function namedBy(
  { means, settings, subject, port }: Looking,
  place: Place,
  page: string,
): Promise<readonly string[] | Verdict> {
  const { timeoutMs } = settings
  const request = { ...settings, path: page, sendHeaders: {}, timeoutMs }
  const answer = await means.ask(questionAt(request, subject, place))
  if (answer.kind !== 'answered') return silence(answer, port, settings.from)
  if (answer.status === 200) {
    return partsOf(answer.body, urlOf({ path: page }, subject, place).url)
  }
  const got = String(answer.status)
  const text = `the page ${page} answered ${got}, not 200`
  return failing([{ text, what: page, expected: '200', got }], [])
}

async function wrongWith(
  { means, settings, subject, port }: Looking,
  place: Place,
  path: string,
): Promise<Wrong | Verdict | undefined> {
  const request = { ...settings, path, sendHeaders: {} }
  const answer = await means.ask(questionAt(request, subject, place))
  if (answer.kind !== 'answered') return silence(answer, port, settings.from)
  const expected = '200, with a content-type and not empty'
  const say = (got: string): Wrong => ({ text: `${path}: ${got}`, what: path, expected, got })
  if (answer.status !== 200) return say(`answered ${answer.status}`)
  if ((answer.headers['content-type'] ?? '') === '') return say('answered without a content-type')
  return answer.body.length === 0 ? say('answered with nothing in it') : undefined
}
