import { flagsExclude } from '../failures.ts'
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
    base: toggle('plan a change of the accessories, as deploy --base would make it'),
    ...SOURCE_FLAGS,
  },
  examples: [
    'belay plan production',
    'belay plan production --json   the plan as data',
    'belay plan production --base   what changed of the database',
  ],
  changes: false,
  async run({ session, flags }) {
    if (flags.base && flags.again) throw flagsExclude({ flags: ['--base', '--again'] })
    const { config } = await session.openApp()
    const world = await session.openWorld()
    const agree = async () => false
    const request = { config, dryRun: true, steal: false, waitMs: 0, agree }
    if (flags.base) {
      const { showBasePlan } = await import('../../operations/base/deploy-base.ts')
      return (await showBasePlan(world, request)).exit
    }
    const { showPlan } = await import('../../operations/plan.ts')
    const { again, dirty } = flags
    return (await showPlan(world, { ...request, again, dirty, skipTests: false })).exit
  },
})
