import { backupOf } from '../../backups/index.ts'
import type { BackupInstruction } from '../../plan/instruction.ts'
import type { Subject } from './subjects.ts'

/** Restores a backup into a throw-away container, and compares. */
export function trialOf(
  { target, container, volume }: Subject,
  backup: string,
  otherwise: 'keep' | 'forget',
): BackupInstruction {
  const way = backupOf(target).trial(target)
  const how = way.way === 'volume' && volume !== undefined ? { ...way, volume } : way
  return { do: 'try-backup', backup, container, otherwise, how }
}
