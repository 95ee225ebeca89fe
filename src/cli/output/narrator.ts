import { formatDuration } from '../../base/duration.ts'
import type { Event } from '../../base/event.ts'
import { oneLine } from './clean.ts'
import type { Style } from './style.ts'

export type Verbosity = 'quiet' | 'normal' | 'verbose'

export interface NarratorOptions {
  readonly style: Style
  readonly verbosity: Verbosity
  /** `✓` and `✗` before what is finished. */
  readonly marks: boolean
}

/**
 * Lines that stay, for each event; one of a later version, read from a receipt, has none.
 * Remembers titles, since the end of a step does not repeat them.
 */
export type Narrator = (event: Event) => readonly string[]

type Of<Type extends Event['type']> = Extract<Event, { type: Type }>

const EVIDENCE_LINES_MAX = 60

/** A phase that told nothing, and took less, is worth no line. */
const SHORT_MS = 500

export function narrator(options: NarratorOptions): Narrator {
  const memory: Memory = { ...options, titles: new Map(), passed: new Set(), heading: undefined }
  const isQuiet = options.verbosity === 'quiet'
  return <Type extends Event['type']>(event: Of<Type>) =>
    (isQuiet && !AUDIBLE.has(event.type)) || !Object.hasOwn(LINES, event.type)
      ? []
      : LINES[event.type](event, memory)
}

interface Memory extends NarratorOptions {
  readonly titles: Map<string, string>
  readonly passed: Set<string>
  /** The phase's title, until something is told under it. */
  heading: string | undefined
}

/** What the caller must not miss, even when asked to be quiet. */
const AUDIBLE: ReadonlySet<Event['type']> = new Set(['warning', 'failed', 'run-finished'])

const LINES: { [Type in Event['type']]: (event: Of<Type>, memory: Memory) => readonly string[] } = {
  'run-started': (event, memory) => [startLine(event, memory)],
  'phase-started': (event, memory) => {
    memory.heading = oneLine(event.title)
    memory.titles.set(`phase ${event.phase}`, memory.heading)
    return []
  },
  'phase-finished': (event, memory) => {
    const isEmpty = memory.heading !== undefined
    memory.heading = undefined
    const isNoNews = isEmpty && event.durationMs < SHORT_MS && !isVerbose(memory)
    if (event.ok && (!isEmpty || isNoNews)) return []
    const title = memory.titles.get(`phase ${event.phase}`) ?? event.phase
    return [finishedLine({ ...event, title: memory.style.strong(title) }, memory)]
  },
  'step-started': (event, memory) => {
    const title = oneLine(event.title)
    memory.titles.set(`${event.host} ${event.step}`, title)
    const why = memory.style.faint(`(${oneLine(event.because)})`)
    return isVerbose(memory) ? underHeading(memory, `${label(event.host)}${title} ${why}`) : []
  },
  'step-finished': (event, memory) => {
    const title = memory.titles.get(`${event.host} ${event.step}`) ?? event.step
    return underHeading(memory, finishedLine({ ...event, title }, memory))
  },
  progress: (event, memory) =>
    isVerbose(memory) ? [`${label(event.host)}  ${oneLine(event.text)}`] : [],
  'check-judged': (event, memory) =>
    isFirstPass(event, memory) || isVerbose(memory)
      ? underHeading(memory, checkLine(event, memory))
      : [],
  'traffic-moved': (event) => [`${label(event.host)}${trafficWords(event)}`],
  decided: (event, memory) => {
    // From here on other containers may be asked, by the same checks.
    memory.passed.clear()
    return [decisionLine(event, memory)]
  },
  warning: (event, memory) => [`${memory.style.odd('warning:')} ${oneLine(event.text)}`],
  noted: (event, memory) => underHeading(memory, `${event.about}: ${oneLine(event.text)}`),
  // Who could not be told stands in a warning, which everybody sees.
  notified: ({ channel, moment, text }, memory) =>
    isVerbose(memory) ? [`${channel} (${moment}): ${oneLine(text)}`] : [],
  failed: (event, memory) => failureLines(event, memory),
  'run-finished': (event, memory) => [endLine(event, memory)],
  'plan-made': () => [],
  answer: () => [],
}

