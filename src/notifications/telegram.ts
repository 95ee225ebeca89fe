import type { TelegramSettings } from '../config/pipeline/notify-channels.ts'
import { firstWords, jsonOf, judgeAnswer, secondsIn, type Reading } from './answers.ts'
import { type Parts, cut, partsOf } from './message.ts'
import { defineNotifier } from './notifier.ts'

/** Characters of a message, as a reader sees them: Telegram counts after the markup is gone. */
const TEXT_MAX = 4096
const FACT_MAX = 600
const LABEL_MAX = 40

/** A Telegram chat, by a bot: https://core.telegram.org/bots/api#sendmessage */
export const telegram = defineNotifier<TelegramSettings>({
  kind: 'telegram',
  write: (message, { token, chat, topic, api }) => ({
    via: 'web',
    url: `${api.replace(/\/+$/, '')}/bot${token}/sendMessage`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      chat_id: chat,
      ...(topic === undefined ? {} : { message_thread_id: topic }),
      text: htmlOf(partsOf(message)),
      parse_mode: 'HTML',
      link_preview_options: { is_disabled: true },
      // What went well rings nobody out of bed.
      disable_notification: QUIET.has(message.moment),
    }),
  }),
  judge: (answer) => judgeAnswer(answer, READING),
})

const QUIET: ReadonlySet<string> = new Set(['started', 'succeeded', 'unchanged'])

/** Whole lines, and evidence gives way to facts, so that no markup is ever cut in two. */
function htmlOf({ title, facts, evidence }: Parts): string {
  const head = title === '' ? [] : [`<b>${escaped(cut(title, FACT_MAX))}</b>`]
  const lines = facts.map(([label, text]) =>
    label === ''
      ? escaped(cut(text, TEXT_MAX))
      : `${escaped(cut(label, LABEL_MAX))}: ${escaped(cut(text, FACT_MAX))}`,
  )
  const text = firstThatFit([...head, ...lines])
  const shown = lastThatFit(evidence, TEXT_MAX - seen(text) - 1)
  return shown === '' ? text : `${text}\n<pre>${escaped(shown)}</pre>`
}

function firstThatFit(lines: readonly string[]): string {
  let text = ''
  for (const line of lines) {
    const longer = text === '' ? line : `${text}\n${line}`
    if (seen(longer) > TEXT_MAX) break
    text = longer
  }
  return text
}

function lastThatFit(lines: readonly string[], room: number): string {
  for (let from = 0; from < lines.length; from++) {
    const text = lines.slice(from).join('\n')
    if (text.length <= room) return text
  }
  return ''
}

function seen(html: string): number {
  return html.replaceAll(/<[^>]*>/g, '').replaceAll(/&\w+;/g, '&').length
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

const READING: Reading = {
  meaning: ({ status, body }) => {
    const { description } = jsonOf(body)
    const said = typeof description === 'string' ? firstWords(description) : firstWords(body)
    if (status === 401 || status === 404) {
      return `Telegram does not know this token (${status}): take it from @BotFather once more`
    }
    if (status === 429) return 'Telegram takes no more messages for now (429)'
    if (status === 403) return `the bot may not write to this chat (403): ${said}`
    if (/chat not found/i.test(said)) {
      return 'Telegram knows no such chat (400), or the bot is not in it: add it, and check `chat`'
    }
    return `Telegram answers ${status}: ${said}`
  },
  retryMs: ({ body }) => {
    const { parameters } = jsonOf(body)
    const wait = typeof parameters === 'object' && parameters !== null ? parameters : {}
    return 'retry_after' in wait ? secondsIn(wait.retry_after) : undefined
  },
  isTaken: ({ body }) => jsonOf(body)['ok'] === true,
}
