import { formatDuration } from '../../base/duration.ts'
import { htmlEscaped as escaped } from '../escaped.ts'
import { SIGN, capital, headline } from '../message.ts'
import { headOf } from './head.ts'
import { type Part, type Receipt, momentOf } from './receipt.ts'

const STYLE =
  'body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;' +
  'color:#1d1d1f;background:#fff}h1{font-size:1.4rem}h2{font-size:1.05rem;margin-top:2rem}' +
  'table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ddd;padding:.3rem .6rem;' +
  'text-align:left;vertical-align:top}pre{background:#f4f4f4;padding:.8rem;overflow:auto}' +
  '.bad{color:#b3261e;font-weight:600}@media(prefers-color-scheme:dark){body{background:#1b1b1d;' +
  'color:#eee}td,th{border-color:#444}pre{background:#2a2a2d}.bad{color:#ff8a80}}'

/** A receipt as one page that needs nothing from elsewhere, and runs no script. */
export function asHtml(receipt: Receipt): string {
  const moment = momentOf(receipt)
  const title = `${receipt.app} · ${receipt.environment}: ${headline(moment, receipt)}`
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>${escaped(title)}</title><style>${STYLE}</style></head><body>`,
    `<h1>${SIGN[moment]} ${escaped(title)}</h1>`,
    table(
      [],
      headOf(receipt).map(([label, text]) => [label, escaped(text)]),
    ),
    ...receipt.failures.map(({ code, message, hint, evidence }) =>
      [
        `<h2 class="bad">${escaped(message)}</h2>`,
        evidence.length === 0 ? '' : `<pre>${escaped(evidence.join('\n'))}</pre>`,
        `<p><b>To do:</b> ${escaped(hint)} (<code>${escaped(code)}</code>)</p>`,
      ].join(''),
    ),
    part('Findings', [], receipt.findings.map(findingRow)),
    part('Phases', ['Phase', 'Took', ''], receipt.phases.map(partRow)),
    ...receipt.hosts.map(({ host, steps }) =>
      part(`Steps on ${host}`, ['Step', 'Took', ''], steps.map(partRow)),
    ),
    part('Checks', ['Host', 'Release', 'Check', '', ''], receipt.checks.map(checkRow)),
    part('Images', ['Service', 'Image', 'Id'], receipt.images.map(imageRow)),
    part('Warnings', [], receipt.warnings.map(warningRow)),
    part('Told', ['Channel', 'Of', '', ''], receipt.told.map(toldRow)),
    '</body></html>',
    '',
  ]
    .filter((line, n, all) => line !== '' || n === all.length - 1)
    .join('\n')
}

/** Cells, escaped already. */
type Row = readonly string[]

const findingRow = ({ about, text }: Receipt['findings'][number]): Row => [
  escaped(capital(about)),
  escaped(text),
]

const partRow = ({ title, durationMs, ok }: Part): Row => [
  escaped(title),
  durationMs === null ? '' : formatDuration(durationMs),
  mark(ok, 'failed'),
]

const checkRow = ({ host, release, check, verdict, text }: Receipt['checks'][number]): Row => [
  escaped(host),
  escaped(release ?? ''),
  escaped(check),
  mark(verdict === 'pass', verdict),
  escaped(text),
]

const imageRow = ({ service, reference, id }: Receipt['images'][number]): Row => [
  escaped(service),
  escaped(reference),
  escaped(id),
]

const warningRow = ({ text }: Receipt['warnings'][number]): Row => [escaped(text)]

const toldRow = ({ channel, moment, ok, text }: Receipt['told'][number]): Row => [
  escaped(channel),
  moment,
  mark(ok, 'failed'),
  ok ? '' : escaped(text),
]

function mark(ok: boolean, word: string): string {
  return ok ? '✅' : `<span class="bad">${word}</span>`
}

function part(title: string, head: Row, rows: readonly Row[]): string {
  return rows.length === 0 ? '' : `<h2>${escaped(title)}</h2>\n${table(head, rows)}`
}

function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row, tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`
  const top = head.length === 0 ? [] : [line(head, 'th')]
  return `<table>${[...top, ...rows.map((row) => line(row, 'td'))].join('\n')}</table>`
}
