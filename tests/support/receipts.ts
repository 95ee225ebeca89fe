import type { Event, StampedEvent } from '../../src/base/event.ts'
import { type Receipt, receiptOf } from '../../src/notifications/receipts/receipt.ts'

const PLAN = {
  release: {
    id: 'r42',
    commit: { id: 'abcdef0123456789', subject: 'Sell socks', dirty: false },
    services: [{ name: 'web', image: { reference: 'shop:42', id: 'sha256:0123456789abcdef' } }],
  },
  hosts: [{ host: 'a.example.com', previous: 'r41' }],
  change: { because: 'it differs from r41, which serves' },
}

const BEGIN: readonly Event[] = [
  {
    type: 'run-started',
    run: '20261121-074800-k3f9',
    purpose: 'deploy',
    app: 'shop',
    environment: 'production',
    owner: 'ana@laptop',
  },
  { type: 'phase-started', phase: 'connect', title: 'connect and read' },
  { type: 'phase-finished', phase: 'connect', durationMs: 412.4, ok: true },
  { type: 'plan-made', plan: PLAN, lines: ['deploy r42'] },
]

const STEP: Event = {
  type: 'step-started',
  step: 'start',
  host: 'a.example.com',
  title: 'start web beside the old',
  because: 'x',
}

const CHECK = { type: 'check-judged', host: 'a.example.com', check: 'web http /health' } as const

const ENDS = {
  confirmed: [
    STEP,
    { type: 'step-finished', step: 'start', host: 'a.example.com', durationMs: 1200, ok: true },
    { ...CHECK, verdict: 'fail', text: 'answered 503' },
    { ...CHECK, verdict: 'pass', text: '200' },
    { type: 'noted', about: 'coverage', text: '81 % of lines', details: {} },
    { type: 'decided', decision: 'commit', release: 'r42', because: 'every check passed' },
    { type: 'warning', code: 'TIDY_FAILED', text: 'the image of r37 stayed' },
    end('confirmed', 'r42', 'r42 proved itself and is kept'),
  ],
  'rolled-back': [
    STEP,
    { type: 'step-finished', step: 'start', host: 'a.example.com', durationMs: 1200, ok: false },
    { ...CHECK, verdict: 'fail', text: 'answered 500' },
    { type: 'decided', decision: 'rollback', release: 'r42', because: 'web is not healthy' },
    {
      type: 'failed',
      code: 'NOT_PROVED',
      message: 'r42 did not prove itself on a.example.com: web http /health answered 500',
      hint: 'read its last lines above',
      evidence: ['Traceback (most recent call last):', 'KeyError: <DATABASE_URL> & more'],
      details: {},
    },
    end('rolled-back', 'r41', 'r42 was not kept; what serves now: r41'),
  ],
  critical: [
    {
      type: 'failed',
      code: 'NOT_PROVED',
      message: 'r42 did not prove itself',
      hint: 'read on',
      evidence: [],
      details: {},
    },
    {
      type: 'failed',
      code: 'ROLLBACK_FAILED',
      message: 'could not put everything back on a.example.com',
      hint: '`belay status` tells',
      evidence: [],
      details: {},
    },
    end('critical', null, 'could not put everything back on a.example.com'),
  ],
  refused: [
    {
      type: 'failed',
      code: 'HOST_UNREACHABLE',
      message: 'a.example.com cannot be reached',
      hint: 'is it on?',
      evidence: [],
      details: {},
    },
  ],
  'under-way': [],
} as const satisfies Readonly<Record<string, readonly Event[]>>

function end(
  outcome: 'confirmed' | 'rolled-back' | 'critical',
  serving: string | null,
  text: string,
): Event {
  const exit = { confirmed: 0, 'rolled-back': 4, critical: 5 } as const
  const run = '20261121-074800-k3f9'
  const durationMs = 12_300.4
  return { type: 'run-finished', run, outcome, exit: exit[outcome], serving, durationMs, text }
}

/** What a run that ended so would have told. */
export function sampleEvents(outcome: keyof typeof ENDS): readonly StampedEvent[] {
  return [...BEGIN, ...ENDS[outcome]].map((event, n) => {
    const at = new Date(Date.UTC(2026, 10, 21, 7, 48, n)).toISOString()
    return { v: 1, at, event }
  })
}

export function sampleReceipt(outcome: keyof typeof ENDS, over: Partial<Receipt> = {}): Receipt {
  return { ...receiptOf(sampleEvents(outcome)), ...over }
}
