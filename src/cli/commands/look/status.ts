import { exitOfReport } from '../../argv/run-flags.ts'
import { ENVIRONMENT, defineCommand } from '../command.ts'

export const status = defineCommand({
  name: 'status',
  group: 'Look',
  summary: 'show what serves on each server, and whether that is what was deployed',
  details: [
    'Asks the servers themselves: the proxy where requests go, Docker what runs. What differs from',
    'the record is listed as drift; "split" means that servers serve different releases.',
  ],
  arguments: [ENVIRONMENT],
  flags: {},
  examples: ['belay status production', 'belay status production --json | jq .event.data.serving'],
  changes: false,
  async run({ session }) {
    const { config } = await session.openApp({ isLenient: true })
    const world = await session.openWorld()
    const operation = await import('../../../operations/look/status.ts')
    const { renderStatus } = await import('../../output/answers/status.ts')
    const report = await operation.status(world, config)
    session.reporter.answer({ of: 'status', data: report, render: renderStatus })
    return exitOfReport(report)
  },
})
