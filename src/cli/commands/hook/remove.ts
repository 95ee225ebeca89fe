import { EXIT } from '../../../base/exit.ts'
import { text, toggle } from '../../argv/flags.ts'
import { notAgreed } from '../../failures.ts'
import { defineCommand, ENVIRONMENT } from '../command.ts'

export const hookRemove = defineCommand({
  name: 'hook remove',
  group: 'Operate',
  summary: 'take the repository and its hooks away from the server',
  details: [
    'Removes what hook install made: the repository with its copies of your commits, the hooks, the',
    'checkout, logs, and the keys that may only push there. The file of values stays, and what serves',
    'goes on serving.',
  ],
  arguments: [ENVIRONMENT],
  flags: {
    repository: text('path', 'as it was given to hook install'),
    dryRun: toggle('show what would be removed and stop'),
  },
  examples: ['belay hook remove production'],
  changes: false,
  async run({ session, words, flags }) {
    const { openHookTarget } = await import('../../open-hook.ts')
    const { renderHook } = await import('../../output/answers/hook.ts')
    const { removeHook, showHook } = await import('../../../operations/hook/show.ts')
    const target = openHookTarget(session, { word: words[0], repository: flags.repository })
    const show = (report: Parameters<typeof renderHook>[0]): void =>
      session.reporter.answer({ of: 'hook', data: report, render: renderHook })
    const { name } = target.environment
    const question = {
      command: 'hook remove',
      what: 'removes a repository',
      ask: `Remove it from the server?`,
      word: name,
    }
    if (!flags.dryRun) session.consent.mustBePossible(question)
    const world = await session.openWorld()
    if (flags.dryRun) {
      show(await showHook(world, target))
      return EXIT.ok
    }
    const agree = (report: Parameters<typeof renderHook>[0]): Promise<boolean> => {
      show(report)
      return session.consent.ask(question)
    }
    const removed = await removeHook(world, target, { agree })
    if (removed === undefined) throw notAgreed({ command: question.command })
    show(removed)
    return EXIT.ok
  },
})
