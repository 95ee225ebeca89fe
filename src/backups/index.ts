import type { BackupTarget } from '../config/pipeline/backup-target.ts'
import type { BackupProof } from '../plan/backup.ts'
import type { Backup } from './backup.ts'
import { mysql } from './mysql.ts'
import { postgres } from './postgres.ts'
import { redis } from './redis.ts'
import { sqlite } from './sqlite.ts'
import { volume } from './volume.ts'

/** Every kind of data that can be backed up. */
export const BACKUPS = { postgres, mysql, redis, sqlite, volume } as const

/** What shows that a backup of this kind is whole, whatever `belay.yaml` says by now. */
export function proofOf(kind: string): BackupProof {
  const known = Object.values(BACKUPS).find((each) => each.kind === kind)
  return known?.proof ?? { kind: 'tar' }
}

/** The kind of a target, which takes targets of its own kind alone. */
export function backupOf({ kind }: BackupTarget): Backup<BackupTarget> {
  return BACKUPS[kind] as unknown as Backup<BackupTarget>
}
