import type { AppConfig } from '../../config/app-config.ts'
import type { Lease } from '../../plan/observed.ts'
import type { World } from '../world.ts'
import { type Unseen, withSurvey } from './survey.ts'

export interface LeaseReport {
  readonly app: string
  readonly environment: string
  readonly hosts: readonly { readonly host: string; readonly lease: Lease | null }[]
  readonly unreachable: readonly Unseen[]
}

/** Who may change the app right now, on each host. */
export function showLease(world: World, config: AppConfig): Promise<LeaseReport> {
  const { app, environment } = config
  return withSurvey(world, config, async ({ seen, unseen }) => ({
    app,
    environment,
    hosts: seen.map(({ host, observed: { lease } }) => ({
      host,
      lease: lease !== undefined && lease.secondsLeft > 0 ? lease : null,
    })),
    unreachable: unseen,
  }))
}

/** Takes the lease from whoever holds it: fenced off, they can change nothing any more. */
export function breakLease(world: World, config: AppConfig): Promise<LeaseReport> {
  const { app, environment } = config
  return withSurvey(world, config, async ({ seen, unseen }) => ({
    app,
    environment,
    hosts: await Promise.all(
      seen.map(async ({ host, link }) => ({ host, lease: (await link.breakLease()) ?? null })),
    ),
    unreachable: unseen,
  }))
}
