import type { SimulatedServer } from '../server/simulated-server.ts'
import { SCOPE, SECRET } from '../shop.ts'

/** Is the app's secret in something that is printed, sent or kept to be read? */
export function isToldIn(output: unknown): boolean {
  return JSON.stringify(output ?? null).includes(SECRET)
}

/** Where a server keeps the secret that nobody should find there. */
export function secretsKeptOn(server: SimulatedServer): string[] {
  const { receipts, logs, journal } = server.kit(SCOPE).state
  const kept = { receipts: [...receipts], logs: [...logs], journal }
  return Object.entries(kept).flatMap(([what, lines]) =>
    isToldIn(lines) ? [`the ${what} of ${server.name} hold a secret`] : [],
  )
}
