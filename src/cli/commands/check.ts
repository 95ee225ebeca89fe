import { EXIT } from '../../base/exit.ts'
import { toggle } from '../argv/flags.ts'
import { ENVIRONMENT, defineCommand } from './command.ts'

export const check = defineCommand({
  name: 'check',
  group: 'Start',
  summary: 'check belay.yaml and the compose file, without reaching a server',
  details: [
    'Finds every mistake in belay.yaml at once, lets compose judge its own file, and says which',
    'parts of it cannot be honoured and what would be changed in the rendered copy.',
  ],
  arguments: [ENVIRONMENT],
  flags: { explain: toggle('every setting with its value, defaults included') },
  examples: ['belay check production', 'belay check production --explain'],
  changes: false,
  async run({ session, flags }) {
    const { config, loaded } = await session.openApp()
    const world = await session.openWorld({ servers: false })
    const { readSourceAlone } = await import('../../operations/draft/source.ts')
    const reading = readSourceAlone(world, config)
    const [operation, { renderCheck }] = await Promise.all([
      import('../../operations/look/check.ts'),
      import('../output/answers/check.ts'),
    ])
    const data = await operation.check(world, loaded, { reading, isExplained: flags.explain })
    session.reporter.answer({ of: 'check', data, render: renderCheck })
    return EXIT.ok
  },
})
