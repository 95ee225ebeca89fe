import { EXIT } from '../../../base/exit.ts'
import { ENVIRONMENT, defineCommand } from '../command.ts'

export const envCheck = defineCommand({
  name: 'env check',
  group: 'Start',
  summary: 'list every name that has or needs a value, and where its value comes from',
  details: [
    'Of the env file, its template, the compose file and env.required. Never shows a value, and',
    'reaches no server. Ends with 2 when a value is missing.',
  ],
  arguments: [ENVIRONMENT],
  flags: {},
  examples: ['belay env check production'],
  changes: false,
  async run({ session }) {
    const { loaded } = await session.openApp({ isLenient: true })
    const [{ explainEnvironment }, { renderEnvironment }] = await Promise.all([
      import('../../../config/environment/explain-names.ts'),
      import('../../output/answers/environment.ts'),
    ])
    const data = explainEnvironment(loaded)
    session.reporter.answer({ of: 'environment', data, render: renderEnvironment })
    return data.missing === 0 ? EXIT.ok : EXIT.input
  },
})
