import type { AppConfig } from '../../config/app-config.ts'
import { Failure } from '../../base/failure.ts'
import { servingRelease } from '../../rollouts/old-release.ts'
import { nothingServes } from '../failures.ts'
import {
  type Fleet,
  anchorOf,
  closeFleet,
  connectFleet,
  each,
  hostNamed,
  observeFleet,
  observedOn,
} from '../fleet.ts'
import { giveBack, takeLeases } from '../run/leases.ts'
import { recover } from '../run/recover.ts'
import type { World } from '../world.ts'
import { nothingToBackUp } from './failures.ts'
import { type BackupsReport, reportOf } from './list.ts'
import { mustKnow } from './subjects.ts'
import { takeBackups } from './take.ts'

export interface CreateRequest {
  readonly config: AppConfig
  readonly steal: boolean
  readonly waitMs: number
  readonly dryRun: boolean
}

/** Backs up what is configured, now. Under the lease: nothing is deployed meanwhile. */
export async function createBackups(world: World, request: CreateRequest): Promise<BackupsReport> {
  const { config, steal, waitMs } = request
  if (config.backup.length === 0) throw nothingToBackUp({})
  const seen = await connectFleet(world, config)
  try {
    const shape = shapeOn(seen)
    mustKnow(config.backup, shape)
    if (request.dryRun) return reportOf(world, config, seen)
    const run = world.newRun()
    const ttlSeconds = config.watchdogSeconds
    const want = { run, purpose: `backup of ${config.environment}`, ttlSeconds, steal, waitMs }
    const leased = await takeLeases(world, seen, want)
    try {
      const fleet = await recover(world, leased)
      await takeBackups(world, { config, fleet, shape, run, purpose: 'by-hand' })
      const after = await observeFleet(fleet)
      await note(world, after, { run, before: fleet })
      return reportOf(world, config, after)
    } finally {
      await giveBack(leased)
    }
  } finally {
    await closeFleet(seen)
  }
}

/** What the app is made of, as the release that serves says. */
export function shapeOn(fleet: Fleet) {
  const serving = servingRelease(observedOn(fleet, anchorOf(fleet)))
  if (serving === undefined) throw nothingServes({ host: anchorOf(fleet) })
  return serving
}

/** For `history`. That it is not written down makes no backup worse. */
async function note(
  world: World,
  after: Fleet,
  { run, before }: { run: string; before: Fleet },
): Promise<void> {
  await each(after.names, async (name) => {
    const known = new Set(observedOn(before, name).backups.map(({ id }) => id))
    const backups = observedOn(after, name).backups.flatMap(({ id }) => (known.has(id) ? [] : [id]))
    const { current } = observedOn(after, name)
    const text = `backed up: ${backups.join(', ')}`
    const entry = { type: 'run-finished', run, purpose: 'backup', release: current ?? '' }
    try {
      const { owner } = world
      await hostNamed(after, name).note({ ...entry, outcome: 'confirmed', owner, text, backups })
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      const warning = `the journal could not be written: ${error.message}`
      world.tell({ type: 'warning', code: 'JOURNAL_NOT_WRITTEN', text: warning })
    }
  })
}
