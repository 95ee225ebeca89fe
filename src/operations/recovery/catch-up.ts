import { Failure } from '../../base/failure.ts'
import type { AppConfig } from '../../config/app-config.ts'
import type { Stage } from '../../hosts/host.ts'
import type { RunEnd } from '../../pipeline/run.ts'
import type { Observed } from '../../plan/observed.ts'
import type { HostPlan, Plan } from '../../plan/plan.ts'
import { retention } from '../../rollouts/retention.ts'
import { type Fleet, observedOn } from '../fleet.ts'
import { bringUp } from '../going-back/bring-up.ts'
import { mustBeThere } from '../going-back/look-back.ts'
import { messageOf } from '../messages.ts'
import { firstError } from '../run/carry-out.ts'
import { notPutBack } from '../run/conclude.ts'
import { execute } from '../run/execute.ts'
import { inPhase } from '../run/phase.ts'
import type { Run } from '../run/one-run.ts'
import { stillSplit } from './failures.ts'
import { type Straggler, stragglers } from './left.ts'

interface CatchingUp {
  readonly config: AppConfig
  readonly fleet: Fleet
  readonly roundTripsBefore: ReadonlyMap<string, number>
}

/** What became of the hosts that had missed the fleet's decision. */
export interface CaughtUp {
  readonly followed: readonly string[]
  readonly failures: readonly unknown[]
}

/** Brings the fleet's release up on hosts that missed its commit: from what they keep of it, with proof. */
export async function catchUp(run: Run, request: CatchingUp): Promise<CaughtUp> {
  const { wanted, hosts } = stragglers(request.fleet)
  if (hosts.length === 0) return { followed: [], failures: [] }
  const able = hosts.filter(({ obstacle }) => obstacle === undefined).map(({ host }) => host)
  const unable = splits(wanted ?? 'the release', hosts)
  if (wanted === undefined || able.length === 0) return { followed: [], failures: unable }
  const failures = await follow(run, request, { wanted, names: able })
  return { followed: failures.length === 0 ? able : [], failures: [...failures, ...unable] }
}

function splits(wanted: string, hosts: readonly Straggler[]): Failure[] {
  return hosts.flatMap(({ host, obstacle: why }) =>
    why === undefined ? [] : [stillSplit({ wanted, hosts: [host], why })],
  )
}

interface Following {
  readonly wanted: string
  readonly names: readonly string[]
}

async function follow(
  run: Run,
  { config, fleet, roundTripsBefore }: CatchingUp,
  { wanted, names }: Following,
): Promise<readonly unknown[]> {
  const { world, id } = run
  const stages = new Map<string, Stage>()
  const hosts = names.map((name) => {
    const { host, stage } = planFor(observedOn(fleet, name), { wanted, keep: config.keep })
    if (stage !== undefined) stages.set(name, stage)
    return host
  })
  const plan = planOf(config, { wanted, names, hosts })
  try {
    await mustBeThere(fleet, plan)
  } catch (error) {
    return [error, stillSplit({ wanted, hosts: names, why: messageOf(error) })]
  }
  const title = `bring ${names.join(', ')} to ${wanted}`
  const isGood = ({ outcome }: RunEnd): boolean => outcome === 'confirmed'
  const end = await inPhase(world, { phase: 'catch-up', title, isGood }, () =>
    execute(world, {
      config,
      plan,
      stages,
      fleet,
      run: id,
      ttlSeconds: config.watchdogSeconds,
      roundTripsBefore,
    }),
  )
  return end.outcome === 'confirmed' ? [] : failed(run, { fleet, plan, end })
}

/** What it ran once there, it ran before the fleet decided: it is as good here as anywhere. */
function planFor(
  observed: Observed,
  { wanted, keep }: { wanted: string; keep: number },
): ReturnType<typeof bringUp> {
  const releases = observed.releases.map((kept) =>
    kept.id === wanted ? { ...kept, mark: 'good' as const } : kept,
  )
  const seen = { ...observed, releases }
  return bringUp(seen, { id: wanted, ...retention(seen, { keep, next: wanted }) })
}

/** The first of them decides for these: the fleet's anchor has decided, and only they can be proved. */
function planOf(
  { app, environment }: AppConfig,
  { wanted, names, hosts }: Following & { hosts: readonly HostPlan[] },
): Plan {
  const [first] = hosts
  if (first === undefined) throw new Error('a plan needs a host')
  return {
    app,
    environment,
    purpose: 'resume',
    release: first.release,
    anchor: first.host,
    hosts,
    waves: [names],
    change: { kind: 'replace', because: `the others serve ${wanted}`, services: [] },
    notes: [],
  }
}

/** What they served before serves there again: asked, before it is said. */
async function failed(
  { world }: Run,
  { fleet, plan, end }: { fleet: Fleet; plan: Plan; end: RunEnd },
): Promise<readonly unknown[]> {
  const { id: wanted } = plan.release
  const hosts = plan.hosts.map(({ host }) => host)
  const cause = firstError(end.happenings)
  const split = stillSplit({ wanted, hosts, why: messageOf(cause) })
  return [cause, split, ...(await notPutBack(world, { plan, fleet, end }))]
}
