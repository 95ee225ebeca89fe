import type { Shape } from './shapes.ts'
import type { Moment, Passing } from './tap.ts'

/** A request of a deployment, named so that it is found again in the next one. */
export interface Point {
  readonly key: string
  /** The key without the host. */
  readonly request: string
  readonly host: string
  /** For people: what is asked of the host. */
  readonly title: string
}

/** Where a fault strikes. */
export interface Spot {
  readonly point: Point
  readonly moment: Moment
}

/** Asked as often as the time allows, or beside the work: no two deployments have as many. */
const REPEATED: ReadonlySet<string> = new Set(['sample', 'renew', 'observe'])

/**
 * Names each request that passes: an action by its number in the plan, anything else by its verb and
 * what came before; in a fleet, by its host too. Of the looks that prove a release only the first after
 * another request counts.
 */
export class Namer {
  readonly #isFleet: boolean
  readonly #last = new Map<string, string>()
  readonly #seen = new Set<string>()

  constructor({ servers }: Pick<Shape, 'servers'>) {
    this.#isFleet = servers > 1
  }

  /** Undefined for a request that is not a point of its own. Ask once for each request. */
  name(passing: Passing): Point | undefined {
    const point = this.#pointOf(passing)
    if (passing.verb === 'renew' || this.#seen.has(point.key)) return undefined
    this.#seen.add(point.key)
    if (!REPEATED.has(passing.verb)) this.#last.set(passing.host, point.request)
    return point
  }

  #pointOf(passing: Passing): Point {
    const { host } = passing
    const request = this.#requestOf(passing)
    const title = titleOf(passing)
    if (!this.#isFleet) return { key: request, request, host, title }
    return { key: `${request}@${host}`, request, host, title: `${title}, on ${host}` }
  }

  #requestOf({ host, verb, words }: Passing): string {
    if (verb === 'do') return `do-${words[1]}`
    if (!REPEATED.has(verb)) return verb
    return `${verb}-after-${this.#last.get(host) ?? 'the start'}`
  }
}

const TITLES: Readonly<Record<string, string>> = {
  images: 'ask which images are there',
  acquire: 'take the lease',
  sample: 'look whether it proves itself',
  decide: 'decide to keep the new release',
  settle: 'let the old release finish, and stop it',
  note: 'note the end in the journal',
  release: 'give the lease back',
  'put-receipt': 'leave the receipt',
  'put-log': 'leave the log',
}

function titleOf({ verb, words, note }: Passing): string {
  return verb === 'do' ? (titleIn(note) ?? `action ${words[1]}`) : (TITLES[verb] ?? verb)
}

function titleIn(note: string): string | undefined {
  const { title } = JSON.parse(note) as { title?: string }
  // The release's number is another one in each run.
  return title?.replaceAll(/\br\d+\b/g, 'the release')
}
