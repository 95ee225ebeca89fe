import { defineFailure } from '../../base/failure.ts'

export const backupFailed = defineFailure<{ host: string; of: string; reason: string }>({
  code: 'BACKUP_FAILED',
  exit: 'unavailable',
  message: ({ host, of, reason }) => `${of} could not be backed up on ${host}: ${reason}`,
  hint: () =>
    'nothing was changed, and what served still serves; mend it and try `belay backup create`',
})

export const nothingToBackUp = defineFailure<object>({
  code: 'NO_BACKUP_CONFIGURED',
  exit: 'input',
  message: () => 'belay.yaml names nothing to back up',
  hint: () => 'say what holds data, such as `backup: [{ postgres: db }]`',
})

export const backupSubjectUnknown = defineFailure<{
  name: string
  what: 'service' | 'volume'
  subject: string
  known: readonly string[]
}>({
  code: 'BACKUP_SUBJECT_UNKNOWN',
  exit: 'input',
  message: ({ name, what, subject }) =>
    `backup ${name}: the compose file has no ${what} ${JSON.stringify(subject)}`,
  hint: ({ known }) =>
    known.length === 0 ? 'it has none at all' : `it has: ${known.join(', ')}; see \`belay check\``,
})

export const backupUnknown = defineFailure<{ backup: string; newest: readonly string[] }>({
  code: 'UNKNOWN_BACKUP',
  exit: 'input',
  message: ({ backup }) => `there is no backup ${JSON.stringify(backup)} of this app here`,
  hint: ({ newest }) =>
    newest.length === 0
      ? '`belay backup create` makes the first one'
      : `the newest are: ${newest.join(', ')}; \`belay backup list\` shows all`,
})

export const backupDamaged = defineFailure<{ host: string; backup: string; reason: string }>({
  code: 'BACKUP_DAMAGED',
  exit: 'unavailable',
  message: ({ host, backup, reason }) => `${backup} on ${host} is no good backup: ${reason}`,
  hint: () => '`belay backup list` shows the others; `belay backup create` makes a new one',
})

export const backupNotOurs = defineFailure<{ backup: string; app: string; environment: string }>({
  code: 'BACKUP_OF_ANOTHER',
  exit: 'input',
  message: ({ backup, app, environment }) =>
    `${backup} is a backup of ${app} in ${environment}, not of this app here`,
  hint: () => 'somebody put it there by hand; `belay backup list` shows the own ones',
})

export const backupTargetGone = defineFailure<{ backup: string; name: string; kind: string }>({
  code: 'BACKUP_HAS_NO_PLACE',
  exit: 'input',
  message: ({ backup, name, kind }) =>
    `${backup} is of ${name} (${kind}), which is not under \`backup:\` any more, or not on the server`,
  hint: ({ name, kind }) =>
    `name it again as it was: backup: [{ ${kind}: … }], called ${name}; or put it back by hand, as ` +
    'the guide says',
})

export const restoreFailed = defineFailure<{ host: string; backup: string; reason: string }>({
  code: 'RESTORE_FAILED',
  exit: 'rolledBack',
  message: ({ host, backup, reason }) => `${backup} could not be restored on ${host}: ${reason}`,
  hint: () => 'the data is as it was before, and what was stopped runs again',
})

export const restoreLost = defineFailure<{
  host: string
  backup: string
  safety: string | null
  folder: string
}>({
  code: 'RESTORE_LEFT_HALF',
  exit: 'critical',
  message: ({ host, backup }) =>
    `${backup} could not be restored on ${host}, and what was there before could not be put back`,
  hint: ({ safety, folder }) =>
    safety === null
      ? 'no copy was made before: look at the lines above, and restore another backup'
      : `it is safe in ${folder}/${safety}: mend what is told above, then \`belay backup restore ` +
        `${safety} --without-copy\``,
})

export const restoreUnproved = defineFailure<{ host: string; release: string; backup: string }>({
  code: 'RESTORE_UNPROVED',
  exit: 'critical',
  message: ({ host, release, backup }) =>
    `${backup} is restored on ${host}, and ${release} does not pass its checks with it`,
  hint: () =>
    'go back to the release that the data belongs to (`belay rollback`), or restore the backup that ' +
    'was made before, as told above',
})

export const noWayBack = defineFailure<{ host: string; release: string; of: string }>({
  code: 'NO_BACKUP_OF_RELEASE',
  exit: 'input',
  message: ({ host, release, of }) =>
    `${host} has no backup of ${of} as ${release} left it, so the data cannot go back with it`,
  hint: () =>
    'without --restore the release goes back, and the data stays as it is; `belay backup list` shows ' +
    'what could be put back by `belay backup restore`',
})
