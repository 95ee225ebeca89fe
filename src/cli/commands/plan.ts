import { toggle } from '../argv/flags.ts'
import { SOURCE_FLAGS } from '../argv/run-flags.ts'
import { ENVIRONMENT, defineCommand } from './command.ts'

export const plan = defineCommand({
  name: 'plan',
  group: 'Deploy',
  summary: 'show what a deployment would change, and why',
  details: [
    'Reads the compose file and looks at every server, and touches neither. Nothing is asked, so',
    'it works everywhere. What deploy then does is this, unless something changed in between.',
  ],
  arguments: [ENVIRONMENT],
  flags: {
    again: toggle('plan the same once more, even if it already runs or failed before'),
    ...SOURCE_FLAGS,
  },
  examples: ['belay plan production', 'belay plan production --json   the plan as data'],
  changes: false,
  async run({ session, flags }) {
    const { config } = await session.openApp()
    const world = await session.openWorld()
    const { showPlan } = await import('../../operations/plan.ts')
    const { again, dirty } = flags
    const request = {
      config,
      again,
      dirty,
      skipTests: false,
      dryRun: true,
      steal: false,
      waitMs: 0,
    }
    return (await showPlan(world, { ...request, agree: async () => false })).exit
  },
})
