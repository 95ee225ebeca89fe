import type { Stage } from '../../hosts/host.ts'
import type { Observed } from '../../plan/observed.ts'
import type { HostPlan } from '../../plan/plan.ts'
import type { Release } from '../../plan/release.ts'
import { makeHostPlan } from '../../rollouts/host-plan.ts'
import { idleSlot } from '../../rollouts/old-release.ts'
import { json } from '../draft/stage.ts'

/** How a host brings up a release that it keeps, and what is put on it for that. */
export interface BringUp {
  readonly host: HostPlan
  readonly stage?: Stage
}

/** By its own containers where they are there, in the right slot; else by their like, from its record. */
export function bringUp(
  observed: Observed,
  {
    id,
    fold = [],
    forget = [],
  }: { id: string; fold?: readonly string[]; forget?: readonly string[] },
): BringUp {
  const recorded = observed.releases.find((kept) => kept.id === id)?.release
  if (recorded === undefined) throw new Error(`${observed.host} has no ${id}`)
  const slot = idleSlot(observed)
  const release: Release = { ...recorded, slot }
  const kept = slot === recorded.slot && hasContainers(observed, recorded)
  const host = makeHostPlan({ release, observed, kept, fold, forget })
  if (kept) return { host }
  // The other slot: its containers are made anew, and the record says where they are.
  return { host, stage: { release: id, from: id, files: [json('release.json', release)] } }
}

function hasContainers({ containers }: Observed, release: Release): boolean {
  const names = new Set(containers.map(({ name }) => name))
  return release.services
    .filter(({ role }) => role !== 'job')
    .every((service) => service.containers.every((name) => names.has(name)))
}
