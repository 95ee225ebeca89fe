import { EXIT } from '../../base/exit.ts'
import { ENVIRONMENT, defineCommand } from './command.ts'

export const test = defineCommand({
  name: 'test',
  group: 'Start',
  summary: "run the app's own tests, as a deployment would before anything else",
  details: [
    'Runs the commands of `test` in belay.yaml in their order, each within its time, and judges',
    'the coverage they wrote. The first that fails ends it, with code 6. It reaches no server.',
  ],
  arguments: [ENVIRONMENT],
  flags: {},
  examples: ['belay test', 'belay test production --verbose   with everything that they print'],
  changes: false,
  async run({ session }) {
    const { config } = await session.openApp()
    const world = await session.openWorld({ servers: false })
    const { runTests } = await import('../../operations/tests/run-tests.ts')
    const { renderTests } = await import('../output/answers/tests.ts')
    const data = { environment: config.environment, tests: await runTests(world, config.tests) }
    session.reporter.answer({ of: 'test', data, render: renderTests })
    return EXIT.ok
  },
})
