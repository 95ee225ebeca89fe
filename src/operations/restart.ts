import { explain } from '../plan/explain.ts'
import type { ComposeModel } from '../plan/compose-model.ts'
import type { Stage } from '../hosts/host.ts'
import type { Observed } from '../plan/observed.ts'
import type { HostPlan, Plan } from '../plan/plan.ts'
import type { Release } from '../plan/release.ts'
import { renumber } from '../plan/render/renumber.ts'
import { makeHostPlan } from '../rollouts/host-plan.ts'
import { idleSlot, servingRelease } from '../rollouts/old-release.ts'
import { retention } from '../rollouts/retention.ts'
import { json } from './draft/stage.ts'
import { readWritten } from './draft/written.ts'
import { declined, fleetSplit, nothingServes } from './failures.ts'
import { type Fleet, anchorOf, connectFleet, each, hostNamed, observedOn } from './fleet.ts'
import { type Planned, wavesOf } from './plan-deploy.ts'
import { stragglers } from './recovery/left.ts'
import { conclude } from './run/conclude.ts'
import { oneRun } from './run/one-run.ts'
import { inPhase } from './run/phase.ts'
import { runUnderLease } from './run/under-lease.ts'
import type { RunRequest, Outcome, World } from './world.ts'

/** What serves, started afresh beside itself and proved: a restart without a gap. */
export function restart(outer: World, request: RunRequest): Promise<Outcome> {
  const purpose = 'restart'
  const { config, dryRun } = request
  return oneRun(outer, { config, purpose, dryRun }, async (run) => {
    const { world, id, begun } = run
    await readWritten(world, config)
    const phase = { phase: 'connect', title: 'connect' }
    const fleet = await inPhase(world, phase, () => connectFleet(world, config))
    run.meet(fleet)
    const { plan } = await planRestart(request, fleet)
    const lines = explain(plan)
    world.tell({ type: 'plan-made', plan, lines })
    if (dryRun) {
      return conclude(world, { run: id, begun, plan, fleet, end: { kind: 'dry-run' } })
    }
    if (!(await request.agree(plan, lines))) throw declined({ purpose })
    run.begin()
    const replan = (seen: Fleet) => planRestart(request, seen)
    const setup = { purpose: `restart of ${config.environment}`, replan }
    return runUnderLease(run, request, { fleet, setup })
  })
}

async function planRestart({ config }: RunRequest, fleet: Fleet): Promise<Planned> {
  mustBeOfOneRelease(fleet)
  const observed = fleet.names.map((name) => observedOn(fleet, name))
  const id = nextRestart(observed)
  const planned = await each(observed, (seen) => planHost(fleet, seen, { id, keep: config.keep }))
  const [first] = planned
  if (first === undefined) throw new Error('a plan needs a host')
  const plan: Plan = {
    app: config.app,
    environment: config.environment,
    purpose: 'restart',
    release: first.host.release,
    anchor: anchorOf(fleet),
    hosts: planned.map(({ host }) => host),
    waves: wavesOf(fleet.names, config.wave),
    change: { kind: 'replace', because: 'a restart was asked for', services: [] },
    notes: [],
  }
  return { plan, stages: new Map(planned.map(({ host, stage }) => [host.host, stage])) }
}

/** The like of two releases cannot go by one name. What a cut-off run left counts as it will end. */
function mustBeOfOneRelease(fleet: Fleet): void {
  const { wanted, hosts } = stragglers(fleet)
  const others = hosts.filter(({ serving }) => serving !== undefined)
  if (wanted === undefined || others.length === 0) return
  const behind = others.map(({ host, serving = '' }) => ({ host, serving }))
  throw fleetSplit({ anchor: anchorOf(fleet), wanted, behind })
}

/** `r42.1` is the first restart of `r42`. */
function nextRestart(hosts: readonly Observed[]): string {
  const serving = hosts.map(servingRelease).find((release) => release !== undefined)
  if (serving === undefined) throw nothingServes({ host: hosts.map(({ host }) => host).join(', ') })
  const [number = ''] = serving.id.split('.')
  const restarts = hosts
    .flatMap(({ releases }) => releases.map(({ id }) => id.split('.')))
    .flatMap(([base, restart]) => (base === number ? [Number(restart ?? 0)] : []))
  return `${number}.${Math.max(0, ...restarts) + 1}`
}

async function planHost(
  fleet: Fleet,
  observed: Observed,
  { id, keep }: { id: string; keep: number },
): Promise<{ host: HostPlan; stage: Stage }> {
  const serving = servingRelease(observed)
  if (serving === undefined) throw nothingServes({ host: observed.host })
  const compose = await readCompose(fleet, observed, serving)
  const again = renumber({ ...serving, slot: idleSlot(observed) }, compose, id)
  const { fold, forget } = retention(observed, { keep, next: id })
  const files = [json('release.json', again.release), json('compose.json', again.compose)]
  return {
    host: makeHostPlan({ release: again.release, observed, kept: false, fold, forget }),
    stage: { release: id, from: serving.id, files },
  }
}

async function readCompose(
  fleet: Fleet,
  { host, facts }: Observed,
  { app, environment, id }: Release,
): Promise<ComposeModel> {
  const path = `${facts.stateRoot}/${app}/${environment}/releases/${id}/compose.json`
  const { stdout } = await hostNamed(fleet, host).run(['cat', path])
  return JSON.parse(stdout)
}
