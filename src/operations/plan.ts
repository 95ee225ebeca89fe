import { EXIT } from '../base/exit.ts'
import { explain } from '../plan/explain.ts'
import { mustBeBuildable, mustBeCommitted } from './build/before.ts'
import { look, notesBefore } from './deploy.ts'
import { closeFleet } from './fleet.ts'
import { planDeploy } from './plan-deploy.ts'
import { preflight } from './preflight.ts'
import type { DeployRequest, Outcome, World } from './world.ts'

/** Shows what a deployment would do, and touches nothing. */
export async function showPlan(world: World, request: DeployRequest): Promise<Outcome> {
  const { config } = request
  const { fleet, draft } = await look(world, request)
  try {
    const { plan } = await planDeploy(world, config, {
      draft,
      fleet,
      notes: notesBefore(request, draft),
    })
    world.tell({ type: 'plan-made', plan, lines: explain(plan) })
    mustBeCommitted(draft.images, request)
    preflight(plan, fleet)
    await mustBeBuildable(world, config, draft)
    return { exit: EXIT.ok }
  } finally {
    await closeFleet(fleet)
  }
}
