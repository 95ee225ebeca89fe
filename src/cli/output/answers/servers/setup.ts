import type { HostSetup, SetupReport } from '../../../../operations/setup/setup.ts'
import type { SetupStep } from '../../../../operations/setup/setup-step.ts'
import type { Page } from '../../reporter.ts'
import type { Style } from '../../style.ts'

export function renderSetup({ hosts, state }: SetupReport, { style }: Page): string[] {
  return [...hosts.flatMap((host) => [...hostLines(host, style), '']), VERDICTS[state]]
}

const VERDICTS: Readonly<Record<SetupReport['state'], string>> = {
  planned: 'Nothing was touched yet.',
  nothing: 'There is nothing to do: the servers are as they should be.',
  done: 'Done. belay host doctor looks at each point, belay plan tells what a deployment would do.',
  declined: 'Nothing was touched.',
}

function hostLines({ host, system, user, steps }: HostSetup, style: Style): string[] {
  return [
    `${style.strong(host)} · ${system}, as ${user}`,
    ...steps.flatMap((step) => [
      `  ${word(step, style)} ${step.what}`,
      `         ${style.faint(step.because)}`,
    ]),
  ]
}

function word({ state }: SetupStep, style: Style): string {
  return {
    there: style.good('there '),
    do: style.strong('do    '),
    left: style.odd('left  '),
    cannot: style.bad('cannot'),
  }[state]
}
