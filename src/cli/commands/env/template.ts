import { EXIT } from '../../../base/exit.ts'
import { toggle } from '../../argv/flags.ts'
import { ENVIRONMENT, defineCommand } from '../command.ts'

export const envTemplate = defineCommand({
  name: 'env template',
  group: 'Start',
  summary: 'write .env.example from what the compose file uses',
  details: [
    'Every name that the compose file, the env file or env.required knows, with where it is used;',
    'no value of yours. A template that is there is never overwritten: the names that it lacks',
    'are told instead.',
  ],
  arguments: [ENVIRONMENT],
  flags: { dryRun: toggle('print it, and write nothing') },
  examples: ['belay env template', 'belay env template production --dry-run'],
  changes: false,
  async run({ session, flags }) {
    const { loaded } = await session.openApp({ isLenient: true })
    const { writeTemplate } = await import('../../write-template.ts')
    const lines = writeTemplate(loaded, flags)
    session.reporter.answer({ of: 'env-template', data: { lines }, render: ({ lines }) => lines })
    return EXIT.ok
  },
})
