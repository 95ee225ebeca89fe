import { toggle } from '../../argv/flags.ts'
import { exitOfReport } from '../../argv/run-flags.ts'
import { ENVIRONMENT, defineCommand } from '../command.ts'

export const leaseRelease = defineCommand({
  name: 'lease release',
  group: 'Operate',
  summary: 'take the lease away from a run that is dead',
  details: [
    'A run that is still alive is stopped by this: it can change nothing more, and what it had not',
    'confirmed is put back. A lease ends by itself when its run is gone for a minute or so.',
  ],
  arguments: [ENVIRONMENT],
  flags: { dryRun: toggle('show whose lease it is, and leave it') },
  examples: ['belay lease release production'],
  changes: true,
  async run({ session, flags }) {
    const { config } = await session.openApp({ isLenient: true })
    const question = {
      command: 'lease release',
      what: 'takes the lease from whoever holds it',
      ask: `Take the lease of ${config.app} in ${config.environment} from whoever holds it?`,
      word: config.environment,
    }
    if (!flags.dryRun) session.consent.mustBePossible(question)
    const world = await session.openWorld()
    const [{ breakLease, showLease }, { renderBrokenLease, renderLease }, { notAgreed }] =
      await Promise.all([
        import('../../../operations/look/lease.ts'),
        import('../../output/answers/lease.ts'),
        import('../../failures.ts'),
      ])
    const shown = await showLease(world, config)
    session.reporter.answer({ of: 'lease', data: shown, render: renderLease })
    if (flags.dryRun) return exitOfReport(shown)
    if (!(await session.consent.ask(question))) throw notAgreed({ command: question.command })
    const report = await breakLease(world, config)
    session.reporter.answer({ of: 'lease-released', data: report, render: renderBrokenLease })
    return exitOfReport(report)
  },
})
