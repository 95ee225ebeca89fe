import { EXIT } from '../../../base/exit.ts'
import { ENVIRONMENT, defineCommand } from '../command.ts'

export const compare = defineCommand({
  name: 'compare',
  group: 'Look',
  summary: 'tell what differs between two releases',
  details: [
    'Commits, images, names in the environment and which of their values changed (never the values),',
    'what compose was given, and mounted files: as a server keeps them. Without a second release,',
    'the one that serves is meant.',
  ],
  arguments: [
    ENVIRONMENT,
    { name: 'from', summary: 'a release that is kept, such as r41', required: true },
    { name: 'to', summary: 'another one; the one that serves when left out', required: false },
  ],
  flags: {},
  examples: ['belay compare production r41', 'belay compare production r40 r41'],
  changes: false,
  async run({ session }) {
    const { config, rest } = await session.openApp({ isLenient: true })
    const world = await session.openWorld()
    const [operation, { renderCompare }] = await Promise.all([
      import('../../../operations/compare/compare.ts'),
      import('../../output/answers/compare.ts'),
    ])
    const [from = '', to] = rest
    const data = await operation.compare(world, config, { from, to })
    session.reporter.answer({ of: 'compare', data, render: renderCompare })
    return EXIT.ok
  },
})