const isVerbose = ({ verbosity }: Memory): boolean => verbosity === 'verbose'

function underHeading(memory: Memory, line: string): readonly string[] {
  const { heading, style } = memory
  memory.heading = undefined
  return heading === undefined ? [line] : [style.strong(heading), line]
}

const linesOf = (text: string): string[] => text.split('\n')

const label = (host: string): string => (host === '' ? '' : `[${host}] `)

function mark(ok: boolean, { style, marks }: NarratorOptions): string {
  if (!marks) return ''
  return ok ? `${style.good('✓')} ` : `${style.bad('✗')} `
}

function startLine(event: Of<'run-started'>, { style }: NarratorOptions): string {
  const what = `${event.purpose} · ${event.app} · ${event.environment}`
  return `${style.strong(what)} ${style.faint(`· run ${event.run}, by ${oneLine(event.owner)}`)}`
}

function finishedLine(
  end: { host?: string; title: string; ok: boolean; durationMs: number },
  options: NarratorOptions,
): string {
  const { style } = options
  const took = formatDuration(end.durationMs)
  const word = end.ok ? `done ${style.faint(took)}` : `${style.bad('FAILED')} after ${took}`
  return `${mark(end.ok, options)}${label(end.host ?? '')}${end.title} … ${word}`
}

/** A token names a slot, `b`, or the share of requests that it gets: `b25`. */
function trafficWords({ service, to }: Of<'traffic-moved'>): string {
  const [, slot = to, share] = /^([ab])(\d+)$/.exec(to) ?? []
  const how = share === undefined ? 'traffic' : `${share} % of the traffic`
  return `${how} of ${service} goes to slot ${slot}`
}

/** A check that is asked again and again is worth one line when it first passes. */
function isFirstPass(event: Of<'check-judged'>, { passed }: Memory): boolean {
  const key = `${event.host} ${event.check}`
  if (event.verdict !== 'pass' || passed.has(key)) return false
  passed.add(key)
  return true
}

function checkLine(event: Of<'check-judged'>, options: NarratorOptions): string {
  const { style } = options
  const paint = { pass: style.good, fail: style.bad, unknown: style.odd }[event.verdict]
  const text = event.text === '' ? '' : ` ${style.faint(oneLine(event.text))}`
  const sign = event.verdict === 'unknown' ? '' : mark(event.verdict === 'pass', options)
  return `${sign}${label(event.host)}check ${event.check} … ${paint(event.verdict)}${text}`
}

function decisionLine(event: Of<'decided'>, options: NarratorOptions): string {
  const isKept = event.decision === 'commit'
  const what = event.what ?? event.release
  const words = isKept ? `${what} is kept` : `${what} is not kept`
  return `${mark(isKept, options)}${words}: ${oneLine(event.because)}`
}

/** What happened, what shows it, what to do: in this order. */
function failureLines(event: Of<'failed'>, { style }: NarratorOptions): string[] {
  const evidence = event.evidence.flatMap(linesOf)
  const missing = evidence.length - EVIDENCE_LINES_MAX
  const shown = missing > 0 ? evidence.slice(-EVIDENCE_LINES_MAX) : evidence
  return [
    `${style.bad('error:')} ${oneLine(event.message)}`,
    ...(missing > 0 ? [`    … ${missing} earlier lines (all of them with --json)`] : []),
    ...shown.map((line) => `    ${line}`),
    ...linesOf(event.hint).map((line, n) => (n === 0 ? `hint: ${line}` : `      ${line}`)),
  ]
}

function endLine(event: Of<'run-finished'>, options: NarratorOptions): string {
  const isGood = event.exit === 0
  const paint = isGood ? options.style.good : options.style.bad
  const took = options.style.faint(`(${formatDuration(event.durationMs)})`)
  return `${mark(isGood, options)}${paint(oneLine(event.text))} ${took}`
}
