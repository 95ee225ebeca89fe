import { RUN_FLAGS, runRequest } from '../argv/run-flags.ts'
import { recordedRun } from '../records/recorded-run.ts'
import { ENVIRONMENT, defineCommand } from './command.ts'

export const resume = defineCommand({
  name: 'resume',
  group: 'Deploy',
  summary: 'end what a run that was cut off left, and prove what serves',
  details: [
    'A release that was confirmed is finished; any other is taken back, as its server would do by',
    'itself. Servers that missed a confirm follow it. What serves then is proved. Whoever deploys,',
    'rolls back or restarts does the same first: this is for when nothing else is to change.',
  ],
  arguments: [ENVIRONMENT],
  flags: RUN_FLAGS,
  examples: [
    'belay resume production --dry-run     show what was left, and what becomes of it',
    'belay resume production --wait 2m     once the lease of the dead run has lapsed',
  ],
  changes: true,
  async run({ session, flags }) {
    const { config } = await session.openApp({ isLenient: true })
    const question = {
      command: 'resume',
      what: 'ends an unfinished run',
      ask: `End it so in ${config.environment}?`,
    }
    const request = runRequest(session, config, { flags, question })
    const agree = (): Promise<boolean> => session.consent.ask(question)
    const operation = await import('../../operations/recovery/resume.ts')
    return recordedRun(session, flags, (world) => operation.resume(world, { ...request, agree }))
  },
})
