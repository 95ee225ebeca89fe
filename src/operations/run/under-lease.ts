import type { AppConfig } from '../../config/app-config.ts'
import type { RunEnd } from '../../pipeline/run.ts'
import { receiptOf } from '../../notifications/receipts/receipt.ts'
import type { WantedImage } from '../draft/images.ts'
import { shipImages } from '../ship/ship-images.ts'
import type { PushTarget } from '../ship/targets.ts'
import { type Fleet, hostNamed, roundTripsOf } from '../fleet.ts'
import { messageOf } from '../messages.ts'
import type { Planned } from '../plan-deploy.ts'
import { type Verdict, conclude } from './conclude.ts'
import { execute } from './execute.ts'
import { giveBack, keepingLeases, takeLeases } from './leases.ts'
import type { Run } from './one-run.ts'
import { inPhase } from './phase.ts'
import { recover } from './recover.ts'

/** What tells one kind of run from another. */
export interface RunSetup<P extends Planned = Planned> {
  /** For people who meet the lease: `deploy to production`. */
  readonly purpose: string
  /** Plans from what is seen: again under the lease, as another run may have ended meanwhile. */
  readonly replan: (fleet: Fleet) => P | Promise<P>
  /** What each host needs before anything is touched. */
  readonly images?: (planned: P, fleet: Fleet) => ReadonlyMap<string, readonly WantedImage[]>
  /** What must be safe before anything is touched. */
  readonly backUp?: (planned: P, fleet: Fleet) => Promise<void>
  /** Where images that were built go on their way, by their names. */
  readonly targets?: ReadonlyMap<string, PushTarget>
  /** Carry a plan out although nothing would change. */
  readonly evenIfSame?: boolean
}

export interface UnderLease<P extends Planned> {
  readonly fleet: Fleet
  readonly setup: RunSetup<P>
}

/** Lease → end what was left → plan again → ship → back up → carry out → conclude → give the lease back. */
export async function runUnderLease<P extends Planned>(
  run: Run,
  request: { config: AppConfig; steal: boolean; waitMs: number },
  { fleet: seen, setup }: UnderLease<P>,
): Promise<Verdict> {
  const { steal, waitMs } = request
  const ttlSeconds = request.config.watchdogSeconds
  const want = { run: run.id, purpose: setup.purpose, ttlSeconds, steal, waitMs }
  const roundTripsBefore = roundTripsOf(seen)
  const leased = await inPhase(run.world, { phase: 'lease', title: 'take the lease' }, () =>
    takeLeases(run.world, seen, want),
  )
  run.hold()
  try {
    return await underLease(run, request.config, { setup, leased, roundTripsBefore })
  } catch (error) {
    await noteRefusal(run, leased, error)
    throw error
  } finally {
    await giveBack(leased)
  }
}

async function underLease<P extends Planned>(
  { id: run, begun, world }: Run,
  config: AppConfig,
  { setup, leased, roundTripsBefore }: Leased<P>,
): Promise<Verdict> {
  const ttlSeconds = config.watchdogSeconds
  const fleet = await keepingLeases(world, { fleet: leased, ttlSeconds }, () =>
    recover(world, leased),
  )
  const planned = await setup.replan(fleet)
  const { plan, stages } = planned
  if (plan.change.kind === 'nothing' && setup.evenIfSame !== true) {
    return conclude(world, { run, begun, plan, fleet, end: { kind: 'nothing-to-do' } })
  }
  const images = setup.images?.(planned, fleet)
  if (images !== undefined) {
    const phase = { phase: 'ship', title: 'bring images to the hosts' }
    const { registries } = config
    const ship = { wanted: images, registries, targets: setup.targets ?? new Map() }
    await inPhase(world, phase, () =>
      keepingLeases(world, { fleet, ttlSeconds }, () => shipImages(world, fleet, ship)),
    )
  }
  await setup.backUp?.(planned, fleet)
  const request = { config, plan, stages, fleet, roundTripsBefore, run, ttlSeconds }
  const isGood = ({ outcome }: RunEnd): boolean => outcome === 'confirmed'
  const phase = { phase: 'roll-out', title: 'roll out and prove', isGood }
  const end = await inPhase(world, phase, () => execute(world, request))
  return conclude(world, { run, begun, plan, fleet, end: { kind: 'ran', end } })
}

interface Leased<P extends Planned> {
  readonly setup: RunSetup<P>
  readonly leased: Fleet
  readonly roundTripsBefore: ReadonlyMap<string, number>
}

/** It ended before anything that serves was touched: the journals say so, where they can. */
async function noteRefusal(run: Run, fleet: Fleet, error: unknown): Promise<void> {
  const { purpose, durationMs } = receiptOf([...run.world.recorded()])
  const note = {
    type: 'run-finished',
    run: run.id,
    purpose,
    outcome: 'refused',
    owner: run.world.owner,
    durationMs,
    text: run.world.secrets.scrub(messageOf(error)),
  }
  await Promise.allSettled(fleet.names.map((name) => hostNamed(fleet, name).note(note)))
}
