import { byAge, releaseNumber } from '../base/names.ts'
import { changedAccessories } from '../plan/accessories.ts'
import { explain } from '../plan/explain.ts'
import type { KeptRelease, Observed } from '../plan/observed.ts'
import type { HostPlan, Note, Plan } from '../plan/plan.ts'
import type { Release } from '../plan/release.ts'
import type { Stage } from '../hosts/host.ts'
import { makeHostPlan } from '../rollouts/host-plan.ts'
import { idleSlot } from '../rollouts/old-release.ts'
import { json } from './draft/stage.ts'
import { readWritten } from './draft/written.ts'
import {
  alreadyServing,
  badRelease,
  declined,
  nothingToRollBackTo,
  unknownRelease,
} from './failures.ts'
import { type Fleet, anchorOf, connectFleet, observedOn } from './fleet.ts'
import { type Planned, wavesOf } from './plan-deploy.ts'
import { runUnderLease } from './run/under-lease.ts'
import { conclude } from './run/conclude.ts'
import { oneRun } from './run/one-run.ts'
import { inPhase } from './run/phase.ts'
import type { Outcome, RollbackRequest, World } from './world.ts'

/** Goes back to a kept release: its own containers, or their like, made from its record. */
export function rollback(outer: World, request: RollbackRequest): Promise<Outcome> {
  const purpose = 'rollback'
  const { config, dryRun } = request
  return oneRun(outer, { config, purpose, dryRun }, async (run) => {
    const { world, id, begun } = run
    await readWritten(world, config)
    const phase = { phase: 'connect', title: 'connect' }
    const fleet = await inPhase(world, phase, () => connectFleet(world, config))
    run.meet(fleet)
    const { plan } = planRollback(request, fleet)
    const lines = explain(plan)
    world.tell({ type: 'plan-made', plan, lines })
    if (dryRun) {
      return conclude(world, { run: id, begun, plan, fleet, end: { kind: 'dry-run' } })
    }
    if (!(await request.agree(plan, lines))) throw declined({ purpose })
    run.begin()
    const replan = (seen: Fleet) => planRollback(request, seen)
    const setup = { purpose: `rollback of ${config.environment}`, replan }
    return runUnderLease(run, request, { fleet, setup })
  })
}

/** Pure but for what was seen: which release, and how each host gets back to it. */
function planRollback(request: RollbackRequest, fleet: Fleet): Planned {
  const { config } = request
  const observed = fleet.names.map((name) => observedOn(fleet, name))
  const id = targetOf(request, observed)
  const stages = new Map<string, Stage>()
  const hosts = observed.map((seen) => planHost(seen, { id, stages }))
  const [first] = hosts
  if (first === undefined) throw new Error('a plan needs a host')
  const { release } = first
  const plan: Plan = {
    app: config.app,
    environment: config.environment,
    purpose: 'rollback',
    release,
    anchor: anchorOf(fleet),
    hosts,
    // Going back is never tried out on one host first: what is wrong is what serves now.
    waves: wavesOf(fleet.names, { kind: 'all' }),
    change: {
      kind: 'replace',
      because: `back from ${observed[0]?.current ?? 'nothing'} to ${id} of ${release.createdAt}`,
      services: [],
    },
    notes: accessoryNotes(release, observed),
  }
  return { plan, stages }
}

/** Code goes back; a database that was exchanged meanwhile does not. */
function accessoryNotes(release: Release, hosts: readonly Observed[]): Note[] {
  const others = [...new Set(hosts.flatMap((host) => changedAccessories(release, host)))]
  if (others.length === 0) return []
  const text = `not as ${release.id} was deployed with it: a rollback leaves it as it is`
  return [{ level: 'warning', about: others.join(', '), text }]
}

/** The release to go back to, refused with a reason where that makes no sense. */
function targetOf({ to }: RollbackRequest, hosts: readonly Observed[]): string {
  const [anchor] = hosts
  if (anchor === undefined) throw new Error('a fleet has at least one host')
  const { current } = anchor
  const wanted = to ?? releaseBefore(anchor)
  if (wanted === undefined || current === undefined) {
    throw nothingToRollBackTo({ serving: current })
  }
  const everywhere = hosts.map(({ releases }) => releases.find(({ id }) => id === wanted))
  if (everywhere.includes(undefined)) {
    const kept = goodReleases(anchor).filter((id) => id !== current)
    throw unknownRelease({ release: wanted, kept })
  }
  refuseBad(everywhere)
  if (hosts.every((host) => host.current === wanted)) throw alreadyServing({ release: wanted })
  return wanted
}

/** What served before; after a restart that is the very same release, and nobody's wish. */
function releaseBefore(host: Observed): string | undefined {
  const { current, previous } = host
  if (current === undefined || previous === undefined) return previous
  const number = releaseNumber(current)
  if (releaseNumber(previous) !== number) return previous
  const others = goodReleases(host).filter((id) => releaseNumber(id) !== number)
  return others.find((id) => releaseNumber(id) < number) ?? others[0]
}

/** The newest first. */
function goodReleases({ releases }: Observed): string[] {
  const good = releases.filter(({ mark }) => mark === 'good').map(({ id }) => id)
  return good.sort((a, b) => byAge(b, a))
}

function refuseBad(everywhere: readonly (KeptRelease | undefined)[]): void {
  const bad = everywhere.find((kept) => kept !== undefined && kept.mark !== 'good')
  if (bad === undefined) return
  const reason = bad.reason ?? 'it never proved itself'
  throw badRelease({ release: bad.id, reason })
}

interface ForHost {
  readonly id: string
  readonly stages: Map<string, Stage>
}

function planHost(observed: Observed, { id, stages }: ForHost): HostPlan {
  const recorded = observed.releases.find((kept) => kept.id === id)?.release
  if (recorded === undefined) throw new Error(`${observed.host} has no ${id}`)
  const slot = idleSlot(observed)
  const release: Release = { ...recorded, slot }
  const kept = slot === recorded.slot && hasContainers(observed, recorded)
  // The other slot: its containers are made anew, and the record says where they are.
  if (!kept)
    stages.set(observed.host, { release: id, from: id, files: [json('release.json', release)] })
  return makeHostPlan({ release, observed, kept, fold: [], forget: [] })
}

function hasContainers({ containers }: Observed, release: Release): boolean {
  const names = new Set(containers.map(({ name }) => name))
  return release.services
    .filter(({ role }) => role !== 'job')
    .every((service) => service.containers.every((name) => names.has(name)))
}
