import type { HostStatus, StatusReport } from '../../../operations/look/status.ts'
import type { Page } from '../reporter.ts'
import type { Style } from '../style.ts'
import { ago, indented, tableLines } from '../table.ts'
import { leaseWords } from './lease.ts'
import { commitWords } from './release.ts'
import { unreachableLines } from './unreachable.ts'

export function renderStatus(report: StatusReport, { style }: Page): string[] {
  return [
    headline(report, style),
    ...(report.hosts.length === 0 ? [] : ['', ...hostTable(report, style)]),
    ...report.hosts.flatMap((host) => [
      '',
      style.strong(host.host),
      ...hostLines(host, report, style),
    ]),
    ...unreachableLines(report.unreachable, style),
  ]
}

function headline({ app, environment, serving, split, hosts }: StatusReport, style: Style): string {
  const what = style.strong(`${app} · ${environment}`)
  if (hosts.length === 0) return `${what}: ${style.bad('no host could be asked')}`
  if (split)
    return `${what}: ${style.bad('split')}, the hosts serve different releases (belay resume)`
  if (serving === null) return `${what}: ${style.odd('no release serves')}`
  const drifts = hosts.some(({ drift }) => drift.length > 0)
  const where = hosts.length === 1 ? '' : ` on ${hosts.length} hosts`
  const verdict = drifts ? style.odd('with drift') : style.good('as deployed')
  return `${what}: ${serving} serves${where}, ${verdict}`
}

function hostTable({ hosts, at }: StatusReport, style: Style): string[] {
  const head = ['HOST', 'SERVES', 'MADE', 'COMMIT', 'BY', 'TO GO BACK TO'].map(style.faint)
  const rows = hosts.map(({ host, serving, release, kept }) => [
    host,
    serving ?? 'nothing',
    release === null ? '' : ago(release.createdAt, at),
    release === null ? '' : commitWords(release.commit),
    release?.createdBy ?? '',
    kept
      .filter(({ id, mark }) => id !== serving && mark === 'good')
      .map(({ id }) => id)
      .reverse()
      .join(' '),
  ])
  return tableLines([head, ...rows])
}

function hostLines(host: HostStatus, { at }: StatusReport, style: Style): string[] {
  const { containers, traffic, lease, unfinished, drift, damagedJournalLines } = host
  const lines = [
    ...tableLines(
      containers.map(({ service, name, state, health, restarts, startedAt }) => [
        service,
        name,
        stateWords({ state, health }, style),
        state === 'running' ? `started ${ago(startedAt, at)}` : '',
        restarts > 0 ? `${restarts} restarts` : '',
      ]),
    ),
    ...traffic.map(({ service, token, domains }) => {
      const from = domains.join(', ')
      const to = token === null ? 'nowhere' : `${service}, slot ${token}`
      return `requests for ${from} go to ${to}`
    }),
    ...(lease === null ? [] : [leaseWords(lease)]),
    ...(unfinished === null ? [] : [unfinishedWords(unfinished, lease !== null, style)]),
    ...drift.map((text) => `${style.odd('drift:')} ${text}`),
    ...(damagedJournalLines.length === 0
      ? []
      : [`${style.odd('warning:')} damaged journal lines: ${damagedJournalLines.join(', ')}`]),
  ]
  return indented(lines.length === 0 ? ['nothing of this app runs here'] : lines)
}

function stateWords({ state, health }: { state: string; health: string }, style: Style): string {
  if (state !== 'running') return style.bad(state)
  if (health === 'none') return style.good('running')
  return health === 'healthy' ? style.good('running, healthy') : style.odd(`running, ${health}`)
}

function unfinishedWords(
  { run, release, previous, state }: NonNullable<HostStatus['unfinished']>,
  isUnderWay: boolean,
  style: Style,
): string {
  // Only a change of the base leaves the release as it is.
  const what = release === previous ? 'a change of the base' : release
  if (isUnderWay) return `${what} is being deployed (run ${run})`
  const ends = {
    pending: 'takes it back',
    rollback: 'finishes taking it back',
    commit: 'finishes it',
  }[state]
  return `${style.odd('unfinished:')} run ${run} of ${what} was cut off; belay resume ${ends}`
}
