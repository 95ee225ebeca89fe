import { EXIT } from '../../../base/exit.ts'
import { duration, toggle } from '../../argv/flags.ts'
import { notAgreed } from '../../failures.ts'
import { ENVIRONMENT, defineCommand } from '../command.ts'

export const tidy = defineCommand({
  name: 'tidy',
  group: 'Operate',
  summary: 'show what old releases, images, receipts and logs can go, and remove them',
  details: [
    'Never what serves, what a rollback goes to, what any app or container on the server needs, or',
    'data. Images are those of the services of this app. Shows what it frees, and asks.',
  ],
  arguments: [ENVIRONMENT],
  flags: {
    dryRun: toggle('show what would go, and remove nothing'),
    wait: duration(0, 'wait this long for a lease that somebody else holds'),
  },
  examples: ['belay tidy production --dry-run', 'belay tidy production'],
  changes: false,
  async run({ session, flags }) {
    const { config } = await session.openApp({ isLenient: true })
    const question = {
      command: 'tidy',
      what: 'removes what is old',
      ask: `Remove it from ${config.hosts.map(({ name }) => name).join(', ')}?`,
    }
    if (!flags.dryRun) session.consent.mustBePossible(question)
    const world = await session.openWorld()
    const [operation, { renderTidy }] = await Promise.all([
      import('../../../operations/tidy/tidy.ts'),
      import('../../output/answers/servers/tidy.ts'),
    ])
    const show = (data: Parameters<typeof renderTidy>[0]): void =>
      session.reporter.answer({ of: 'tidy', data, render: renderTidy })
    const report = await operation.tidy(world, {
      config,
      dryRun: flags.dryRun,
      waitMs: flags.wait,
      agree: (planned) => {
        show(planned)
        return session.consent.ask(question)
      },
    })
    if (report.state === 'declined') throw notAgreed({ command: question.command })
    show(report)
    return EXIT.ok
  },
})
