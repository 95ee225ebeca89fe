import type { TidyReport } from '../../../../operations/tidy/tidy.ts'
import type { Counted, Sized } from '../../../../operations/tidy/find.ts'
import type { Page } from '../../reporter.ts'
import type { Style } from '../../style.ts'
import { indented, tableLines } from '../../table.ts'

type HostTidy = TidyReport['hosts'][number]

export function renderTidy({ hosts, state }: TidyReport, { style }: Page): string[] {
  if (state === 'nothing') {
    return hosts.map(({ host, freeBytes }) => `${host}: nothing is old${freeOf(freeBytes)}`)
  }
  return [
    ...hosts.flatMap((host) => [...hostLines(host, state, style), '']),
    state === 'done' ? style.good('Done.') : 'Nothing was removed yet.',
  ]
}

function freeOf(bytes: number): string {
  return bytes === 0 ? '' : `; ${size(bytes)} are free`
}

function hostLines(
  {
    host,
    releases,
    images,
    receipts,
    logs,
    freesBytes,
    freeBytes,
    freedBytes,
    left = [],
  }: HostTidy,
  state: TidyReport['state'],
  style: Style,
): string[] {
  const frees =
    state === 'done'
      ? `${size(freedBytes ?? 0)} freed`
      : `frees up to ${size(freesBytes)} (images share layers)${freeOf(freeBytes)}`
  return [
    `${style.strong(host)}: ${frees}`,
    ...indented(
      tableLines([
        ...releases.map((each) => sized('release', each)),
        ...images.map((each) => sized('image', each)),
        ...counted('receipts older than 30 days', receipts),
        ...counted('logs older than 30 days', logs),
      ]),
    ),
    ...left.map((name) => `  ${style.odd('left:')} ${name}: Docker did not let it go`),
  ]
}

function sized(what: string, { name, bytes }: Sized): string[] {
  return [what, name, size(bytes)]
}

function counted(what: string, { count, bytes }: Counted): string[][] {
  return count === 0 ? [] : [[what, String(count), size(bytes)]]
}

function size(bytes: number): string {
  const mib = bytes / 1024 / 1024
  if (mib >= 1024) return `${(mib / 1024).toFixed(1)} GiB`
  return mib >= 1 ? `${Math.round(mib)} MiB` : `${Math.ceil(bytes / 1024)} KiB`
}
