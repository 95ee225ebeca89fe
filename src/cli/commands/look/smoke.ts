import { EXIT, type ExitCode } from '../../../base/exit.ts'
import type { SmokeReport } from '../../../operations/smoke/smoke.ts'
import { duration, text } from '../../argv/flags.ts'
import { ENVIRONMENT, defineCommand } from '../command.ts'

export const smoke = defineCommand({
  name: 'smoke',
  group: 'Look',
  summary: 'ask the smoke checks of what serves, and touch nothing',
  details: [
    'Asks the checks that belay.yaml has under `smoke` of the release that serves on each server.',
    'Exit 4: something answered wrongly. Exit 3: nothing did, but something could not be asked.',
  ],
  arguments: [ENVIRONMENT],
  flags: {
    suite: text('name', 'only the checks of this suite, also one that no deployment asks'),
    wait: duration(5000, 'how long what is not good is asked again (5s when not given)'),
  },
  examples: ['belay smoke production', 'belay smoke production --suite pages --json'],
  changes: false,
  async run({ session, flags }) {
    const { config } = await session.openApp()
    const world = await session.openWorld()
    const operation = await import('../../../operations/smoke/smoke.ts')
    const { renderSmoke } = await import('../../output/answers/smoke.ts')
    const { suite, wait } = flags
    const request = { config, waitMs: wait, ...(suite === undefined ? {} : { suite }) }
    const data = await operation.smoke(world, request)
    session.reporter.answer({ of: 'smoke', data, render: renderSmoke })
    return exitOf(data)
  },
})

/** Nothing was touched: what answers wrongly is what served before, too. */
function exitOf({ hosts, unreachable }: SmokeReport): ExitCode {
  const verdicts = hosts.flatMap(({ checks }) => checks.map(({ verdict }) => verdict))
  if (verdicts.includes('fail')) return EXIT.rolledBack
  return verdicts.includes('unknown') || unreachable.length > 0 ? EXIT.unavailable : EXIT.ok
}
