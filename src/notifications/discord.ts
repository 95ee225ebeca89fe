import type { Moment } from '../base/moment.ts'
import type { DiscordSettings } from '../config/pipeline/notify-channels.ts'
import { firstWords, jsonOf, judgeAnswer, secondsIn, type Reading } from './answers.ts'
import { type Parts, cut, partsOf } from './message.ts'
import { defineNotifier } from './notifier.ts'

const TITLE_MAX = 256
const DESCRIPTION_MAX = 4096
const FACT_MAX = 400

/** A Discord channel, by a webhook. */
export const discord = defineNotifier<DiscordSettings>({
  kind: 'discord',
  write: (message, { url }) => {
    const parts = partsOf(message)
    const title = cut(escaped(parts.title), TITLE_MAX)
    return {
      via: 'web',
      url: withWait(url),
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        embeds: [
          {
            ...(title === '' ? {} : { title }),
            description: descriptionOf(parts),
            color: COLOUR[message.moment],
          },
        ],
        // Nothing that a container printed may ring anybody.
        allowed_mentions: { parse: [] },
      }),
    }
  },
  judge: (answer) => judgeAnswer(answer, READING),
})

/** Without it Discord answers before it has looked at the message. */
function withWait(url: string): string {
  const address = new URL(url)
  address.searchParams.set('wait', 'true')
  return address.href
}

const COLOUR: Readonly<Record<Moment, number>> = {
  started: 0x5b8def,
  succeeded: 0x3ba55d,
  unchanged: 0x99aab5,
  failed: 0xed4245,
  'rolled-back': 0xf0b232,
  critical: 0x992d22,
}

function descriptionOf({ facts, evidence }: Parts): string {
  const lines = facts.map(([label, text]) =>
    label === ''
      ? escaped(cut(text, DESCRIPTION_MAX / 2))
      : `**${escaped(label)}** ${escaped(cut(text, FACT_MAX))}`,
  )
  const text = cut(lines.join('\n'), DESCRIPTION_MAX)
  const code = evidence.map((line) => line.replaceAll('```', "'''"))
  for (let from = 0; from < code.length; from++) {
    const whole = `${text}\n\`\`\`\n${code.slice(from).join('\n')}\n\`\`\``
    if (whole.length <= DESCRIPTION_MAX) return whole
  }
  return text
}

/** Everything that Markdown could take for itself. */
function escaped(text: string): string {
  return text
    .replaceAll(/[\\`*_~|<>[\]()#@]/g, String.raw`\$&`)
    .replaceAll(/^(\s*)([-+]|\d+\.)(?=\s)/gm, String.raw`$1\$2`)
}

const READING: Reading = {
  meaning: ({ status, body }) => {
    const { message } = jsonOf(body)
    const said = typeof message === 'string' ? firstWords(message) : firstWords(body)
    if (status === 429) return 'Discord takes no more messages for now (429)'
    if (status === 401 || status === 404) {
      return `Discord does not know this webhook (${status}): make a new one`
    }
    return `Discord answers ${status}: ${said}`
  },
  retryMs: ({ body }) => secondsIn(jsonOf(body)['retry_after']),
}
