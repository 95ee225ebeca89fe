import { count } from '../../argv/flags.ts'
import { exitOfReport } from '../../argv/run-flags.ts'
import { ENVIRONMENT, defineCommand } from '../command.ts'

export const history = defineCommand({
  name: 'history',
  group: 'Look',
  summary: 'list the last runs and the releases that are kept',
  details: ['Read from the journals on the servers: every machine with access sees the same.'],
  arguments: [ENVIRONMENT],
  flags: { limit: count(20, 'how many runs', 'n') },
  examples: ['belay history production', 'belay history production -n 100'],
  changes: false,
  async run({ session, flags }) {
    const { config } = await session.openApp({ isLenient: true })
    const world = await session.openWorld()
    const operation = await import('../../../operations/look/history.ts')
    const { renderHistory } = await import('../../output/answers/history.ts')
    const report = await operation.history(world, config, flags.limit)
    session.reporter.answer({ of: 'history', data: report, render: renderHistory })
    return exitOfReport(report)
  },
})
