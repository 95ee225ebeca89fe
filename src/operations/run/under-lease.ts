import type { AppConfig } from '../../config/app-config.ts'
import { type WantedImage, shipImages } from '../draft/images.ts'
import { type Fleet, roundTripsOf } from '../fleet.ts'
import type { Planned } from '../plan-deploy.ts'
import type { Outcome } from '../world.ts'
import { conclude } from './conclude.ts'
import { execute } from './execute.ts'
import { giveBack, takeLeases } from './leases.ts'
import type { RecordedWorld } from './recording.ts'
import { recover } from './recover.ts'

/** What tells one kind of run from another. */
export interface RunSetup<P extends Planned = Planned> {
  /** For people who meet the lease: `deploy to production`. */
  readonly purpose: string
  /** Plans from what is seen: again under the lease, as another run may have ended meanwhile. */
  readonly replan: (fleet: Fleet) => P | Promise<P>
  /** What each host needs before anything is touched. */
  readonly images?: (planned: P, fleet: Fleet) => ReadonlyMap<string, readonly WantedImage[]>
  /** Carry a plan out although nothing would change. */
  readonly evenIfSame?: boolean
}

export interface UnderLease<P extends Planned> {
  readonly run: string
  readonly begun: number
  readonly fleet: Fleet
  readonly setup: RunSetup<P>
}

/** Lease → end what was left → plan again → ship → carry out → conclude → give the lease back. */
export async function runUnderLease<P extends Planned>(
  world: RecordedWorld,
  { config, steal, waitMs }: { config: AppConfig; steal: boolean; waitMs: number },
  { run, begun, fleet: seen, setup }: UnderLease<P>,
): Promise<Outcome> {
  const ttlSeconds = config.watchdogSeconds
  const { purpose } = setup
  const roundTripsBefore = roundTripsOf(seen)
  const leased = await takeLeases(world, seen, { run, purpose, ttlSeconds, steal, waitMs })
  try {
    const fleet = await recover(world, leased)
    const planned = await setup.replan(fleet)
    const { plan, stages } = planned
    if (plan.change.kind === 'nothing' && setup.evenIfSame !== true) {
      return await conclude(world, { run, begun, plan, fleet, end: { kind: 'nothing-to-do' } })
    }
    const images = setup.images?.(planned, fleet)
    if (images !== undefined) await shipImages(world, fleet, images)
    const request = { config, plan, stages, fleet, roundTripsBefore, run, ttlSeconds }
    const end = await execute(world, request)
    return await conclude(world, { run, begun, plan, fleet, end: { kind: 'ran', end } })
  } finally {
    await giveBack(leased)
  }
}
