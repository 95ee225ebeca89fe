import type { Lease, Observed } from '../../plan/observed.ts'
import { interruptedByCaller } from '../failures.ts'
import { type Fleet, hostNamed, observedOn } from '../fleet.ts'
import { hasCode } from '../messages.ts'
import type { World } from '../world.ts'

/** Renewed four times in its life: three may be lost. */
const RENEWALS_PER_TTL = 4

export interface LeasePurpose {
  readonly run: string
  readonly purpose: string
  readonly ttlSeconds: number
  readonly steal: boolean
  readonly waitMs: number
}

/**
 * Takes the lease on every host: of two runs, the first host by name lets one through, which takes
 * the others at once. Where one of those is held all the same (by a run of fewer hosts), it goes on
 * in the order of their names, so that no two runs wait for each other. On a refusal the ones
 * already taken are given back.
 */
export async function takeLeases(world: World, fleet: Fleet, want: LeasePurpose): Promise<Fleet> {
  const observed = new Map<string, Observed>()
  const deadline = world.clock.monotonic() + want.waitMs
  const take = async (name: string, until: number) => {
    observed.set(name, await takeOne(world, fleet, { ...want, name, deadline: until }))
  }
  try {
    const [first, ...others] = fleet.names
    if (first !== undefined) await take(first, deadline)
    const from = await firstHeld(others, (name) => take(name, 0))
    const again = others.slice(from)
    await giveBack({ ...fleet, names: again.filter((name) => observed.delete(name)) })
    for (const name of again) await take(name, deadline)
  } catch (error) {
    await giveBack({ ...fleet, names: [...observed.keys()] })
    throw error
  }
  return { ...fleet, observed }
}

/** Tries all at once, and tells the place of the first that is held by another: none, the end. */
async function firstHeld(
  names: readonly string[],
  take: (name: string) => Promise<void>,
): Promise<number> {
  const ends = await Promise.allSettled(names.map(take))
  const failed = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
  const other = failed.find((reason) => !hasCode(reason, 'LEASE_HELD'))
  if (other !== undefined) throw other
  const at = ends.findIndex(({ status }) => status === 'rejected')
  return at < 0 ? names.length : at
}

async function takeOne(
  world: World,
  fleet: Fleet,
  want: LeasePurpose & { name: string; deadline: number },
): Promise<Observed> {
  const host = hostNamed(fleet, want.name)
  const { run, purpose, ttlSeconds } = want
  const request = { owner: world.owner, purpose, run, ttlSeconds }
  const victims = want.steal ? heldLeases(fleet) : []
  const from = victims.find(({ host: victim }) => victim === want.name)?.lease
  for (;;) {
    try {
      if (victims.length === 0) return await host.acquire(request)
      const steal = victims.map(({ lease }) => lease.run)
      const observed = await host.acquire({ ...request, steal })
      if (from !== undefined) tellTheft(world, want.name, from)
      return observed
    } catch (error) {
      const late = world.clock.monotonic() >= want.deadline
      if (!hasCode(error, 'LEASE_HELD') || late) throw error
      world.tell({ type: 'progress', host: want.name, text: `waiting: ${error.message}` })
      await world.clock.sleep(1000, world.signal)
      if (world.signal.aborted) throw interruptedByCaller({})
    }
  }
}

/**
 * Those that the thief has seen, on any host: another run's, which came after them, is not meant. But
 * one that was seen on one host may by now have taken the lease of another.
 */
function heldLeases(fleet: Fleet): { readonly host: string; readonly lease: Lease }[] {
  return fleet.names.flatMap((host) => {
    const { lease } = observedOn(fleet, host)
    const isHeld = lease !== undefined && lease.secondsLeft > 0 && RUN.test(lease.run)
    return isHeld ? [{ host, lease }] : []
  })
}

/** What a run is called; a lease with anything else in it can be released by hand. */
const RUN = /^[A-Za-z0-9_.-]+$/

function tellTheft(world: World, host: string, { owner, purpose }: Lease): void {
  const text = `took the lease on ${host} from ${owner} (${purpose})`
  world.tell({ type: 'warning', code: 'LEASE_TAKEN_OVER', text })
}

/** Renews until `stop`; `lost` resolves with the error when a lease went to another. */
export function keepLeases(
  world: World,
  fleet: Fleet,
  ttlSeconds: number,
): { readonly lost: Promise<unknown>; readonly stop: () => void } {
  const stopping = new AbortController()
  const pause = (ttlSeconds * 1000) / RENEWALS_PER_TTL
  const lost = new Promise<unknown>((resolve) => {
    const renew = async (name: string) => {
      for (;;) {
        await world.clock.sleep(pause, stopping.signal)
        if (stopping.signal.aborted) return
        try {
          await hostNamed(fleet, name).renew(ttlSeconds)
        } catch (error) {
          // A link that is down may come back in time; a lease that went to another never does.
          if (hasCode(error, 'FENCED')) return resolve(error)
        }
      }
    }
    for (const name of fleet.names) void renew(name)
  })
  return { lost, stop: () => stopping.abort() }
}

/** Does something that may take longer than a lease lives; it fails when one went to another. */
export async function keepingLeases<T>(
  world: World,
  { fleet, ttlSeconds }: { readonly fleet: Fleet; readonly ttlSeconds: number },
  work: () => Promise<T>,
): Promise<T> {
  const { lost, stop } = keepLeases(world, fleet, ttlSeconds)
  try {
    const gone = lost.then((error) => Promise.reject(error))
    return await Promise.race([work(), gone])
  } finally {
    stop()
  }
}

export async function giveBack(fleet: Pick<Fleet, 'names' | 'hosts'>): Promise<void> {
  await Promise.allSettled(fleet.names.map((name) => hostNamed(fleet, name).release()))
}
