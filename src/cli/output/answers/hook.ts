import type { HookReport } from '../../../operations/hook/install.ts'
import type { Page } from '../reporter.ts'
import { tableLines } from '../table.ts'

const DONE: Readonly<Record<HookReport['state'], string>> = {
  installed: 'A push deploys now.',
  updated: 'The hook is up to date.',
  'not-installed': 'This would be installed; nothing was changed.',
  found: 'A push deploys.',
  removed: 'The hook is removed; what serves goes on serving.',
}

export function renderHook(report: HookReport, { style }: Page): string[] {
  const { app, environment, host, state, branch, busy, repository } = report
  const head = `${style.strong(`${app} · ${environment}`)} on ${host}: ${DONE[state]}`
  if (state === 'removed') return [head, `Left for you: ${report.values.path}`]
  const rows = [
    ['repository', repository],
    ['branch', `${branch}; others are kept, and not deployed`],
    [
      'while a run is under way',
      busy === 'wait' ? 'a push waits for its turn' : 'a push is refused',
    ],
    ['values', valuesOf(report)],
    ['belay', `${report.version}, run by Node ${report.node ?? 'which is GONE'}`],
    ['keys', keysOf(report)],
  ]
  return [head, '', ...tableLines(rows), ...(state === 'found' ? pushesOf(report) : nextOf(report))]
}

function valuesOf({ values: { path, state } }: HookReport): string {
  if (state === 'missing') return `${path} (not there yet)`
  return state === 'open' ? `${path} (others may read it: chmod 600)` : path
}

function keysOf({ keys, key }: HookReport): string {
  const all = `${keys} that may only push here`
  if (key === 'added') return `${all}; yours was added`
  return key === 'there' ? `${all}; yours may log in already` : all
}

function nextOf({ url, branch, values, copy }: HookReport): string[] {
  return [
    '',
    'Next, where you develop:',
    ...(values.state === 'missing' ? [`  ${copy}    if the app has an env file`] : []),
    `  git remote add belay ${url}`,
    `  git push belay ${branch}`,
  ]
}

function pushesOf({ pushes, isBusy }: HookReport): string[] {
  if (pushes.length === 0) return ['', 'Nothing was pushed yet.']
  const rows = pushes.map(({ log, ended }, at) => {
    const [, time = log, commit = ''] = /^(\S+)-([0-9a-f]+)\.log$/.exec(log) ?? []
    const isLast = at === pushes.length - 1
    const unended = isBusy && isLast ? 'under way' : 'gone without a word'
    return [time, commit, ended === '-' ? unended : `exit ${ended}`]
  })
  return ['', 'Last pushes:', ...tableLines(rows).map((line) => `  ${line}`)]
}
