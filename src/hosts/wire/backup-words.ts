import type { BackupProof, BackupWay, RestoreWay, TrialWay } from '../../plan/backup.ts'
import type { BackupInstruction } from '../../plan/instruction.ts'

/** Scripts and texts travel in base64, in one safe word each. */
export function wordsOfBackup(it: BackupInstruction): readonly string[] {
  switch (it.do) {
    case 'back-up':
      return [
        it.backup,
        it.ending,
        it.container,
        String(Math.ceil(it.neededBytes / 1024 ** 2)),
        base64(JSON.stringify(it.about)),
        it.size === undefined ? '-' : base64(it.size),
        ...proofWords(it.proof),
        ...wayWords(it.how),
      ]
    case 'check-backup':
      return [it.backup, ...proofWords(it.proof)]
    case 'forget-backup':
      return it.backups
    case 'restore-backup':
      return [
        it.backup,
        it.safety ?? 'none',
        it.container,
        String(it.graceSeconds),
        it.after,
        ...proofWords(it.proof),
        it.check === null ? '-' : base64(it.check),
        ...restoreWords(it.how),
        ...it.stop,
      ]
    case 'undo-restore':
      return [
        it.safety,
        it.container,
        String(it.graceSeconds),
        ...proofWords(it.proof),
        ...restoreWords(it.how),
        ...it.start,
        'without',
        ...it.stop,
      ]
    case 'try-backup':
      return [it.backup, it.container, it.otherwise, ...trialWords(it.how)]
    default:
      return it satisfies never
  }
}

function trialWords(it: TrialWay): readonly string[] {
  switch (it.way) {
    case 'rows':
      return [it.way, base64(it.script), base64(it.before)]
    case 'load':
      return [it.way, base64(it.script), '-']
    case 'file':
      return [it.way, base64(it.path), '-']
    case 'volume':
      return [it.way, base64(it.volume), '-']
    default:
      return it satisfies never
  }
}

function wayWords(it: BackupWay): readonly string[] {
  switch (it.way) {
    case 'script':
      return [it.way, base64(it.script)]
    case 'file':
      return [it.way, base64(it.path)]
    case 'volume':
      return [it.way, base64(it.volume), ...(it.pause ? ['pause'] : [])]
    default:
      return it satisfies never
  }
}

function restoreWords(it: RestoreWay): readonly string[] {
  switch (it.way) {
    case 'script':
      return [it.way, it.keepsOld ? 'keeps' : 'loses', base64(it.script)]
    case 'file':
      return [it.way, 'keeps', base64(it.path)]
    case 'volume':
      return [it.way, 'loses', base64(it.volume)]
    default:
      return it satisfies never
  }
}

function proofWords(proof: BackupProof): readonly string[] {
  return [proof.kind, proof.kind === 'tar' ? '-' : base64(proof.text)]
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
