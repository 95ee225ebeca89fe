import type { Tolerance } from './checker.ts'
import { SimulatedFleet } from './simulated-fleet.ts'
import type { Shop } from './shop.ts'

/** A first deployment is the same each time, so each kind of shop meets it once. */
const known = new Map<string, Promise<SimulatedFleet>>()

/** A fleet on which version 1 serves. */
export async function serving(shop: Partial<Shop>, tolerance?: Tolerance): Promise<SimulatedFleet> {
  const key = JSON.stringify(shop)
  const first = known.get(key) ?? firstDeployed(shop)
  known.set(key, first)
  return (await first).copy(tolerance)
}

async function firstDeployed(shop: Partial<Shop>): Promise<SimulatedFleet> {
  const fleet = new SimulatedFleet(shop)
  const { exit, codes } = await fleet.deploy({ version: 1 })
  if (exit !== 0) throw new Error(`the first deployment ended ${exit}: ${codes.join()}`)
  // The watchdogs look once more, and see that it is over.
  await fleet.clock.pass(2000)
  return fleet
}
