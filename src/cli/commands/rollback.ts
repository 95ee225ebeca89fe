import { toggle } from '../argv/flags.ts'
import { RUN_FLAGS, runRequest } from '../argv/run-flags.ts'
import { recordedRun } from '../records/recorded-run.ts'
import { ENVIRONMENT, defineCommand } from './command.ts'

export const rollback = defineCommand({
  name: 'rollback',
  group: 'Deploy',
  summary: 'go back to the previous release, or to any that is kept',
  details: [
    'Image, compose file, environment and mounted files all go back together, on every server, and',
    'are proved again. It needs neither a registry nor a build. A release that was marked bad is',
    'refused. Databases are left as they are: code goes back, data does not; with --restore the backup',
    'that was made when that release was left is put back as well, and what is there now is kept.',
  ],
  arguments: [
    ENVIRONMENT,
    {
      name: 'release',
      summary: 'which one, like r41; the previous when left out (belay history lists them)',
      required: false,
    },
  ],
  flags: {
    ...RUN_FLAGS,
    restore: toggle('put the data back too, as that release left it'),
  },
  examples: [
    'belay rollback production',
    'belay rollback production r38 --dry-run',
    'belay rollback production --restore     with the data of before',
  ],
  changes: true,
  async run({ session, flags }) {
    const { config, rest } = await session.openApp({ isLenient: true })
    const [to] = rest
    const question = {
      command: 'rollback',
      what: 'moves traffic to another release',
      ask: `Go back in ${config.environment}?`,
    }
    const request = runRequest(session, config, { flags, question })
    const operation = await import('../../operations/rollback.ts')
    const target = { restore: flags.restore, ...(to === undefined ? {} : { to }) }
    // The plan, which is shown first, says which release; typing its name shows that it was read.
    const agree: typeof request.agree = ({ release: { id } }) =>
      session.consent.ask({
        ...question,
        ask: `Go back to ${id} in ${config.environment}?`,
        word: id,
      })
    return recordedRun(session, flags, (world) =>
      operation.rollback(world, { ...request, ...target, agree }),
    )
  },
})
