import { RUN_FLAGS } from '../../argv/run-flags.ts'
import { toggle } from '../../argv/flags.ts'
import { ENVIRONMENT, defineCommand } from '../command.ts'

export const backupRestore = defineCommand({
  name: 'backup restore',
  group: 'Operate',
  summary: 'put a backup back in place of what is there',
  details: [
    'What is there now is backed up first; then what would write to it stops, the backup is put back,',
    'a query shows that it works, and the release starts again and has to prove itself on it. Where it',
    'cannot be restored, what was there stays, or is put back.',
    'Everything that was written since the backup was made is gone then: it takes the typed name.',
  ],
  arguments: [
    ENVIRONMENT,
    { name: 'backup', summary: 'as `belay backup list` calls it', required: true },
  ],
  flags: {
    ...RUN_FLAGS,
    withoutCopy: toggle('also where what is there cannot be backed up; it is lost then'),
  },
  examples: [
    'belay backup restore production 20261121-153012-db',
    'belay backup restore production 20261121-153012-db --dry-run',
  ],
  changes: true,
  async run({ session, flags }) {
    const { config, rest } = await session.openApp({ isLenient: true })
    const [backup = ''] = rest
    const { dryRun, steal, wait: waitMs, withoutCopy } = flags
    const { app, environment } = config
    const question = {
      command: 'backup restore',
      what: 'replaces data',
      ask: `Replace the data of ${app} in ${environment}?`,
      word: backup,
    }
    if (!dryRun) session.consent.mustBePossible(question)
    const world = await session.openWorld()
    const { restoreBackup } = await import('../../../operations/backups/restore.ts')
    const agree = () => session.consent.ask(question)
    const request = { config, backup, withoutCopy, agree, dryRun, steal, waitMs }
    return (await restoreBackup(world, request)).exit
  },
})
