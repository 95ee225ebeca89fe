import { inSeconds, median, spread } from '../figures.ts'
import type { Fault, Phase, Suffered } from './faults.ts'
import type { Deployed } from './good.ts'
import type { Left } from './look.ts'
import type { Way } from './way.ts'

/** A row of the page: what was measured, or why not. */
export type GoodRow = {
  readonly way: Way
  readonly roundTripMs: number
  readonly result: readonly Deployed[] | string
}
export type FaultRow = {
  readonly way: Way
  readonly fault: Fault
  readonly result: Suffered | string
}

export function goodLine({ way, roundTripMs, result }: GoodRow): string {
  const head = `| ${way.name} | ${roundTripMs} ms |`
  if (typeof result === 'string') return `${head} not measured: ${plain(result)} | | |`
  const sum = (pick: (one: Deployed) => number) => result.reduce((all, one) => all + pick(one), 0)
  const times = (pick: (one: Deployed) => number) => {
    const values = result.map(pick)
    return `${inSeconds(median(values))} s (${spread(values)})`
  }
  const lost = `${sum((one) => one.lost)} of ${sum((one) => one.sent)}`
  return `${head} ${times((one) => one.servingMs)} | ${times((one) => one.totalMs)} | ${lost} |`
}

export function faultLine({ way, result }: FaultRow): string {
  const head = `| ${way.name} |`
  if (typeof result === 'string') return `${head} not measured: ${plain(result)} | | | | |`
  const { during, next } = result
  const cells = [lossOf(during), endOf(during), leftOf(during), lossOf(next), nextOf(next)]
  return `${head} ${cells.join(' | ')} |`
}

/** Of what a tool said, as much as fits into a cell. */
function plain(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('|', '/').slice(0, 120).trim()
}

function lossOf({ lost, sent }: Phase): string {
  return `${lost} of ${sent}`
}

function endOf({ ended }: Phase): string {
  if (ended === undefined) return 'killed'
  return `${ended.code === 0 ? 'success' : `exit ${ended.code}`} after ${inSeconds(ended.ms)} s`
}

function nextOf(phase: Phase): string {
  return `${endOf(phase)}; ${leftOf(phase)}`
}

/** `first serves`, and what runs beside it. */
export function leftOf({ left }: Pick<Phase, 'left'>): string {
  const [one, ...others] = left.map(wordsOf)
  if (others.length === 0) return one ?? ''
  return left.map((_, at) => `server ${at + 1}: ${wordsOf(left[at] as Left)}`).join(', ')
}

function wordsOf({ serves, running }: Left): string {
  const who = serves.length === 0 ? '**nobody answers**' : `*${serves.join('* and *')}* serves`
  const beside = running - Math.max(1, serves.length)
  if (beside > 0) return `${who}, ${beside} container${beside > 1 ? 's' : ''} beside it`
  return who
}
