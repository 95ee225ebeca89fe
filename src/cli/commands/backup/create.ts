import { exitOfReport, RUN_FLAGS } from '../../argv/run-flags.ts'
import { ENVIRONMENT, defineCommand } from '../command.ts'

export const backupCreate = defineCommand({
  name: 'backup create',
  group: 'Operate',
  summary: 'back up what `backup:` names, on every server',
  details: [
    'Each backup is made on its server, packed, readable by its owner alone, and read back to its end',
    'before it counts. Nothing that serves is stopped; an SQLite file whose container has no sqlite3,',
    'and a volume with `pause`, halt what writes while they are copied.',
    'Deployments do the same before they change anything.',
  ],
  arguments: [ENVIRONMENT],
  flags: RUN_FLAGS,
  examples: ['belay backup create production'],
  changes: true,
  async run({ session, flags }) {
    const { config } = await session.openApp({ isLenient: true })
    const world = await session.openWorld()
    const { createBackups } = await import('../../../operations/backups/create.ts')
    const { renderBackups } = await import('../../output/answers/backups/list.ts')
    const { dryRun, steal, wait: waitMs } = flags
    const report = await createBackups(world, { config, dryRun, steal, waitMs })
    session.reporter.answer({ of: 'backups', data: report, render: renderBackups })
    return exitOfReport(report)
  },
})
