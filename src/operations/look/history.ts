import type { StampedEvent } from '../../base/event.ts'
import { RELEASE_PATTERN } from '../../base/names.ts'
import type { AppConfig } from '../../config/app-config.ts'
import type { World } from '../world.ts'
import { noHostReachable, noSuchRun } from './failures.ts'
import { type RunSummary, runsIn } from './journals.ts'
import { type ReleaseSummary, summaryOf } from './status.ts'
import { type Seen, type Survey, type Unseen, withSurvey } from './survey.ts'

export interface HistoryReport {
  readonly app: string
  readonly environment: string
  readonly at: string
  /** Newest first. */
  readonly runs: readonly RunSummary[]
  readonly kept: readonly ReleaseSummary[]
  readonly serving: string | null
  readonly unreachable: readonly Unseen[]
}

export interface RunReport {
  readonly run: RunSummary
  /** What the run told, from its receipt; empty when it wrote none. */
  readonly events: readonly StampedEvent[]
}

/** Entries read from each host: a run writes a few dozen. */
const ENTRIES_PER_RUN = 60
const ENTRIES_MAX = 5000

/** The last runs, from the hosts' own journals: any machine with access sees the same. */
export function history(world: World, config: AppConfig, limit: number): Promise<HistoryReport> {
  return withSurvey(world, config, async (survey) => {
    mustSeeOne(survey)
    const [first] = survey.seen
    const { current, releases = [] } = first?.observed ?? {}
    return {
      app: config.app,
      environment: config.environment,
      at: new Date(world.clock.now()).toISOString(),
      runs: (await runsOf(survey.seen, limit * ENTRIES_PER_RUN)).slice(0, limit),
      kept: releases.map(summaryOf),
      serving: current ?? null,
      unreachable: survey.unseen,
    }
  })
}

export function showRun(world: World, config: AppConfig, wanted?: string): Promise<RunReport> {
  return withSurvey(world, config, async (survey) => {
    const run = await findRun(survey, wanted)
    return { run, events: await eventsOf(survey, run.run) }
  })
}

/** One run by its name, the last run that made a release (`r42`), or the last of all. */
export async function findRun(survey: Survey, wanted: string | undefined): Promise<RunSummary> {
  mustSeeOne(survey)
  const runs = await runsOf(survey.seen, ENTRIES_MAX)
  const run = runs.find((each) => isMeant(each, wanted))
  if (run !== undefined) return run
  throw noSuchRun({ run: wanted, recent: runs.slice(0, 3).map((each) => each.run) })
}

/** A change of the base made no release: it only names the one that served. */
function isMeant({ run, release, purpose }: RunSummary, wanted: string | undefined): boolean {
  if (wanted === undefined) return true
  if (!RELEASE_PATTERN.test(wanted)) return run === wanted
  return release === wanted && purpose !== 'base'
}

function mustSeeOne({ seen, unseen }: Survey): void {
  if (seen.length > 0) return
  const evidence = unseen.map(({ host, message }) => `${host}: ${message}`)
  throw noHostReachable({ hosts: unseen.map(({ host }) => host) }, { evidence })
}

async function runsOf(seen: readonly Seen[], entriesMax: number): Promise<RunSummary[]> {
  const lines = Math.min(entriesMax, ENTRIES_MAX)
  const journals = await Promise.all(
    seen.map(async ({ host, link, observed: { lease } }) => {
      const underWay = lease !== undefined && lease.secondsLeft > 0 ? lease.run : undefined
      return { host, underWay, entries: await link.journal(lines) }
    }),
  )
  return runsIn(journals)
}

/** What a run told, from its receipt on one of the hosts; nothing where there is none. */
export async function eventsOf({ seen }: Survey, run: string): Promise<StampedEvent[]> {
  for (const { link } of seen) {
    const receipt = await link.readReceipt(run)
    if (receipt !== undefined) return receipt.split('\n').flatMap(eventIn)
  }
  return []
}

function eventIn(line: string): StampedEvent[] {
  try {
    const data: unknown = JSON.parse(line)
    const isStamped = typeof data === 'object' && data !== null && 'event' in data && 'at' in data
    return isStamped ? [data as StampedEvent] : []
  } catch {
    // A line that was cut off by a full disk: the others still tell the story.
    return []
  }
}
