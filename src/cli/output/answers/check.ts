import { explainLines } from '../../../config/explain.ts'
import type { CheckReport } from '../../../operations/look/check.ts'
import type { Page } from '../reporter.ts'
import type { Style } from '../style.ts'
import { tableLines } from '../table.ts'

export function renderCheck(report: CheckReport, { style }: Page): string[] {
  const { app, environment, hosts, accessories, notes, settings } = report
  const what = style.strong(`${app} · ${environment}`)
  return [
    `${what} on ${hosts.join(', ')}: ${style.good('configuration and compose file are right')}`,
    '',
    ...serviceTable(report, style),
    ...(accessories.length === 0
      ? []
      : ['', `${accessories.join(', ')}: started once, and left alone by deployments`]),
    ...(notes.length === 0 ? [] : ['']),
    ...notes.map(({ level, about, text }) => {
      const word = level === 'warning' ? style.odd('warning:') : 'note:'
      return `${word} ${about}: ${text}`
    }),
    ...(settings.length === 0 ? [] : ['', ...explainLines(settings)]),
  ]
}

function serviceTable({ services }: CheckReport, style: Style): string[] {
  const head = ['SERVICE', 'ROLE', 'ROLLOUT', 'ROUTES', 'WHY'].map(style.faint)
  const rows = services.map(({ name, role, rollout, because, routes }) => [
    name,
    role,
    role === 'job' ? 'once' : rollout,
    routes.join(', '),
    because,
  ])
  return tableLines([head, ...rows])
}
