import type * as z from 'zod/mini'
import { DEFAULTS } from '../defaults.ts'
import { compact, matching, optional, turned } from '../source/leaves.ts'
import { timeout } from './leaves.ts'

export type ResourcesSettings = {
  /** The containers of a service, or the host as a whole. */
  readonly of: 'service' | 'host'
  /** In per cent, all of them: at most this much. */
  readonly memory?: number
  readonly cpu?: number
  readonly disk?: number
  readonly timeoutMs: number
}

/** What may stand below `resources:`. */
export function resourcesKeys() {
  return {
    memory: optional(share(), {
      description: 'At most this much of the memory: of each container’s limit, or of the host’s.',
      examples: ['80%'],
    }),
    cpu: optional(share(), {
      description: 'At most this much of all processors of the host.',
      examples: ['90%'],
    }),
    disk: optional(share(), {
      description: 'At most this full is the disk where Docker keeps its data.',
      examples: ['90%'],
    }),
    timeout: timeout('When to give up.', DEFAULTS.check.commandTimeout),
  }
}

function share() {
  const written = matching(/^([1-9]\d?|100)%$/, 'a share from 1% to 100% is needed, such as 80%')
  return turned(written, (text) => Number.parseInt(text, 10))
}

type Written = z.output<z.ZodMiniObject<ReturnType<typeof resourcesKeys>>>

export function resourcesMistake({ memory, cpu, disk }: Written): string | undefined {
  const all = [memory, cpu, disk]
  return all.every((each) => each === undefined) ? 'memory, cpu or disk is needed' : undefined
}

export function resourcesSettings(
  { memory, cpu, disk, timeout }: Written,
  of: ResourcesSettings['of'],
): ResourcesSettings {
  return compact({ of, memory, cpu, disk, timeoutMs: timeout })
}
