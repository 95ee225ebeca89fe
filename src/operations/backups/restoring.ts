import { backupOf, proofOf } from '../../backups/index.ts'
import type { AppConfig } from '../../config/app-config.ts'
import type { BackupTarget } from '../../config/pipeline/backup-target.ts'
import type { BackupRecord, Restoring } from '../../plan/backup.ts'
import type { Observed } from '../../plan/observed.ts'
import type { Release } from '../../plan/release.ts'
import { longRunning } from '../../rollouts/lists.ts'
import { backupDamaged, backupNotOurs, backupTargetGone } from './failures.ts'
import { type Subject, subjectOn } from './subjects.ts'

/** One backup of a host, and the place that it is put back into. */
export interface Return {
  readonly host: string
  readonly record: BackupRecord
  readonly subject: Subject
  readonly restoring: Restoring
  /** Prints what shows that it works. */
  readonly check: string | null
  /** What must not write meanwhile. */
  readonly stop: readonly string[]
}

/** Where a backup goes back to; refused where that is not plain. */
export function returnOf(
  config: AppConfig,
  { observed, record, serving }: { observed: Observed; record: BackupRecord; serving: Release },
): Return {
  const { host } = observed
  const { about, id } = record
  if (about.app !== config.app || about.environment !== config.environment) {
    throw backupNotOurs({ backup: id, app: about.app, environment: about.environment })
  }
  if (record.damaged) {
    throw backupDamaged({ host, backup: id, reason: 'its file is gone, or has another size' })
  }
  const target = targetOf(config, record)
  const subject = target && subjectOn(observed, serving, target)
  if (subject === undefined)
    throw backupTargetGone({ backup: id, name: about.name, kind: about.kind })
  const { how, check = null } = backupOf(subject.target).restore(subject.target)
  const { volume, container } = subject
  const restoring = {
    container,
    how: how.way === 'volume' && volume !== undefined ? { ...how, volume } : how,
    proof: proofOf(about.kind),
    graceSeconds: Math.max(0, ...serving.services.map((service) => service.stopGraceSeconds)),
  }
  return { host, record, subject, restoring, check, stop: longRunning(serving) }
}

function targetOf({ backup }: AppConfig, { about }: BackupRecord): BackupTarget | undefined {
  return backup.find(({ name, kind }) => name === about.name && kind === about.kind)
}
