import type { BackupsReport } from '../../../../operations/backups/list.ts'
import type { BackupRecord } from '../../../../plan/backup.ts'
import type { Page } from '../../reporter.ts'
import type { Style } from '../../style.ts'
import { ago, tableLines } from '../../table.ts'
import { unreachableLines } from '../unreachable.ts'

export function renderBackups(report: BackupsReport, { style }: Page): string[] {
  const { hosts, at, unreachable } = report
  const parts = hosts.map(({ host, folder, backups }) => [
    style.strong(`${host}:${folder}`),
    ...(backups.length === 0
      ? ['  no backup yet']
      : tableLines([
          ['  BACKUP', 'OF', 'MADE', 'SIZE', 'READ BACK', 'WHY'].map(style.faint),
          ...backups.map((each) => row(each, at, style)),
        ])),
  ])
  return [
    ...parts.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines])),
    ...unreachableLines(unreachable, style),
  ]
}

function row(record: BackupRecord, now: string, style: Style): string[] {
  const { id, about, bytes, takenAt, verified, damaged } = record
  const how = verified?.how === 'restore' ? ', restored' : ''
  const read = verified === undefined ? style.odd('never') : `${ago(isoOf(verified.at), now)}${how}`
  return [
    `  ${id}`,
    about.title,
    ago(isoOf(takenAt), now),
    damaged ? style.bad('damaged') : sizeWords(bytes),
    read,
    whyWords(about),
  ]
}

function whyWords({ purpose, before }: BackupRecord['about']): string {
  if (purpose === 'deploy') return `before ${before ?? 'a deployment'}`
  if (purpose === 'base') return 'before a change of the base'
  return purpose === 'safety' ? 'before a restore' : 'by hand'
}

function isoOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}

/** `640 kB`, `12.3 MB`, `1.42 GB`. */
export function sizeWords(bytes: number): string {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`
}
