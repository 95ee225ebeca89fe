import type { GitlabSummarySettings } from '../config/pipeline/notify-channels.ts'
import { judgeAnswer } from './answers.ts'
import { partsOf } from './message.ts'
import { defineNotifier } from './notifier.ts'
import { asJunit } from './receipts/as-junit.ts'
import { asMarkdown } from './receipts/as-markdown.ts'

/**
 * GitLab has no summary of a job: it shows what the job leaves as artifacts. A report to read, and
 * the parts of the run as JUnit, which GitLab lists in the pipeline's tests.
 */
export const gitlabSummary = defineNotifier<GitlabSummarySettings>({
  kind: 'gitlab-summary',
  write: (message, { file, junit }) => {
    const { words, receipt, isTest } = message
    const { title, facts } = partsOf(message)
    const told = [title, ...facts.map(([, text]) => text)].filter((line) => line !== '')
    const isPlain = isTest === true || words !== undefined
    const text = isPlain ? `${told.join('\n\n')}\n` : asMarkdown(receipt)
    const report = { path: file, text, how: 'replace' as const }
    const cases = { path: junit, text: asJunit(receipt), how: 'replace' as const }
    return { via: 'files', files: isTest === true ? [report] : [report, cases] }
  },
  judge: (answer) => judgeAnswer(answer),
})
