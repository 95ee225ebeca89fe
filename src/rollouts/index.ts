import type { RolloutKind } from '../base/words.ts'
import { handover } from './handover.ts'
import { overlap } from './overlap.ts'
import { rolling } from './rolling.ts'
import type { Rollout } from './rollout.ts'

/** Every rollout there is. */
export const ROLLOUTS: Readonly<Record<RolloutKind, Rollout>> = { overlap, handover, rolling }
