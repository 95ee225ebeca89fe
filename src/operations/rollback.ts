import { byAge, releaseNumber } from '../base/names.ts'
import { changedAccessories } from '../plan/accessories.ts'
import { explain } from '../plan/explain.ts'
import type { KeptRelease, Observed } from '../plan/observed.ts'
import type { Note, Plan } from '../plan/plan.ts'
import type { Release } from '../plan/release.ts'
import type { Stage } from '../hosts/host.ts'
import {
  copyData,
  type DataReturn,
  dataNotes,
  dataOf,
  mustBeReadable,
  withData,
} from './backups/rollback-data.ts'
import { readWritten } from './draft/written.ts'
import {
  alreadyServing,
  badRelease,
  declined,
  nothingToRollBackTo,
  unknownRelease,
} from './failures.ts'
import { type Fleet, connectFleet, observedOn } from './fleet.ts'
import { bringUp } from './going-back/bring-up.ts'
import { lookBack, mustBeThere, recordsOf } from './going-back/look-back.ts'
import { type Planned, wavesOf } from './plan-deploy.ts'
import { type RunSetup, runUnderLease } from './run/under-lease.ts'
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
    const { plan: bare, returns } = planRollback(world, request, fleet)
    const records = recordsOf(fleet)
    const [told] = await Promise.all([
      lookBack(fleet, bare, records),
      mustBeThere(fleet, bare, records),
    ])
    // What is said of the schema holds where the data stays.
    const stays = request.restore !== true
    const notes = told.filter(({ about }) => stays || about !== 'database')
    const plan = { ...bare, notes: [...notes, ...bare.notes] }
    const lines = explain(plan)
    world.tell({ type: 'plan-made', plan, lines })
    if (dryRun) {
      await mustBeReadable(fleet, returns, config)
      return conclude(world, { run: id, begun, plan, fleet, end: { kind: 'dry-run' } })
    }
    if (!(await request.agree(plan, lines))) throw declined({ purpose })
    run.begin()
    const setup: RunSetup<PlannedRollback> = {
      purpose: `rollback of ${config.environment}`,
      replan: (seen) => planRollback(world, request, seen),
      backUp: (planned, seen) =>
        copyData(world, { config, fleet: seen, plan: planned.plan, run: id }, planned.returns),
    }
    return runUnderLease(run, request, { fleet, setup })
  })
}

interface PlannedRollback extends Planned {
  /** The data that goes back with the release. */
  readonly returns: readonly DataReturn[]
}

/**
 * Pure but for what was seen: which release, and how each host gets back to it. One that serves it
 * already (a watchdog put it back by itself, say) takes no part: its containers are not touched.
 */
function planRollback(
  { clock }: Pick<World, 'clock'>,
  request: RollbackRequest,
  fleet: Fleet,
): PlannedRollback {
  const { config } = request
  const observed = fleet.names.map((name) => observedOn(fleet, name))
  const id = targetOf(request, observed)
  const stages = new Map<string, Stage>()
  const going = observed.filter(({ current }) => current !== id)
  const hosts = going.map((seen) => {
    const { host, stage } = bringUp(seen, { id })
    if (stage !== undefined) stages.set(seen.host, stage)
    return host
  })
  const [first] = hosts
  if (first === undefined) throw new Error('a plan needs a host')
  const { release } = first
  const names = hosts.map(({ host }) => host)
  const taking = { ...fleet, names }
  const plan: Plan = {
    app: config.app,
    environment: config.environment,
    purpose: 'rollback',
    release,
    anchor: first.host,
    hosts,
    // Going back is never tried out on one host first: what is wrong is what serves now.
    waves: wavesOf(names, { kind: 'all' }),
    change: {
      kind: 'replace',
      because: `back from ${first.previous ?? 'nothing'} to ${id} of ${release.createdAt}`,
      services: [],
    },
    notes: [
      ...stayingNotes(id, observed),
      ...accessoryNotes(release, going),
      ...(request.restore === true ? [] : dataNotes(config, taking, id)),
    ],
  }
  const returns =
    request.restore === true ? dataOf(config, { fleet: taking, to: id, now: clock.now() }) : []
  return { plan: withData(plan, returns, config), stages, returns }
}

function stayingNotes(id: string, observed: readonly Observed[]): Note[] {
  const staying = observed.filter(({ current }) => current === id).map(({ host }) => host)
  if (staying.length === 0) return []
  const text = `${id} serves there already: left as it is`
  return [{ level: 'info', about: staying.join(', '), text }]
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
