import { exitOfReport } from '../../argv/run-flags.ts'
import { ENVIRONMENT, defineCommand } from '../command.ts'

export const leaseShow = defineCommand({
  name: 'lease show',
  group: 'Operate',
  summary: 'show who is changing the app right now, since when and until when',
  details: [],
  arguments: [ENVIRONMENT],
  flags: {},
  examples: ['belay lease show production'],
  changes: false,
  async run({ session }) {
    const { config } = await session.openApp({ isLenient: true })
    const world = await session.openWorld()
    const { showLease } = await import('../../../operations/look/lease.ts')
    const { renderLease } = await import('../../output/answers/lease.ts')
    const report = await showLease(world, config)
    session.reporter.answer({ of: 'lease', data: report, render: renderLease })
    return exitOfReport(report)
  },
})
