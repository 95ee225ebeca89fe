import { formatDuration } from '../../base/duration.ts'
import { SIGN, capital, headline } from '../message.ts'
import { headOf } from './head.ts'
import { type Part, type Receipt, momentOf } from './receipt.ts'

/** A receipt as GitHub and GitLab show Markdown: for a job's summary, an issue, a wiki. */
export function asMarkdown(receipt: Receipt): string {
  const moment = momentOf(receipt)
  const title = `${receipt.app} · ${receipt.environment}: ${headline(moment, receipt)}`
  return [
    `## ${SIGN[moment]} ${inline(title)}`,
    table(
      ['', ''],
      headOf(receipt).map(([label, text]) => [label, inline(text)]),
    ),
    ...failureParts(receipt),
    ...part('Findings', ['', ''], findingRows(receipt)),
    ...part('Phases', ['Phase', 'Took', ''], receipt.phases.map(partRow)),
    ...receipt.hosts.flatMap(({ host, steps }) =>
      part(`Steps on ${inline(host)}`, ['Step', 'Took', ''], steps.map(partRow)),
    ),
    ...part('Checks', ['Host', 'Release', 'Check', '', ''], checkRows(receipt)),
    ...part('Images', ['Service', 'Image', 'Id'], imageRows(receipt)),
    ...warningParts(receipt),
    ...part('Told', ['Channel', 'Of', '', ''], toldRows(receipt)),
    '',
  ].join('\n\n')
}

function failureParts({ failures }: Receipt): string[] {
  return failures.flatMap(({ code, message, hint, evidence }) => [
    `### ${inline(message)}`,
    ...(evidence.length === 0 ? [] : [fenced(evidence.join('\n'))]),
    `**To do:** ${inline(hint)} (\`${code}\`)`,
  ])
}

function findingRows({ findings }: Receipt): string[][] {
  return findings.map(({ about, text }) => [inline(capital(about)), inline(text)])
}

function partRow({ title, durationMs, ok }: Part): string[] {
  return [inline(title), durationMs === null ? '' : formatDuration(durationMs), mark(ok)]
}

function checkRows({ checks }: Receipt): string[][] {
  return checks.map(({ host, release, check, verdict, text }) => {
    return [
      inline(host),
      inline(release ?? ''),
      inline(check),
      mark(verdict === 'pass', verdict),
      inline(text),
    ]
  })
}

function imageRows({ images }: Receipt): string[][] {
  return images.map(({ service, reference, id }) => {
    return [inline(service), inline(reference), inline(id.replace('sha256:', '').slice(0, 12))]
  })
}

function toldRows({ told }: Receipt): string[][] {
  return told.map(({ channel, moment, ok, text }) => {
    return [inline(channel), moment, mark(ok), ok ? '' : inline(text)]
  })
}

function warningParts({ warnings }: Receipt): string[] {
  if (warnings.length === 0) return []
  return ['### Warnings', warnings.map(({ text }) => `- ${inline(text)}`).join('\n')]
}

function mark(ok: boolean, word = 'failed'): string {
  return ok ? '✅' : `❌ ${word}`
}

function part(title: string, head: readonly string[], rows: readonly string[][]): string[] {
  return rows.length === 0 ? [] : [`### ${title}`, table(head, rows)]
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** One line, in which nothing is markup: names and outputs come from anywhere. */
function inline(text: string): string {
  return text
    .replaceAll(/[\r\n]+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*_|[\]~#@]/g, (sign) => `&#${sign.charCodeAt(0)};`)
}

/** A block of code, with a fence longer than any inside. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}text\n${text}\n${fence}`
}
