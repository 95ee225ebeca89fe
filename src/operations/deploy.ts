import { explain } from '../plan/explain.ts'
import type { Note, Plan } from '../plan/plan.ts'
import { type Draft, makeDraft } from './draft/draft.ts'
import { backUpBefore, backupNotes } from './backups/before-run.ts'
import { mustKnow } from './backups/subjects.ts'
import { buildNotes, mustBeBuildable, mustBeCommitted } from './build/before.ts'
import { buildImages } from './build/build-images.ts'
import { checkArchitectures, lookHere, prepareImages, wantedImages } from './draft/images.ts'
import { readSource } from './draft/source.ts'
import { declined, markedBad } from './failures.ts'
import { type Fleet, closeFleet, connectFleet } from './fleet.ts'
import { planDeploy } from './plan-deploy.ts'
import { preflight } from './preflight.ts'
import { noteTests, testNotes } from './tests/notes.ts'
import { runTests } from './tests/run-tests.ts'
import { type Conclusion, conclude } from './run/conclude.ts'
import { oneRun } from './run/one-run.ts'
import { inPhase } from './run/phase.ts'
import { Registries } from './ship/registries.ts'
import { pushTargets } from './ship/targets.ts'
import { type RunSetup, runUnderLease } from './run/under-lease.ts'
import type { DeployRequest, Outcome, World } from './world.ts'

/**
 * Deploys: connect and read → plan → ask → test → build → lease, and end an unfinished run → plan
 * again → ship → back up → roll out and prove → confirm, or back → tell.
 */
export function deploy(outer: World, request: DeployRequest): Promise<Outcome> {
  const { config, dryRun } = request
  return oneRun(outer, { config, purpose: 'deploy', dryRun }, async (run) => {
    const { world, id, begun } = run
    const phase = { phase: 'connect', title: 'connect and read' }
    const { fleet, draft } = await inPhase(world, phase, () => look(world, request))
    run.meet(fleet)
    const notes = notesBefore(request, draft)
    const { plan } = await planDeploy(world, config, { draft, fleet, notes })
    const end = await beforehand(request, { world, plan, draft, fleet })
    if (end !== undefined) return conclude(world, { run: id, begun, plan, fleet, end })
    run.begin()
    if (!request.skipTests) noteTests(world, await runTests(world, config.tests))
    const ready = await prepare(world, request, { draft, fleet })
    const setup: RunSetup = {
      purpose: `deploy to ${config.environment}`,
      evenIfSame: request.again,
      replan: (seen) => planDeploy(world, config, { draft: ready, fleet: seen, notes }),
      images: (planned, seen) =>
        wantedImages({ plan: planned.plan, draft: ready, fleet: seen, proxy: config.proxy }),
      backUp: ({ plan: planned }, seen) =>
        backUpBefore(world, { config, plan: planned, fleet: seen, run: id }),
      targets: pushTargets(ready, config.registries),
    }
    return runUnderLease(run, request, { fleet, setup })
  })
}

interface Look {
  readonly fleet: Fleet
  readonly draft: Draft
}

/** Connects to the hosts and reads the user's files, side by side. */
export async function look(
  world: World,
  { config, dirty = false }: Pick<DeployRequest, 'config'> & { readonly dirty?: boolean },
): Promise<Look> {
  const connecting = connectFleet(world, config)
  const [fleet, source] = await Promise.allSettled([
    connecting,
    readSource(world, config, { connecting, asItLies: dirty }),
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

/** What is to be said of the time before anything is touched. */
export function notesBefore({ config, skipTests }: DeployRequest, { images }: Draft): Note[] {
  return [
    ...testNotes(config.tests, { skipTests }),
    ...buildNotes(images, config),
    ...backupNotes(config),
  ]
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
  mustBeCommitted(draft.images, request)
  mustKnow(request.config.backup, plan.release)
  if (plan.change.kind === 'nothing' && !request.again) return { kind: 'nothing-to-do' }
  preflight(plan, fleet)
  await mustBeBuildable(world, request.config, draft)
  if (draft.failedBefore !== undefined && !request.again) throw markedBad(draft.failedBefore)
  if (request.dryRun) return { kind: 'dry-run' }
  if (!(await request.agree(plan, lines))) throw declined({ purpose: 'deployment' })
  return undefined
}

/** Builds and pulls what has no digest yet; what a release is made of is only known then. */
async function prepare(world: World, { config }: DeployRequest, look: Look): Promise<Draft> {
  const { draft, fleet } = look
  const { source, images, files } = draft
  const build = (services: Draft['images']) =>
    buildImages(world, config, { source, services, fleet })
  const registries = new Registries(world, fleet, config.registries)
  const pull: Registries['pull'] = (...asked) => registries.pull(...asked)
  const changed = await prepareImages(world, { images, fleet, build, pull })
  // The files are those of the plan, whatever was written meanwhile; only images are new.
  const local = { files, images: changed ? await lookHere(world, images) : images }
  const ready = changed ? await makeDraft(config, { source, local, fleet }) : draft
  checkArchitectures(fleet, ready)
  return ready
}
