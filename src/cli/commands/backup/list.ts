import { exitOfReport } from '../../argv/run-flags.ts'
import { ENVIRONMENT, defineCommand } from '../command.ts'

export const backupList = defineCommand({
  name: 'backup list',
  group: 'Operate',
  summary: 'list the backups that lie on the servers, the newest first',
  details: ['Of each: what it holds, since when, how large it is, and when it was last read back.'],
  arguments: [ENVIRONMENT],
  flags: {},
  examples: ['belay backup list production'],
  changes: false,
  async run({ session }) {
    const { config } = await session.openApp({ isLenient: true })
    const world = await session.openWorld()
    const { listBackups } = await import('../../../operations/backups/list.ts')
    const { renderBackups } = await import('../../output/answers/backups/list.ts')
    const report = await listBackups(world, config)
    session.reporter.answer({ of: 'backups', data: report, render: renderBackups })
    return exitOfReport(report)
  },
})
