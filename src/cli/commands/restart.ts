import { RUN_FLAGS, runRequest } from '../argv/run-flags.ts'
import { recordedRun } from '../records/recorded-run.ts'
import { ENVIRONMENT, defineCommand } from './command.ts'

export const restart = defineCommand({
  name: 'restart',
  group: 'Operate',
  summary: 'start the serving release afresh, without a gap',
  details: [
    'New containers of the very same release are started, proved and given the traffic; then the',
    'old ones drain and stop. If the new ones do not prove themselves, the old ones stay.',
  ],
  arguments: [ENVIRONMENT],
  flags: RUN_FLAGS,
  examples: ['belay restart production'],
  changes: true,
  async run({ session, flags }) {
    const { config } = await session.openApp()
    const question = {
      command: 'restart',
      what: 'replaces what serves',
      ask: `Restart ${config.app} in ${config.environment}?`,
    }
    const request = runRequest(session, config, { flags, question })
    const operation = await import('../../operations/restart.ts')
    return recordedRun(session, flags, (world) => operation.restart(world, request))
  },
})
