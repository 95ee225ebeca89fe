import type { DoctorReport } from '../../../../operations/look/doctor.ts'
import type { Finding } from '../../../../operations/look/findings.ts'
import type { Page } from '../../reporter.ts'
import type { Style } from '../../style.ts'

export function renderDoctor(report: DoctorReport, { style }: Page): string[] {
  const { hosts, problems, warnings } = report
  return [
    ...hosts.flatMap(({ host, findings }) => [
      style.strong(host),
      ...findings.flatMap((finding) => findingLines(finding, style)),
      '',
    ]),
    verdict(problems, warnings, style),
  ]
}

function findingLines({ level, what, fix }: Finding, style: Style): string[] {
  const [first = '', ...more] = what.split('\n')
  const word = {
    ok: style.good('ok'),
    warning: style.odd('warning'),
    problem: style.bad('problem'),
  }[level]
  return [
    `  ${word}${' '.repeat(9 - level.length)}${first}`,
    ...more.map((line) => `             ${line}`),
    ...(fix === '' ? [] : fix.split('\n').map((line) => `           → ${line}`)),
  ]
}

function verdict(problems: number, warnings: number, style: Style): string {
  if (problems > 0) return style.bad(`${count(problems, 'problem')} must be solved first`)
  if (warnings > 0) return style.odd(`ready, with ${count(warnings, 'warning')}`)
  return style.good('ready to deploy')
}

function count(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? '' : 's'}`
}
