import { EXIT } from '../../../base/exit.ts'
import { count, text, toggle } from '../../argv/flags.ts'
import { ENVIRONMENT, defineCommand } from '../command.ts'

export const logs = defineCommand({
  name: 'logs',
  group: 'Look',
  summary: 'print what the containers wrote, of all servers, in order of time',
  details: [
    'The containers of the serving release, unless another one is named. Values of secrets are',
    'blanked. Databases and caches are included when they are named.',
  ],
  arguments: [
    ENVIRONMENT,
    {
      name: 'service',
      summary: 'one service of the compose file; all when left out',
      required: false,
    },
  ],
  flags: {
    follow: toggle('go on printing what comes, until Ctrl-C', 'f'),
    lines: count(100, 'how many of the last lines of each container', 'n'),
    release: text('id', 'of this release instead of the one that serves'),
    host: text('host', 'of this server only'),
  },
  examples: ['belay logs production web -f', 'belay logs production --release r41 -n 500'],
  changes: false,
  async run({ session, flags }) {
    const { config, rest } = await session.openApp({ isLenient: true })
    const world = await session.openWorld()
    const [operation, { onlyHost }, { renderLogLines }] = await Promise.all([
      import('../../../operations/look/logs.ts'),
      import('../../../operations/look/containers.ts'),
      import('../../output/answers/logs.ts'),
    ])
    const [service] = rest
    const { follow, lines, release, host } = flags
    const wanted = {
      ...(service === undefined ? {} : { service }),
      ...(release === undefined ? {} : { release }),
    }
    await operation.logs(world, onlyHost(config, host), {
      request: { follow, lines, ...wanted },
      onLines: (data) => session.reporter.answer({ of: 'logs', data, render: renderLogLines }),
    })
    return session.signal.aborted ? EXIT.interrupted : EXIT.ok
  },
})
