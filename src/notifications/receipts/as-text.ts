import { formatDuration } from '../../base/duration.ts'
import { capital, headline } from '../message.ts'
import { headOf } from './head.ts'
import { type Part, type Receipt, momentOf } from './receipt.ts'

/** A receipt for a terminal, a mail or a file: lines of plain text. */
export function asText(receipt: Receipt): string {
  const { app, environment } = receipt
  const blocks = [
    [`${app} · ${environment}: ${headline(momentOf(receipt), receipt)}`],
    columns(headOf(receipt)),
    ...receipt.failures.map(({ code, message, hint, evidence }) => [
      `failed: ${message} (${code})`,
      ...evidence.flatMap((text) => text.split('\n')).map((line) => `    ${line}`),
      `to do: ${hint}`,
    ]),
    titled(
      'findings',
      receipt.findings.map(({ about, text }) => [capital(about), text]),
    ),
    titled('phases', receipt.phases.map(partRow)),
    ...receipt.hosts.map(({ host, steps }) => titled(`steps on ${host}`, steps.map(partRow))),
    titled('checks', checkRows(receipt)),
    titled('images', imageRows(receipt)),
    titled(
      'warnings',
      receipt.warnings.map(({ text }) => [text]),
    ),
    titled('told', toldRows(receipt)),
  ]
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

function checkRows({ checks }: Receipt): string[][] {
  return checks.map(({ host, release, check, verdict, text }) => {
    return [host, release ?? '', check, verdict, oneLine(text)]
  })
}

function imageRows({ images }: Receipt): string[][] {
  return images.map(({ service, reference, id }) => [service, reference, id])
}

function toldRows({ told }: Receipt): string[][] {
  return told.map(({ channel, moment, ok, text }) => [channel, moment, ok ? 'told' : text])
}

function partRow({ title, durationMs, ok }: Part): string[] {
  const took = durationMs === null ? '' : formatDuration(durationMs)
  return [title, took, ok ? 'done' : 'FAILED']
}

function titled(title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : [`${title}:`, ...columns(rows).map((line) => `  ${line}`)]
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ')
}

/** In columns, as wide as what stands in them; the last one is as long as it is. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [n, cell] of row.entries()) widths[n] = Math.max(widths[n] ?? 0, cell.length)
  }
  return rows.map((row) =>
    row
      .map((cell, n) => (n === row.length - 1 ? cell : cell.padEnd(widths[n] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}
