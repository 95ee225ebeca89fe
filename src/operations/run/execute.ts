import type { AppConfig } from '../../config/app-config.ts'
import type { RunEnd } from '../../pipeline/run.ts'
import type { Plan } from '../../plan/plan.ts'
import { carryOut } from './carry-out.ts'
import { interruptedByCaller } from '../failures.ts'
import type { Fleet } from '../fleet.ts'
import { keepLeases } from './leases.ts'
import type { Stages } from '../draft/stage.ts'
import type { World } from '../world.ts'

export interface ExecuteRequest {
  readonly config: AppConfig
  readonly plan: Plan
  readonly stages: Stages
  readonly fleet: Fleet
  readonly roundTripsBefore: ReadonlyMap<string, number>
  readonly run: string
  readonly ttlSeconds: number
}

/** Carries a plan out while the leases are kept alive, and until somebody interrupts. */
export async function execute(world: World, request: ExecuteRequest): Promise<RunEnd> {
  const { config, plan, stages, fleet, run, ttlSeconds, roundTripsBefore } = request
  const leases = keepLeases(world, fleet, ttlSeconds)
  const interrupted = Promise.race([aborted(world.signal), leases.lost])
  try {
    const { hosts, here } = fleet
    const proof = config.proof
    return await carryOut({
      world,
      run,
      plan,
      hosts,
      here,
      stages,
      proof,
      roundTripsBefore,
      interrupted,
    })
  } finally {
    leases.stop()
  }
}

function aborted(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    const stop = () => resolve(interruptedByCaller({}))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}
