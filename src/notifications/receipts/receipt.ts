import type { Event, StampedEvent } from '../../base/event.ts'
import type { Moment } from '../../base/moment.ts'

/**
 * What a run did, as data: made from what it told, so that it holds for a run that just ended and
 * for one that is read back from a server. `--format json` prints it; fields may only grow.
 */
export interface Receipt {
  readonly v: 1
  readonly run: string
  readonly app: string
  readonly environment: string
  /** `deploy`, `rollback`, `restart`, `resume`, … */
  readonly purpose: string
  readonly by: string
  readonly startedAt: string
  /** Null while it goes on, and for one that was cut off. */
  readonly endedAt: string | null
  readonly durationMs: number | null
  readonly outcome: Outcome
  readonly exit: number | null
  /** How it ended, in words. */
  readonly text: string
  /** What was to be deployed; null when it ended before that was known. */
  readonly release: string | null
  /** What served before; null when nothing did. */
  readonly previous: string | null
  readonly serving: string | null
  readonly commit: Commit | null
  /** Why there was something to do. */
  readonly because: string
  readonly hosts: readonly HostPart[]
  readonly images: readonly Image[]
  readonly phases: readonly Part[]
  /** The last verdict of each check, on each host, of each release that was asked. */
  readonly checks: readonly JudgedCheck[]
  /** How the tests went, which backup there is, which schema: whatever the run found worth it. */
  readonly findings: readonly Finding[]
  readonly warnings: readonly { readonly code: string; readonly text: string }[]
  readonly failures: readonly Failed[]
  readonly told: readonly Told[]
}

/** `refused`: it ended before anything that serves was touched. */
export type Outcome =
  | 'confirmed'
  | 'nothing-to-do'
  | 'rolled-back'
  | 'refused'
  | 'critical'
  | 'under-way'

export interface Commit {
  readonly id: string
  readonly subject: string
  readonly dirty: boolean
}

export interface Part {
  readonly title: string
  /** Null for one that did not end. */
  readonly durationMs: number | null
  readonly ok: boolean
}

export interface HostPart {
  readonly host: string
  readonly previous: string | null
  readonly steps: readonly Part[]
}

export interface Image {
  readonly service: string
  readonly reference: string
  readonly id: string
}

export interface JudgedCheck
  extends Pick<Of<'check-judged'>, 'host' | 'check' | 'verdict' | 'text'> {
  /** Which release was asked: after a rollback it is the one before. */
  readonly release: string | null
}

export type Finding = Pick<Of<'noted'>, 'about' | 'text' | 'details'>
export type Failed = Pick<Of<'failed'>, 'code' | 'message' | 'hint' | 'evidence'>
export type Told = Pick<Of<'notified'>, 'channel' | 'moment' | 'ok' | 'text'>

type Of<Type extends Event['type']> = Extract<Event, { type: Type }>

/** Read from what was told: a receipt of an earlier version may lack some of it. */
export function receiptOf(events: readonly StampedEvent[]): Receipt {
  const all = <Type extends Event['type']>(type: Type): Of<Type>[] =>
    events.flatMap(({ event }) => (event.type === type ? [event as Of<Type>] : []))
  const [begun] = all('run-started')
  const end = all('run-finished').at(-1)
  const plan = planIn(all('plan-made').at(-1)?.plan)
  const failures = all('failed')
  const outcome = end?.outcome ?? (failures.length > 0 ? 'refused' : 'under-way')
  return {
    v: 1,
    run: begun?.run ?? end?.run ?? '',
    app: begun?.app ?? '',
    environment: begun?.environment ?? '',
    purpose: begun?.purpose ?? '',
    by: begun?.owner ?? '',
    startedAt: events[0]?.at ?? '',
    ...endOf(events, end, outcome),
    outcome,
    text: end?.text ?? failures[0]?.message ?? '',
    release: all('decided').at(-1)?.release ?? plan.release,
    serving: end === undefined ? plan.previous : end.serving,
    previous: plan.previous,
    commit: plan.commit,
    because: plan.because,
    hosts: hostsOf(plan.hosts, events),
    images: plan.images,
    phases: phasesOf(events),
    checks: lastVerdicts(events, plan),
    findings: all('noted').map(({ about, text, details }) => ({ about, text, details })),
    warnings: all('warning').map(({ code, text }) => ({ code, text })),
    failures: failures.map(({ code, message, hint, evidence }) => {
      return { code, message, hint, evidence }
    }),
    told: all('notified').map(({ channel, moment, ok, text }) => ({ channel, moment, ok, text })),
  }
}

