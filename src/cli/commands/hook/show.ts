import { EXIT } from '../../../base/exit.ts'
import { text } from '../../argv/flags.ts'
import { defineCommand, ENVIRONMENT } from '../command.ts'

export const hookShow = defineCommand({
  name: 'hook show',
  group: 'Operate',
  summary: 'what a git push to the server deploys, and what came of the last ones',
  details: ['Reads from the server, and changes nothing.'],
  arguments: [ENVIRONMENT],
  flags: { repository: text('path', 'as it was given to hook install') },
  examples: ['belay hook show production'],
  changes: false,
  async run({ session, words, flags }) {
    const { openHookTarget } = await import('../../open-hook.ts')
    const { renderHook } = await import('../../output/answers/hook.ts')
    const { showHook } = await import('../../../operations/hook/show.ts')
    const target = openHookTarget(session, { word: words[0], repository: flags.repository })
    const report = await showHook(await session.openWorld(), target)
    session.reporter.answer({ of: 'hook', data: report, render: renderHook })
    return EXIT.ok
  },
})
