import type { GithubSummarySettings } from '../config/pipeline/notify-channels.ts'
import { judgeAnswer } from './answers.ts'
import { cut, partsOf } from './message.ts'
import { defineNotifier } from './notifier.ts'
import { asMarkdown } from './receipts/as-markdown.ts'

/** GitHub shows no more than 1 MiB of all summaries of a step, and drops what is longer whole. */
const BYTES_MAX = 900_000

/** The summary of a GitHub Actions job: the receipt, added to the file that GitHub names. */
export const githubSummary = defineNotifier<GithubSummarySettings>({
  kind: 'github-summary',
  write: (message, { file }) => {
    if (file === undefined) throw new Error('a summary without a file was let through')
    const { words, isTest } = message
    const text =
      isTest === true || words !== undefined ? plain(message) : asMarkdown(message.receipt)
    return {
      via: 'files',
      files: [{ path: file, text: `${cut(text, BYTES_MAX / 3)}\n`, how: 'add' }],
    }
  },
  judge: (answer) => judgeAnswer(answer),
})

function plain(message: Parameters<typeof partsOf>[0]): string {
  const { title, facts } = partsOf(message)
  return [title, ...facts.map(([, text]) => text)].filter((line) => line !== '').join('\n\n')
}
