import { toggle } from '../../argv/flags.ts'
import { exitOfReport, RUN_FLAGS } from '../../argv/run-flags.ts'
import { ENVIRONMENT, defineCommand } from '../command.ts'

export const backupVerify = defineCommand({
  name: 'backup verify',
  group: 'Operate',
  summary: 'read a backup back to its end, and compare it with what was written',
  details: ['Without a name: the newest of each thing on each server.'],
  arguments: [
    ENVIRONMENT,
    {
      name: 'backup',
      summary: 'as `belay backup list` calls it; the newest of each when left out',
      required: false,
    },
  ],
  flags: {
    ...RUN_FLAGS,
    restore: toggle('also restore it into a throw-away container, and compare'),
  },
  examples: ['belay backup verify production', 'belay backup verify production 20261121-153012-db'],
  changes: true,
  async run({ session, flags }) {
    const { config, rest } = await session.openApp({ isLenient: true })
    const [backup] = rest
    const world = await session.openWorld()
    const { verifyBackups } = await import('../../../operations/backups/verify.ts')
    const { renderBackups } = await import('../../output/answers/backups/list.ts')
    const { dryRun, steal, wait: waitMs, restore } = flags
    const one = backup === undefined ? {} : { backup }
    const report = await verifyBackups(world, { config, restore, dryRun, steal, waitMs, ...one })
    session.reporter.answer({ of: 'backups', data: report, render: renderBackups })
    return exitOfReport(report)
  },
})
