import type { Slot } from '../base/names.ts'
import type { CommandResult, ContainerSample, HttpAnswer, HttpQuestion } from '../hosts/host.ts'
import type { RunResult } from '../hosts/host.ts'
import type { CommandEnded, HereQuestion, ScriptRequest } from '../hosts/workstation.ts'
import type { Vantage } from '../plan/plan.ts'
import type { Release, ReleaseService } from '../plan/release.ts'

/**
 * What one look says. `unknown`: could not be asked, or not yet; it is never good. A `final` one is
 * hopeless: no later look can be better, so nobody needs to wait for it.
 */
export type Verdict =
  | { readonly verdict: 'pass'; readonly text: string }
  /** The text says what was found, in words that stay the same while nothing changes. */
  | ({ readonly verdict: 'fail' | 'unknown'; readonly text: string } & Reasons)

export interface Reasons {
  readonly final?: true
  /** The cause lies elsewhere than in the release: it could not be asked, or somebody meddled. */
  readonly elsewhere?: true
  /** Each thing that was wrong. */
  readonly differences?: readonly Difference[]
  /** Lines that show it. */
  readonly evidence?: readonly string[]
  readonly hint?: string
}

/** One thing that was looked at, and is not as it should be. */
export interface Difference {
  /** `status`, `X-Frame-Options`, `memory of shop-r2-web-1` */
  readonly what: string
  readonly expected: string
  readonly got: string
}

/** This machine, as a place from where a host and its app can be asked. */
export interface Here {
  /** By which name or address this machine reaches the host. */
  readonly address: string
  readonly httpPort: number
  readonly httpsPort: number
  /** Where `belay.yaml` lies: a script's path starts there. */
  readonly directory: string
  readonly ask: (question: HereQuestion) => Promise<HttpAnswer>
  readonly runScript: (request: ScriptRequest) => Promise<CommandEnded>
}

/** Somewhere to ask from. */
export type From = 'host' | 'network' | 'here'

export type Question = HttpQuestion | HereQuestion

/** For a kind that needs one answer before it can put the next question. */
export interface Means {
  readonly ask: (question: Question) => Promise<HttpAnswer>
  /** Runs a program on the host; for reading. */
  readonly run: (argv: readonly string[]) => Promise<RunResult>
  readonly runScript: Here['runScript']
}

/** What is being judged, and from where. */
export interface Subject {
  readonly release: Release
  /** As in the compose file; the name of an accessory has no `definition`. */
  readonly service: string
  readonly definition?: ReleaseService
  readonly containers: readonly string[]
  readonly through: Vantage
  readonly slot: Slot
  readonly host: string
  readonly here: Here
}

/** What a check must be shown beside the state of its containers. */
export interface Needs {
  readonly commands?: readonly {
    readonly container: string
    readonly argv: readonly string[]
    readonly timeoutSeconds: number
  }[]
  readonly logs?: readonly { readonly container: string; readonly lines: number }[]
  readonly questions?: readonly Question[]
}

/** One look at the host. The lists are in the order of what was needed. */
export interface Look {
  readonly containers: Readonly<Record<string, ContainerSample>>
  /** The containers at the look before this one. */
  readonly before?: Readonly<Record<string, ContainerSample>>
  readonly commands: readonly (CommandResult | undefined)[]
  readonly logs: readonly (readonly string[])[]
  readonly answers: readonly HttpAnswer[]
  /** This check's own verdict at the look before this one. */
  readonly previous?: Verdict
}

/** A kind of check. It asks once and judges; when to ask again is `until.ts`'s business. */
export interface Check<Settings> {
  readonly kind: string
  /** What is looked at: `container`, `GET /health`, `port 6379`. */
  readonly title: (settings: Settings, subject: Subject) => string
  readonly needs: (settings: Settings, subject: Subject) => Needs
  readonly judge: (look: Look, settings: Settings, subject: Subject) => Verdict
  /** Takes several exchanges, and judges them itself; undefined where one look is enough. */
  readonly find?: (means: Means, settings: Settings, subject: Subject) => Finding | undefined
  /** From where it asks; the host when absent. */
  readonly from?: (settings: Settings) => From
  /** Only what has traffic can be asked. */
  readonly needsTraffic?: (settings: Settings) => boolean
}

export type Finding = Promise<Verdict>

/** A kind that always takes several exchanges. */
export function defineFinder<Settings>(
  check: Omit<Check<Settings>, 'needs' | 'judge' | 'find'> & {
    readonly find: (means: Means, settings: Settings, subject: Subject) => Finding
  },
): Check<Settings> {
  return { ...check, needs: () => ({}), judge: () => unknown('was not asked') }
}

export function defineCheck<Settings>(check: Check<Settings>): Check<Settings> {
  return check
}

export function pass(text: string): Verdict {
  return { verdict: 'pass', text }
}

export function fail(text: string, reasons: Reasons = {}): Verdict {
  return { verdict: 'fail', text, ...reasons }
}

export function unknown(text: string, reasons: Reasons = {}): Verdict {
  return { verdict: 'unknown', text, ...reasons }
}

/** One verdict for several places: the worst, with the name of the place where there are more. */
export function worst(verdicts: readonly (readonly [place: string, Verdict])[]): Verdict {
  const [first] = verdicts.toSorted(([, a], [, b]) => byBadness(a, b))
  if (first === undefined) return unknown('there is nothing to look at')
  const [place, verdict] = first
  if (verdicts.length === 1 || verdict.verdict === 'pass') return verdict
  return { ...verdict, text: `${place}: ${verdict.text}` }
}

function badness(verdict: Verdict): number {
  if (verdict.verdict === 'pass') return 0
  if (isFinal(verdict)) return 3
  return verdict.verdict === 'fail' ? 2 : 1
}

export function isFinal(verdict: Verdict): boolean {
  return verdict.verdict !== 'pass' && verdict.final === true
}

/** Worst first. */
export function byBadness(a: Verdict, b: Verdict): number {
  return badness(b) - badness(a)
}
