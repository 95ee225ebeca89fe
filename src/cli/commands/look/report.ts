import { EXIT } from '../../../base/exit.ts'
import { choice } from '../../argv/flags.ts'
import { ENVIRONMENT, defineCommand } from '../command.ts'

const FORMATS = ['text', 'markdown', 'json', 'html', 'junit', 'log'] as const

export const report = defineCommand({
  name: 'report',
  group: 'Look',
  summary: 'print the receipt of a run: what it did, how long it took, what was checked',
  details: [
    'Read from the servers, where every run leaves its receipt. Without a name it is the last run.',
    'The log is everything that the run told, with times; servers keep it for thirty days.',
  ],
  arguments: [
    ENVIRONMENT,
    {
      name: 'run',
      summary: 'its name from belay history, or a release: the last run that made it',
      required: false,
    },
  ],
  flags: { format: choice(FORMATS, 'the form: text, markdown, json, html, junit or log') },
  examples: [
    'belay report production                                the last run',
    'belay report production r42 --format html > r42.html',
    'belay report production r42 --format log',
  ],
  changes: false,
  async run({ session, flags }) {
    const { config, rest } = await session.openApp({ isLenient: true })
    const world = await session.openWorld()
    const operation = await import('../../../operations/look/report.ts')
    const { format } = flags
    if (format === 'log') {
      const data = await operation.runLog(world, config, rest[0])
      session.reporter.answer({ of: 'log', data, render: ({ text }) => linesOf(text) })
      return EXIT.ok
    }
    const { formatted } = await import('../../../notifications/receipts/formats.ts')
    const data = await operation.runReceipt(world, config, rest[0])
    const render = (receipt: typeof data) => linesOf(formatted(receipt, format))
    session.reporter.answer({ of: 'report', data, render })
    return EXIT.ok
  },
})

function linesOf(text: string): string[] {
  return text.replace(/\n+$/, '').split('\n')
}
