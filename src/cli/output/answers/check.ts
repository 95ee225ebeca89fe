import { explainLines } from '../../../config/explain.ts'
import type { CheckReport } from '../../../operations/look/check.ts'
import type { Page } from '../reporter.ts'
import type { Style } from '../style.ts'
import { tableLines } from '../table.ts'

export function renderCheck(report: CheckReport, { style }: Page): string[] {
  const { app, environment, hosts, services, accessories, notes, settings } = report
  const what = style.strong(`${app} · ${environment}`)
  return [
    `${what} on ${hosts.join(', ')}: ${verdict(report, style)}`,
    ...(services.length === 0 ? [] : ['', ...serviceTable(report, style)]),
    ...(accessories.length === 0
      ? []
      : ['', `${accessories.join(', ')}: started once, and left alone by deployments`]),
    ...(notes.length === 0 ? [] : ['']),
    ...notes.map(({ level, about, text }) => {
      const word = level === 'warning' ? style.odd('warning:') : 'note:'
      return `${word} ${about}: ${text}`
    }),
    ...notDoneLines(report, style),
    ...(settings.length === 0 ? [] : ['', ...explainLines(settings)]),
  ]
}

function verdict({ notDone }: CheckReport, style: Style): string {
  return notDone.length === 0
    ? style.good('configuration and compose file are right')
    : `${style.good('no mistake was found')}, but not all could be looked at`
}

function notDoneLines({ notDone, environment, hosts }: CheckReport, style: Style): string[] {
  if (notDone.length === 0) return []
  return [
    '',
    ...notDone.map((text) => `${style.odd('not done:')} ${text}`),
    `belay plan ${environment} has ${[...hosts].sort()[0]} read the compose file, and says the rest.`,
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
