import type { SlackSettings } from '../config/pipeline/notify-channels.ts'
import { firstWords, judgeAnswer, type Reading } from './answers.ts'
import { type Parts, cut, partsOf } from './message.ts'
import { defineNotifier } from './notifier.ts'

/** Of a section's text, escapes included. */
const SECTION_MAX = 3000
const FACT_MAX = 400

/** A Slack channel, by an incoming webhook. */
export const slack = defineNotifier<SlackSettings>({
  kind: 'slack',
  write: (message, { url }) => {
    const parts = partsOf(message)
    return {
      via: 'web',
      url,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        // What phones and screen readers show.
        text: escaped(cut(parts.title || (parts.facts[0]?.[1] ?? ''), FACT_MAX)),
        blocks: [section(bodyOf(parts)), ...evidenceOf(parts)],
        unfurl_links: false,
      }),
    }
  },
  judge: (answer) => judgeAnswer(answer, READING),
})

function section(text: string) {
  return { type: 'section', text: { type: 'mrkdwn', text, verbatim: true } }
}

function bodyOf({ title, facts }: Parts): string {
  const head = title === '' ? [] : [`*${escaped(cut(title, FACT_MAX)).replaceAll('*', '∗')}*`]
  const lines = facts.map(([label, text]) =>
    label === ''
      ? escapedWithin(text, SECTION_MAX)
      : `${escaped(label)}: ${escapedWithin(text, FACT_MAX)}`,
  )
  return within([...head, ...lines], SECTION_MAX)
}

function evidenceOf({ evidence }: Parts) {
  if (evidence.length === 0) return []
  const text = evidence.map(escaped)
  for (let from = 0; from < text.length; from++) {
    const block = `\`\`\`${text.slice(from).join('\n')}\`\`\``
    if (block.length <= SECTION_MAX) return [section(block)]
  }
  return []
}

/** Whole lines, as many as fit. */
function within(lines: readonly string[], max: number): string {
  let text = ''
  for (const line of lines) {
    const longer = text === '' ? line : `${text}\n${line}`
    if (longer.length > max) break
    text = longer
  }
  return text
}

/** Cut before it is escaped, so that no escape is cut in two. */
function escapedWithin(text: string, max: number): string {
  for (let length = max; length > 0; length = Math.floor(length * 0.8)) {
    const short = escaped(cut(text, length))
    if (short.length <= max) return short
  }
  return ''
}

/**
 * The three characters that mean something to Slack everywhere: `<!channel>` would ring all. Three
 * backticks would begin a block of code, or end one.
 */
function escaped(text: string): string {
  const plain = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return plain.replaceAll('```', "'''")
}

const READING: Reading = {
  meaning: ({ status, body }) => {
    const said = firstWords(body)
    if (status === 429) return 'Slack takes no more messages for now (429)'
    if (status === 404 || said === 'invalid_token' || said === 'no_active_hooks') {
      return `Slack does not know this webhook (${status}, ${said}): make a new one`
    }
    if (status === 410 || said === 'channel_is_archived') {
      return `the Slack channel is archived or gone (${status}, ${said})`
    }
    return `Slack answers ${status}: ${said}`
  },
}
