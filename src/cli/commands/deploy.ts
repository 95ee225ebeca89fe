import type { AppConfig } from '../../config/app-config.ts'
import { flagsExclude } from '../failures.ts'
import type { Session } from '../session.ts'
import { toggle } from '../argv/flags.ts'
import { RUN_FLAGS, SOURCE_FLAGS, runRequest } from '../argv/run-flags.ts'
import { type RecordFlags, recordedRun } from '../records/recorded-run.ts'
import { ENVIRONMENT, defineCommand } from './command.ts'

export const deploy = defineCommand({
  name: 'deploy',
  group: 'Deploy',
  summary: 'deploy what is here, and keep it only if it proves itself',
  details: [
    'Shows the plan and asks; then runs the tests, builds and ships the images, starts the new',
    'release beside the old one, proves it, moves traffic to it, proves it again and keeps it. If',
    'any of that fails, every server is put back as it was. Without a terminal it needs --yes.',
    'Accessories (databases, caches) are left alone; --base applies what changed of them, and nothing',
    'else: each is exchanged, which cuts its connections, and put back if the app does not work then.',
  ],
  arguments: [ENVIRONMENT],
  flags: {
    ...RUN_FLAGS,
    again: toggle('deploy the same once more, even if it already runs or failed before'),
    base: toggle('apply what changed of the accessories, instead of a release'),
    ...SOURCE_FLAGS,
    skipTests: toggle('leave out the tests of belay.yaml; the plan and the receipt say so'),
  },
  examples: [
    'belay deploy                          the only environment',
    'belay deploy production --dry-run     show the plan and stop',
    'belay deploy production --yes         ask nothing, as in CI',
    'belay deploy production --wait 10m    queue behind a run that is under way',
    'belay deploy production --base        apply a changed database or cache',
  ],
  changes: true,
  async run({ session, flags }) {
    if (flags.base && flags.again) throw flagsExclude({ flags: ['--base', '--again'] })
    const { config } = await session.openApp()
    if (flags.base) return changeBase(session, config, flags)
    const question = {
      command: 'deploy',
      what: 'changes a server',
      ask: `Deploy ${config.app} to ${config.environment}?`,
    }
    const request = runRequest(session, config, { flags, question })
    const operation = await import('../../operations/deploy.ts')
    const { again, dirty, skipTests } = flags
    return recordedRun(session, flags, (world) =>
      operation.deploy(world, { ...request, again, dirty, skipTests }),
    )
  },
})

async function changeBase(
  session: Session,
  config: AppConfig,
  flags: Parameters<typeof runRequest>[2]['flags'] & RecordFlags,
): Promise<number> {
  const { app, environment } = config
  const question = {
    command: 'deploy --base',
    what: 'cuts connections to accessories',
    ask: `Change the base of ${app} in ${environment}?`,
    word: environment,
  }
  const request = runRequest(session, config, { flags, question })
  const { deployBase } = await import('../../operations/base/deploy-base.ts')
  return recordedRun(session, flags, (world) => deployBase(world, request))
}
