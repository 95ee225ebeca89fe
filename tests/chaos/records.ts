import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BELAY } from '../e2e/deploy/scenario.ts'
import { place } from '../lab/place.ts'
import type { Outcome, Scenario } from './scenario.ts'
import type { Seen } from './write-doc.ts'

type Figures = Pick<Outcome, 'exit' | 'sent' | 'lost' | 'quietMs' | 'nextMs' | 'problems'>

interface Kept {
  /** The program they were seen with. */
  readonly build: string
  readonly seen: Record<string, Figures>
}

/** What was seen last of each scenario with this very build: a part may be played again alone. */
export class Records {
  readonly #file = join(place().folder, 'chaos.json')
  readonly #kept: Kept

  constructor() {
    const build = buildOf(BELAY)
    const kept = existsSync(this.#file)
      ? (JSON.parse(readFileSync(this.#file, 'utf8')) as Kept)
      : undefined
    this.#kept = kept?.build === build ? kept : { build, seen: {} }
  }

  keep(outcome: Outcome): void {
    const { exit, sent, lost, quietMs, nextMs, problems } = outcome
    this.#kept.seen[nameOf(outcome)] = { exit, sent, lost, quietMs, nextMs, problems }
    writeFileSync(this.#file, JSON.stringify(this.#kept, null, 1))
  }

  /** Undefined until it was seen. */
  seen(scenario: Scenario): Outcome | undefined {
    const figures = this.#kept.seen[nameOf(scenario)]
    return figures === undefined ? undefined : { ...scenario, ...figures }
  }

  isGood(scenario: Scenario): boolean {
    return this.seen(scenario)?.problems.length === 0
  }
}

/** What the page tells of all scenarios. */
export function seenOf(records: Records, all: readonly Scenario[]): Seen {
  const outcomes = all.flatMap((each) => records.seen(each) ?? [])
  return {
    good: outcomes.filter((each) => records.isGood(each)),
    bad: outcomes.filter((each) => !records.isGood(each)),
    unseen: all.filter((each) => records.seen(each) === undefined),
  }
}

/** As the command line knows it, and with who comes then: there is one of each. */
export function nameOf(scenario: Scenario): string {
  return `${wordOf(scenario)} · ${scenario.comes}`
}

export function wordOf({ fault, spot }: Scenario): string {
  return [fault.name, ...(spot === undefined ? [] : [spot.point.key, spot.moment])].join('/')
}

function buildOf(file: string): string {
  const program = file.replace(/belay\.js$/, 'program.js')
  return createHash('sha256').update(readFileSync(program)).digest('hex')
}
