import { proofOf } from '../../backups/index.ts'
import { Failure } from '../../base/failure.ts'
import type { AppConfig } from '../../config/app-config.ts'
import type { BackupRecord } from '../../plan/backup.ts'
import { newestFirst } from '../../plan/backup.ts'
import type { BackupInstruction } from '../../plan/instruction.ts'
import {
  type Fleet,
  closeFleet,
  connectFleet,
  hostNamed,
  observeFleet,
  observedOn,
} from '../fleet.ts'
import { messageOf } from '../messages.ts'
import { giveBack, takeLeases } from '../run/leases.ts'
import { told } from '../run/told.ts'
import type { World } from '../world.ts'
import { backupDamaged, backupUnknown } from './failures.ts'
import { shapeOn } from './create.ts'
import { type BackupsReport, reportOf } from './list.ts'
import { returnOf } from './restoring.ts'
import { trialOf } from './trial.ts'

export interface VerifyRequest {
  readonly config: AppConfig
  /** The newest of each thing when absent. */
  readonly backup?: string
  /** Also restored into a throw-away container, and compared. */
  readonly restore: boolean
  readonly dryRun: boolean
  readonly steal: boolean
  readonly waitMs: number
}

/** Reads backups back to their end, and compares them with what was written. */
export async function verifyBackups(world: World, request: VerifyRequest): Promise<BackupsReport> {
  const { config, steal, waitMs } = request
  const seen = await connectFleet(world, config)
  try {
    chosen(seen, request.backup)
    if (request.dryRun) return reportOf(world, config, seen)
    const run = world.newRun()
    const purpose = `verifying backups of ${config.environment}`
    const ttlSeconds = config.watchdogSeconds
    const leased = await takeLeases(world, seen, { run, purpose, ttlSeconds, steal, waitMs })
    try {
      const failures = []
      for (const [number, one] of chosen(leased, request.backup).entries()) {
        failures.push(...(await verifyOne(world, leased, { ...one, number: number + 1, request })))
      }
      if (failures[0] !== undefined) throw failures[0]
      return reportOf(world, config, await observeFleet(leased))
    } finally {
      await giveBack(leased)
    }
  } finally {
    await closeFleet(seen)
  }
}

interface Lying {
  readonly host: string
  readonly record: BackupRecord
}

/** One by its name, or the newest of each thing on each host. */
function chosen(fleet: Fleet, wanted: string | undefined): readonly Lying[] {
  const all = fleet.names.flatMap((host) =>
    observedOn(fleet, host)
      .backups.toSorted(newestFirst)
      .map((record) => ({ host, record })),
  )
  const found =
    wanted === undefined
      ? all.filter(
          ({ host, record }, index) =>
            all.findIndex(
              (each) => each.host === host && each.record.about.name === record.about.name,
            ) === index,
        )
      : all.filter(({ record }) => record.id === wanted)
  if (found.length > 0) return found
  throw backupUnknown({
    backup: wanted ?? '',
    newest: all.slice(0, 3).map(({ record }) => record.id),
  })
}

async function verifyOne(
  world: World,
  fleet: Fleet,
  { host, record, number, request }: Lying & { number: number; request: VerifyRequest },
): Promise<Failure[]> {
  const { id } = record
  const step = `verify-${id}`
  const title = `read ${id} back`
  const check = { do: 'check-backup', backup: id, proof: proofOf(record.about.kind) } as const
  const instructions = [check, ...trialsFor(fleet, { host, record }, request)]
  try {
    await told(
      world,
      { step, host, title, because: 'a backup is worth what can be read of it' },
      () =>
        hostNamed(fleet, host).act({
          number,
          title,
          guard: 'none',
          instructions,
          timeoutSeconds: request.config.backups.timeoutSeconds,
          onProgress: (text) => world.tell({ type: 'progress', host, step, text }),
        }),
    )
    return []
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'ACTION_FAILED') throw error
    const reason = error.evidence.at(-1) ?? messageOf(error)
    return [backupDamaged({ host, backup: id, reason }, { cause: error })]
  }
}

/** Where it would go back to says how it is tried; one of nothing that is known cannot be. */
function trialsFor(
  fleet: Fleet,
  { host, record }: Lying,
  { config, restore, backup }: VerifyRequest,
): readonly BackupInstruction[] {
  if (!restore && config.backups.verify !== 'restore') return []
  const { name, kind } = record.about
  const isKnown = config.backup.some((each) => each.name === name && each.kind === kind)
  // Whoever names one has to be told.
  if (!isKnown && backup === undefined) return []
  const place = { observed: observedOn(fleet, host), record, serving: shapeOn(fleet) }
  return [trialOf(returnOf(config, place).subject, record.id, 'keep')]
}
