import type { Event } from '../../base/event.ts'
import { oneLine } from './clean.ts'

/** Something under way: a step on a host, or a phase (with no host). */
export interface OpenWork {
  readonly host: string
  readonly title: string
  readonly startedAt: number
  /** What is being waited for, in the words of the last event about it. */
  news: string
  newsAt: number
  /** The check that is not good yet: what another one says is no news beside it. */
  waitsFor?: string | undefined
}

type Judged = Extract<Event, { type: 'check-judged' }>

/** What is under way right now, and what was last heard of it. */
export interface Board {
  readonly apply: (event: Event, now: number) => void
  /** The open steps; else the open phase; else what hosts were last heard to be doing. */
  readonly open: () => readonly OpenWork[]
  readonly clear: () => void
}

export function board(): Board {
  const steps = new Map<string, OpenWork & { readonly step: string }>()
  const phases = new Map<string, OpenWork>()
  const doings = new Map<string, OpenWork>()

  const hear = (
    about: { host: string; step?: string | undefined; text: string; judged?: Judged },
    now: number,
  ) => {
    const { host, step, judged } = about
    const text = oneLine(about.text)
    const ofHost = [...steps.values()].filter((work) => work.host === host)
    const exact = ofHost.filter((work) => work.step === step)
    const heard = exact.length > 0 ? exact : ofHost.length > 0 ? ofHost : [...phases.values()]
    for (const work of heard) Object.assign(work, newsOf(work, text, judged), { newsAt: now })
    const isNew = heard.length === 0 && doings.get(host)?.title !== text
    if (isNew) doings.set(host, { host, title: text, startedAt: now, news: '', newsAt: now })
  }
  const begin = (
    event: Extract<Event, { type: 'step-started' | 'phase-started' }>,
    now: number,
  ) => {
    const fresh = { title: oneLine(event.title), startedAt: now, news: '', newsAt: now }
    if (event.type === 'phase-started') phases.set(event.phase, { ...fresh, host: '' })
    else steps.set(`${event.host} ${event.step}`, { ...fresh, host: event.host, step: event.step })
  }

  return {
    apply: (event, now) => {
      if (event.type === 'progress') return hear(event, now)
      if (event.type === 'check-judged') {
        return hear({ host: event.host, text: checkNews(event), judged: event }, now)
      }
      // Whatever else is told, those doings are over.
      doings.clear()
      if (event.type === 'phase-finished') phases.delete(event.phase)
      if (event.type === 'step-finished') steps.delete(`${event.host} ${event.step}`)
      if (event.type === 'step-started' || event.type === 'phase-started') begin(event, now)
    },
    open: () =>
      [steps, phases, doings].flatMap((works, n, all) => {
        const isCovered = all.slice(0, n).some(({ size }) => size > 0)
        return isCovered ? [] : [...works.values()]
      }),
    clear: () => {
      for (const works of [steps, phases, doings]) works.clear()
    },
  }
}

function newsOf({ waitsFor }: OpenWork, news: string, judged: Judged | undefined) {
  if (judged === undefined) return { news, waitsFor: undefined }
  if (judged.verdict !== 'pass') return { news, waitsFor: judged.check }
  return waitsFor === undefined || waitsFor === judged.check ? { news, waitsFor: undefined } : {}
}

function checkNews(event: Judged): string {
  if (event.verdict === 'pass') return `${event.check}: pass`
  return `waiting for ${event.check}${event.text === '' ? '' : `: ${event.text}`}`
}
