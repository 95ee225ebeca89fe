import { EXIT } from '../../../base/exit.ts'
import { ENVIRONMENT, defineCommand } from '../command.ts'

export const show = defineCommand({
  name: 'show',
  group: 'Look',
  summary: 'tell a run again: its plan, its steps, its checks and how it ended',
  details: ['A run is kept on the servers as its receipt. Without a name it is the last run.'],
  arguments: [
    ENVIRONMENT,
    {
      name: 'run',
      summary: 'its name from belay history, or a release: the last run that made it',
      required: false,
    },
  ],
  flags: {},
  examples: ['belay show production r42', 'belay show production 20261121-074800-k3f9'],
  changes: false,
  async run({ session }) {
    const { config, rest } = await session.openApp({ isLenient: true })
    const world = await session.openWorld()
    const { showRun } = await import('../../../operations/look/history.ts')
    const { renderRun } = await import('../../output/answers/run.ts')
    const report = await showRun(world, config, rest[0])
    session.reporter.answer({ of: 'show', data: report, render: renderRun })
    return EXIT.ok
  },
})
