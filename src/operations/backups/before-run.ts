import type { AppConfig } from '../../config/app-config.ts'
import type { Note, Plan } from '../../plan/plan.ts'
import { backupOf } from '../../backups/index.ts'
import type { Fleet } from '../fleet.ts'
import { hasCode, messageOf } from '../messages.ts'
import { inPhase } from '../run/phase.ts'
import type { World } from '../world.ts'
import { takeBackups } from './take.ts'

/** What the plan says of the time before anything changes. */
export function backupNotes({ backup, backups }: AppConfig): Note[] {
  if (backup.length === 0) return []
  const what = backup.map((target) => backupOf(target).title(target)).join(', ')
  const otherwise = backups.required ? 'without it nothing begins' : 'without it there is a warning'
  return [
    { level: 'info', about: 'backup', text: `${what}, before anything changes; ${otherwise}` },
  ]
}

/**
 * The backups that a run needs before it changes anything. Nothing is held or stopped yet, so that one
 * which fails has cost nothing: what served goes on.
 */
export async function backUpBefore(
  world: World,
  { config, plan, fleet, run }: { config: AppConfig; plan: Plan; fleet: Fleet; run: string },
): Promise<void> {
  if (config.backup.length === 0) return
  const purpose = plan.purpose === 'base' ? 'base' : 'deploy'
  const before = plan.purpose === 'base' ? {} : { before: plan.release.id }
  const request = { config, fleet, shape: plan.release, run, purpose, ...before } as const
  try {
    await inPhase(world, { phase: 'backup', title: 'back up' }, () => takeBackups(world, request))
  } catch (error) {
    if (config.backups.required || !hasCode(error, 'BACKUP_FAILED')) throw error
    world.tell({ type: 'warning', code: error.code, text: messageOf(error) })
  }
}
