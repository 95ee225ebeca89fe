import type { Observed } from '../../plan/observed.ts'
import { type Fleet, each, hostNamed, observeFleet, observedOn } from '../fleet.ts'
import { schemaAfterRollback, schemaChangeOf } from '../migrate/schema.ts'
import type { World } from '../world.ts'

/**
 * Ends what an earlier run left half done, under our lease. Three lines: committed → finish
 * forward; rolled back → finish back; undecided → roll back, unless the fleet's anchor committed.
 */
export async function recover(world: World, fleet: Fleet): Promise<Fleet> {
  const unfinished = fleet.names.filter((name) => observedOn(fleet, name).decision.state !== 'none')
  if (unfinished.length === 0) return fleet
  await each(unfinished, (name) => recoverHost(world, fleet, name))
  const seen = await observeFleet(fleet)
  for (const name of unfinished)
    tellSchemaOf(world, observedOn(fleet, name), observedOn(seen, name))
  return seen
}

/** What became of a migration that the earlier run had begun. */
function tellSchemaOf({ tell }: World, { decision }: Observed, after: Observed): void {
  if (decision.state === 'none' || after.current === decision.armed.release) return
  const change = schemaChangeOf(after.tasks, decision.armed.release)
  if (change === undefined) return
  const { text } = schemaAfterRollback(change, {})
  tell({ type: 'warning', code: 'RECOVERED', text: `${after.host}: ${text}` })
}

async function recoverHost(world: World, fleet: Fleet, name: string): Promise<void> {
  const { decision } = observedOn(fleet, name)
  if (decision.state === 'none') return
  const host = hostNamed(fleet, name)
  const { run, release, previous } = decision.armed
  const wish = fleetDecision(fleet, observedOn(fleet, name))
  const stands =
    decision.state === 'pending'
      ? await host.decide(wish, { type: 'recovered', run, release, wish })
      : decision.state
  const isBase = release === previous
  const old = isBase ? 'accessories' : 'release'
  const way = stands === 'commit' ? 'finishing it' : `putting the old ${old} back`
  const what = isBase ? 'a change of the base' : release
  const text = `an earlier run (${run}, ${what}) was left unfinished on ${name}: ${way}`
  world.tell({ type: 'warning', code: 'RECOVERED', text })
  await host.settle((progress) => world.tell({ type: 'progress', host: name, text: progress }))
}

/** What the fleet decided in the run that this host has pending. */
export function fleetDecision(fleet: Fleet, { decision }: Observed): 'commit' | 'rollback' {
  if (decision.state !== 'pending') return 'rollback'
  const { anchor, run, release, previous } = decision.armed
  const seen = fleet.observed.get(anchor)
  if (seen === undefined) return 'rollback'
  const deciding = seen.decision
  const sameRun = deciding.state !== 'none' && deciding.armed.run === run
  if (sameRun) return deciding.state === 'commit' ? 'commit' : 'rollback'
  // A change of the base leaves the release as it is, so that it says nothing of the decision.
  return seen.current === release && release !== previous ? 'commit' : 'rollback'
}
