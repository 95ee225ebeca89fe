import type { RolloutKind } from '../base/words.ts'
import type { Replacement } from './rollout.ts'

/** Services that are replaced together. */
export interface Group {
  readonly rollout: RolloutKind
  readonly replacements: readonly Replacement[]
}

/**
 * The order in which services are replaced: those side by side, then those that roll, then those
 * that are handed over; workers last, as an unproved worker takes jobs that nobody gives back.
 */
export function inOrder(replacements: readonly Replacement[]): Group[] {
  const apps = replacements.filter(({ service }) => service.role !== 'worker')
  const workers = replacements.filter(({ service }) => service.role === 'worker')
  const kinds: readonly RolloutKind[] = ['overlap', 'rolling', 'handover']
  return [
    // A worker that may overlap starts with the rest; there is no traffic to turn.
    ...kinds.map((rollout) => ({ rollout, replacements: of(apps, rollout) })),
    ...kinds.map((rollout) => ({ rollout, replacements: of(workers, rollout) })),
  ].filter((group) => group.replacements.length > 0)
}

function of(replacements: readonly Replacement[], rollout: RolloutKind): Replacement[] {
  return replacements.filter(({ service }) => service.rollout === rollout)
}
