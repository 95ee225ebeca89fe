import { htmlEscaped } from '../escaped.ts'
import { type Receipt, momentOf } from './receipt.ts'

/** The parts of a run as JUnit XML, which CI systems list as tests: phases, steps, checks. */
export function asJunit(receipt: Receipt): string {
  const cases = casesOf(receipt)
  const failed = cases.filter(({ failure }) => failure !== undefined).length
  const name = escaped(`${receipt.app} ${receipt.environment} ${receipt.purpose}`)
  const counts = `tests="${cases.length}" failures="${failed}" time="${seconds(receipt.durationMs)}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="belay" ${counts}>`,
    `<testsuite name="${name}" ${counts} timestamp="${escaped(receipt.startedAt)}">`,
    ...cases.map(caseLine),
    '</testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

interface Case {
  readonly group: string
  readonly name: string
  readonly durationMs: number | null
  readonly failure?: string
}

function casesOf(receipt: Receipt): Case[] {
  const part = (group: string) => (of: Receipt['phases'][number]) => {
    const { title: name, durationMs, ok } = of
    return { group, name, durationMs, ...(ok ? {} : { failure: 'it failed' }) }
  }
  return [
    ...receipt.phases.map(part('phases')),
    ...receipt.hosts.flatMap(({ host, steps }) => steps.map(part(host))),
    ...receipt.checks.map(({ host, release, check, verdict, text }) => {
      const failure = verdict === 'pass' ? {} : { failure: `${verdict}: ${text}` }
      return {
        group: `${host} checks of ${release ?? 'nothing'}`,
        name: check,
        durationMs: 0,
        ...failure,
      }
    }),
    runCase(receipt),
  ]
}

/** The run itself, so that there is one at least, and its reason stands in it. */
function runCase(receipt: Receipt): Case {
  const { run, durationMs, failures } = receipt
  const isGood = ['succeeded', 'unchanged', 'started'].includes(momentOf(receipt))
  const lines = failures.flatMap(({ message, evidence, hint }) => [message, ...evidence, hint])
  return { group: 'run', name: run, durationMs, ...(isGood ? {} : { failure: lines.join('\n') }) }
}

function caseLine({ group, name, durationMs, failure }: Case): string {
  const head = `<testcase classname="${escaped(group)}" name="${escaped(name)}" time="${seconds(durationMs)}"`
  if (failure === undefined) return `${head}/>`
  const [first = ''] = failure.split('\n')
  return `${head}><failure message="${escaped(first)}">${escaped(failure)}</failure></testcase>`
}

function seconds(ms: number | null): string {
  return ((ms ?? 0) / 1000).toFixed(3)
}

/** Control characters have no form in XML at all. */
function escaped(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return htmlEscaped(text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, ''))
}
