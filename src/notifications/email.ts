import type { EmailSettings } from '../config/pipeline/notify-channels.ts'
import { judgeAnswer } from './answers.ts'
import { htmlEscaped } from './escaped.ts'
import { type Parts, cut, partsOf } from './message.ts'
import { defineNotifier } from './notifier.ts'

const SUBJECT_MAX = 180

/** E-mail as text and as HTML, by an SMTP server. */
export const email = defineNotifier<EmailSettings>({
  kind: 'email',
  write: (message, { from, to, ...server }) => {
    const parts = partsOf(message)
    return {
      via: 'mail',
      server,
      from,
      to,
      subject: subjectOf(parts),
      text: textOf(parts),
      html: htmlOf(parts),
    }
  },
  judge: (answer) => judgeAnswer(answer),
})

/** One line: what follows a line break would be a header of its own. */
function subjectOf({ title, facts }: Parts): string {
  const line = (title || (facts[0]?.[1] ?? '')).split(/[\r\n]/)[0] ?? ''
  return cut(line.replaceAll(/\p{Cc}+/gu, ' ').trim(), SUBJECT_MAX)
}

function textOf({ title, facts, evidence }: Parts): string {
  const lines = facts.map(([label, text]) => (label === '' ? text : `${label}: ${text}`))
  return [
    ...(title === '' ? [] : [title, '']),
    ...lines,
    ...(evidence.length === 0 ? [] : ['', ...evidence.map((line) => `    ${line}`)]),
    '',
  ].join('\n')
}

function htmlOf({ title, facts, evidence }: Parts): string {
  const head = title === '' ? '' : `<h2 style="font-size:16px">${htmlEscaped(title)}</h2>`
  const rows = facts.map(([label, text]) =>
    label === ''
      ? `<tr><td colspan="2" style="white-space:pre-wrap">${htmlEscaped(text)}</td></tr>`
      : `<tr><td style="color:#666;padding-right:12px;vertical-align:top">${htmlEscaped(label)}` +
        `</td><td>${htmlEscaped(text)}</td></tr>`,
  )
  const code = `<pre style="background:#f4f4f4;padding:8px">${htmlEscaped(evidence.join('\n'))}</pre>`
  return (
    '<!doctype html><html><body style="font-family:sans-serif;font-size:14px">' +
    `${head}<table>${rows.join('')}</table>${evidence.length === 0 ? '' : code}</body></html>`
  )
}
