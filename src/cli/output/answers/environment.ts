import type { EnvironmentReport } from '../../../config/environment/explain-names.ts'
import type { Page } from '../reporter.ts'
import type { Style } from '../style.ts'
import { tableLines } from '../table.ts'

export function renderEnvironment(report: EnvironmentReport, { style }: Page): string[] {
  const { app, environment, names, missing, warnings } = report
  const what = style.strong(`${app} · ${environment}`)
  const verdict =
    missing === 0
      ? style.good('every name that must have a value has one')
      : style.bad(`${missing} of ${names.length} names have no value`)
  return [
    `${what}: ${names.length === 0 ? 'nothing is taken from the environment' : verdict}`,
    ...(names.length === 0 ? [] : ['', ...table(report, style)]),
    ...(warnings.length === 0 ? [] : ['']),
    ...warnings.map((text) => `${style.odd('warning:')} ${text}`),
  ]
}

function table({ names }: EnvironmentReport, style: Style): string[] {
  const head = ['NAME', 'VALUE', 'FROM', 'ABOUT'].map(style.faint)
  const rows = names.map(({ name, state, from, about }) => {
    const word = state === 'missing' ? style.bad(state) : state
    return [name, word, from, about]
  })
  return tableLines([head, ...rows])
}