function endOf(
  events: readonly StampedEvent[],
  end: Of<'run-finished'> | undefined,
  outcome: Outcome,
): Pick<Receipt, 'endedAt' | 'durationMs' | 'exit'> {
  const endedAt = outcome === 'under-way' ? null : (events.at(-1)?.at ?? null)
  if (end !== undefined) return { endedAt, durationMs: Math.round(end.durationMs), exit: end.exit }
  const took = Date.parse(endedAt ?? '') - Date.parse(events[0]?.at ?? '')
  return { endedAt, durationMs: Number.isNaN(took) ? null : took, exit: null }
}

/** Which moment somebody is told of at the end of a run. */
export function momentOf({ outcome }: Pick<Receipt, 'outcome'>): Moment {
  return MOMENT_OF[outcome]
}

const MOMENT_OF: Readonly<Record<Outcome, Moment>> = {
  confirmed: 'succeeded',
  'nothing-to-do': 'unchanged',
  'rolled-back': 'rolled-back',
  refused: 'failed',
  critical: 'critical',
  'under-way': 'started',
}

interface PlanPart {
  readonly release: string | null
  readonly previous: string | null
  readonly because: string
  readonly commit: Commit | null
  readonly images: readonly Image[]
  readonly hosts: readonly { readonly host: string; readonly previous: string | null }[]
}

/** A plan in a receipt is data of some version: only what is there is taken. */
function planIn(plan: unknown): PlanPart {
  const { release, hosts, change } = fields(plan)
  const { id, commit, services } = fields(release)
  const parts = list(hosts).map((host) => {
    return { host: word(fields(host).host) ?? '', previous: word(fields(host).previous) }
  })
  return {
    release: word(id),
    previous: parts.find(({ previous }) => previous !== null)?.previous ?? null,
    because: word(fields(change).because) ?? '',
    commit: commitIn(commit),
    images: list(services).map((service) => {
      const { name, image } = fields(service)
      const { reference, id: image_ } = fields(image)
      return { service: word(name) ?? '', reference: word(reference) ?? '', id: word(image_) ?? '' }
    }),
    hosts: parts,
  }
}

function commitIn(commit: unknown): Commit | null {
  const { id, subject, dirty } = fields(commit)
  const known = word(id)
  return known === null ? null : { id: known, subject: word(subject) ?? '', dirty: dirty === true }
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function word(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

/** Phases one after another; what never ended is said to have failed. */
function phasesOf(events: readonly StampedEvent[]): Part[] {
  const open = new Map<string, { title: string; durationMs: number | null; ok: boolean }>()
  const parts: Part[] = []
  for (const { event } of events) {
    if (event.type === 'phase-started') {
      const part = { title: event.title, durationMs: null, ok: false }
      open.set(event.phase, part)
      parts.push(part)
    }
    if (event.type !== 'phase-finished') continue
    const { ok, durationMs } = event
    Object.assign(open.get(event.phase) ?? {}, { ok, durationMs: Math.round(durationMs) })
  }
  return parts
}

function hostsOf(planned: PlanPart['hosts'], events: readonly StampedEvent[]): HostPart[] {
  const steps = new Map<string, { host: string; part: Part }>()
  for (const { event } of events) {
    if (event.type === 'step-started') {
      const { host, title, step } = event
      steps.set(`${host} ${step}`, { host, part: { title, durationMs: null, ok: false } })
    }
    if (event.type !== 'step-finished') continue
    const { ok, durationMs } = event
    const known = steps.get(`${event.host} ${event.step}`)
    Object.assign(known?.part ?? {}, { ok, durationMs: Math.round(durationMs) })
  }
  return planned.map(({ host, previous }) => {
    const own = [...steps.values()].filter((step) => step.host === host)
    return { host, previous, steps: own.map(({ part }) => part) }
  })
}

function lastVerdicts(
  events: readonly StampedEvent[],
  { release, hosts }: PlanPart,
): JudgedCheck[] {
  const last = new Map<string, JudgedCheck>()
  let isBack = false
  for (const { event } of events) {
    if (event.type === 'decided' && event.decision === 'rollback') isBack = true
    if (event.type !== 'check-judged') continue
    const { host, check, verdict, text } = event
    const before = hosts.find((each) => each.host === host)?.previous ?? null
    const asked = isBack ? before : release
    last.set(`${asked} ${host} ${check}`, { host, release: asked, check, verdict, text })
  }
  return [...last.values()]
}
