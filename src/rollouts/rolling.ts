import type { Instruction } from '../plan/instruction.ts'
import type { PlannedStep } from '../plan/plan.ts'
import type { ReleaseService } from '../plan/release.ts'
import {
  type Replacement,
  type Rollout,
  drainOld,
  leaveNew,
  proveStep,
  routeTo,
  startOld,
  stopOld,
  surviveReboot,
} from './rollout.ts'

/**
 * Batches of replicas, from one slot to the other. While old replicas of a batch stop, the new
 * ones carry everything (a slot drains as a whole); then both share by weight until the next batch.
 */
export const rolling: Rollout = {
  kind: 'rolling',

  startsWith: (service) => batches(service)[0]?.replicas ?? 'all',

  steps: (replacements) =>
    replacements.flatMap((each) =>
      batches(each.service).flatMap((batch) => batchSteps(each, batch)),
    ),

  back: (replacements) => [
    ...startOld(replacements),
    ...leaveNew(replacements, 'all that is open'),
  ],

  forward: (replacements) => [
    ...drainOld(replacements, 'all that is open'),
    ...stopOld(replacements),
  ],
}

interface Batch {
  readonly number: number
  /** New replicas that run in this batch. */
  readonly replicas: number
  /** The share of requests that the new ones get afterwards, in percent. */
  readonly share: 25 | 50 | 75 | 100
}

/** At most four batches; a share is the nearest that a token can say. */
function batches(service: ReleaseService): Batch[] {
  const total = service.containers.length
  const count = Math.min(total, 4)
  return Array.from({ length: count }, (_, index) => {
    const replicas = Math.ceil((total * (index + 1)) / count)
    return { number: index + 1, replicas, share: shareOf(replicas / total) }
  })
}

function shareOf(part: number): Batch['share'] {
  if (part >= 1) return 100
  if (part < 0.375) return 25
  return part < 0.625 ? 50 : 75
}

function batchSteps(replacement: Replacement, batch: Batch): PlannedStep[] {
  const { service } = replacement
  const name = `${service.name}-${batch.number}`
  const first = batch.number === 1
  const grow: PlannedStep[] = first
    ? []
    : [change(`grow-${name}`, `run ${batch.replicas} of the new ${service.name}`, [grown()])]
  const { replicas } = batch
  const because = `${replicas} of ${service.containers.length} replicas are new now`
  const prove = first ? [] : [proveStep([service], { id: `prove-${name}`, because, replicas })]
  return [...grow, ...prove, move()]

  /** Scaling containers that are kept would make compose remove the rest of them. */
  function grown(): Instruction {
    const { project, file, slot, kept } = replacement
    if (kept) return { do: 'start', containers: service.containers.slice(0, batch.replicas) }
    const scale = { [service.key]: batch.replicas }
    return { do: 'up', project, file, slot, services: [service.key], scale }
  }

  function move(): PlannedStep {
    const title = `give the new ${service.name} ${batch.share} % of the requests`
    return { ...change(`shift-${name}`, title, shift(replacement, batch)), movesTraffic: true }
  }

  function change(id: string, title: string, instructions: Instruction[]): PlannedStep & Changing {
    const timeoutSeconds = 60 + service.drainSeconds + service.stopGraceSeconds
    const because = service.because
    return { kind: 'change', id, title, because, instructions, timeoutSeconds, movesTraffic: false }
  }
}

type Changing = Extract<PlannedStep, { kind: 'change' }>

/** The last batch stops nothing: its old replicas wait for the confirm. */
function shift(replacement: Replacement, batch: Batch): Instruction[] {
  const all = routeTo([replacement], replacement.slot)
  if (batch.share === 100) return [...all, ...surviveReboot([replacement])]
  const spare = { ...replacement, old: oldBeyond(replacement, batch) }
  if (spare.old === undefined || spare.old.containers.length === 0) return all
  const share = replacement.slot === 'b' ? batch.share : 100 - batch.share
  const mixed = routeTo([replacement], `b${share}`)
  return [...all, ...drainOld([spare], 'all that is open'), ...stopOld([spare]), ...mixed]
}

function oldBeyond({ old, service }: Replacement, batch: Batch): Replacement['old'] {
  if (old === undefined) return undefined
  const staying = service.containers.length - batch.replicas
  return { ...old, containers: old.containers.slice(staying) }
}
