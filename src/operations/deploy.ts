import { explain } from '../plan/explain.ts'
import type { Plan } from '../plan/plan.ts'
import { type Draft, makeDraft } from './draft/draft.ts'
import { buildImages, mustBeBuildable } from './draft/build.ts'
import { checkArchitectures, prepareImages, wantedImages } from './draft/images.ts'
import { findLocal } from './draft/local.ts'
import { readSource } from './draft/source.ts'
import { declined, markedBad } from './failures.ts'
import { type Fleet, closeFleet, connectFleet } from './fleet.ts'
import { planDeploy } from './plan-deploy.ts'
import { preflight } from './preflight.ts'
import { type Conclusion, conclude } from './run/conclude.ts'
import { oneRun } from './run/one-run.ts'
import { inPhase } from './run/phase.ts'
import { type RunSetup, runUnderLease } from './run/under-lease.ts'
import type { DeployRequest, Outcome, World } from './world.ts'

/**
 * Deploys: connect and read → plan → ask → build → lease, and end an unfinished run → plan again →
 * ship → roll out and prove → confirm, or back → tell.
 */
export function deploy(outer: World, request: DeployRequest): Promise<Outcome> {
  const { config, dryRun } = request
  return oneRun(outer, { config, purpose: 'deploy', dryRun }, async (run) => {
    const { world, id, begun } = run
    const phase = { phase: 'connect', title: 'connect and read' }
    const { fleet, draft } = await inPhase(world, phase, () => look(world, request))
    run.meet(fleet)
    const { plan } = await planDeploy(world, config, { draft, fleet })
    const end = await beforehand(request, { world, plan, draft, fleet })
    if (end !== undefined) return conclude(world, { run: id, begun, plan, fleet, end })
    run.begin()
    const ready = await prepare(world, request, { draft, fleet })
    const setup: RunSetup = {
      purpose: `deploy to ${config.environment}`,
      evenIfSame: request.again,
      replan: (seen) => planDeploy(world, config, { draft: ready, fleet: seen }),
      images: (planned, seen) =>
        wantedImages({ plan: planned.plan, draft: ready, fleet: seen, proxy: config.proxy }),
    }
    return runUnderLease(run, request, { fleet, setup })
  })
}

interface Look {
  readonly fleet: Fleet
  readonly draft: Draft
}

/** Connects to the hosts and reads the user's files, side by side. */
export async function look(world: World, { config }: Pick<DeployRequest, 'config'>): Promise<Look> {
  const connecting = connectFleet(world, config)
  const [fleet, source] = await Promise.allSettled([
    connecting,
    readSource(world, config, connecting),
  ])
  if (fleet.status === 'rejected') throw fleet.reason
  try {
    if (source.status === 'rejected') throw source.reason
    const draft = await makeDraft(config, { ...source.value, fleet: fleet.value })
    return { fleet: fleet.value, draft }
  } catch (error) {
    await closeFleet(fleet.value)
    throw error
  }
}

/** Shows the plan; the run ends here when there is nothing to do, or when nobody agrees. */
async function beforehand(
  request: DeployRequest,
  { world, plan, draft, fleet }: { world: World; plan: Plan; draft: Draft; fleet: Fleet },
): Promise<Conclusion['end'] | undefined> {
  // Of what was told before the first deployment, only what is odd is told before each.
  const isKnown = plan.change.kind === 'replace' && !request.dryRun
  const lines = explain(plan, isKnown ? 'warnings' : 'all')
  world.tell({ type: 'plan-made', plan, lines })
  if (plan.change.kind === 'nothing' && !request.again) return { kind: 'nothing-to-do' }
  preflight(plan, fleet)
  await mustBeBuildable(world, draft.images)
  if (draft.failedBefore !== undefined && !request.again) throw markedBad(draft.failedBefore)
  if (request.dryRun) return { kind: 'dry-run' }
  if (!(await request.agree(plan, lines))) throw declined({ purpose: 'deployment' })
  return undefined
}

/** Builds and pulls what has no digest yet; what a release is made of is only known then. */
async function prepare(world: World, { config }: DeployRequest, look: Look): Promise<Draft> {
  const { draft, fleet } = look
  const { source, images } = draft
  const build = (services: Draft['images']) => buildImages(world, config, { source, services })
  const changed = await prepareImages(world, { images, fleet, build })
  const ready = changed
    ? await makeDraft(config, {
        source,
        local: await findLocal(world, config, source.model),
        fleet,
      })
    : draft
  checkArchitectures(fleet, ready)
  return ready
}
