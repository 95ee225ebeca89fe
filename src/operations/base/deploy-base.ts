import { EXIT } from '../../base/exit.ts'
import { explain } from '../../plan/explain.ts'
import { backUpBefore } from '../backups/before-run.ts'
import { look } from '../deploy.ts'
import { declined } from '../failures.ts'
import { closeFleet } from '../fleet.ts'
import { checkDisks } from '../preflight.ts'
import { conclude } from '../run/conclude.ts'
import { oneRun } from '../run/one-run.ts'
import { inPhase } from '../run/phase.ts'
import { type RunSetup, runUnderLease } from '../run/under-lease.ts'
import type { Outcome, RunRequest, World } from '../world.ts'
import { planBase, type PlannedBase } from './plan-base.ts'

/**
 * Applies what changed of the accessories: a run of its own, as no rollback of a release could undo
 * it. Plan → ask → lease, plan again → ship → make the new → exchange → prove the app → confirm, or
 * the old ones back.
 */
export function deployBase(outer: World, request: RunRequest): Promise<Outcome> {
  const { config, dryRun } = request
  return oneRun(outer, { config, purpose: 'base', dryRun }, async (run) => {
    const { world, id, begun } = run
    const phase = { phase: 'connect', title: 'connect and read' }
    const { fleet, draft } = await inPhase(world, phase, () => look(world, request))
    run.meet(fleet)
    const { plan } = await planBase(config, { draft, fleet })
    const lines = explain(plan)
    world.tell({ type: 'plan-made', plan, lines })
    const ends = (kind: 'nothing-to-do' | 'dry-run') =>
      conclude(world, { run: id, begun, plan, fleet, end: { kind } })
    if (plan.change.kind === 'nothing') return ends('nothing-to-do')
    checkDisks(fleet)
    if (dryRun) return ends('dry-run')
    if (!(await request.agree(plan, lines))) throw declined({ purpose: 'change of the base' })
    run.begin()
    const setup: RunSetup<PlannedBase> = {
      purpose: `change of the base of ${config.environment}`,
      replan: (seen) => planBase(config, { draft, fleet: seen }),
      images: ({ images }) => images,
      backUp: ({ plan: planned }, seen) =>
        backUpBefore(world, { config, plan: planned, fleet: seen, run: id }),
    }
    return runUnderLease(run, request, { fleet, setup })
  })
}

/** Shows what `deployBase` would do, and touches nothing. */
export async function showBasePlan(world: World, request: RunRequest): Promise<Outcome> {
  const { config } = request
  const { fleet, draft } = await look(world, request)
  try {
    const { plan } = await planBase(config, { draft, fleet })
    world.tell({ type: 'plan-made', plan, lines: explain(plan) })
    checkDisks(fleet)
    return { exit: EXIT.ok }
  } finally {
    await closeFleet(fleet)
  }
}
