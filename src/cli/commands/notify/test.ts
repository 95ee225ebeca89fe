import { EXIT } from '../../../base/exit.ts'
import { ENVIRONMENT, defineCommand } from '../command.ts'

export const notifyTest = defineCommand({
  name: 'notify test',
  group: 'Operate',
  summary: 'send a test message to everyone that is told of runs, and say what came of it',
  details: [
    'Reaches no server. Ends with 3 when somebody could not be told; a channel whose variable is',
    'not set here counts as one.',
  ],
  arguments: [ENVIRONMENT],
  flags: {},
  examples: ['belay notify test production'],
  changes: false,
  async run({ session }) {
    const { config } = await session.openApp()
    const world = await session.openWorld({ servers: false })
    const operation = await import('../../../operations/notify-test.ts')
    const { renderNotifyTest } = await import('../../output/answers/notify-test.ts')
    const data = await operation.notifyTest(world, config)
    session.reporter.answer({ of: 'notify-test', data, render: renderNotifyTest })
    const isGood = data.channels.every(
      ({ outcome }) => outcome === 'told' || outcome === 'elsewhere',
    )
    return isGood ? EXIT.ok : EXIT.unavailable
  },
})
