import { toggle } from '../argv/flags.ts'
import { RUN_FLAGS, runRequest } from '../argv/run-flags.ts'
import { recordedRun } from '../recorded-run.ts'
import { ENVIRONMENT, defineCommand } from './command.ts'

export const deploy = defineCommand({
  name: 'deploy',
  group: 'Deploy',
  summary: 'deploy what is here, and keep it only if it proves itself',
  details: [
    'Shows the plan and asks; then builds and ships the images, starts the new release beside the',
    'old one, proves it, moves traffic to it, proves it again and keeps it. If any of that fails,',
    'every server is put back as it was. Without a terminal it needs --yes.',
  ],
  arguments: [ENVIRONMENT],
  flags: {
    ...RUN_FLAGS,
    again: toggle('deploy the same once more, even if it already runs or failed before'),
  },
  examples: [
    'belay deploy                          the only environment',
    'belay deploy production --dry-run     show the plan and stop',
    'belay deploy production --yes         ask nothing, as in CI',
    'belay deploy production --wait 10m    queue behind a run that is under way',
  ],
  changes: true,
  async run({ session, flags }) {
    const { config } = await session.openApp()
    const question = {
      command: 'deploy',
      what: 'changes a server',
      ask: `Deploy ${config.app} to ${config.environment}?`,
    }
    const request = runRequest(session, config, { flags, question })
    const operation = await import('../../operations/deploy.ts')
    return recordedRun(session, flags, (world) =>
      operation.deploy(world, { ...request, again: flags.again }),
    )
  },
})
