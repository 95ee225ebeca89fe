import { EXIT } from '../base/exit.ts'
import { explain } from '../plan/explain.ts'
import { mustBeBuildable } from './draft/build.ts'
import { look } from './deploy.ts'
import { closeFleet } from './fleet.ts'
import { planDeploy } from './plan-deploy.ts'
import { preflight } from './preflight.ts'
import type { DeployRequest, Outcome, World } from './world.ts'

/** Shows what a deployment would do, and touches nothing. */
export async function showPlan(world: World, request: DeployRequest): Promise<Outcome> {
  const { config } = request
  const { fleet, draft } = await look(world, request)
  try {
    const { plan } = await planDeploy(world, config, { draft, fleet })
    world.tell({ type: 'plan-made', plan, lines: explain(plan) })
    preflight(plan, fleet)
    await mustBeBuildable(world, draft.images)
    return { exit: EXIT.ok }
  } finally {
    await closeFleet(fleet)
  }
}
