import type { Event } from '../../src/base/event.ts'

type Samples = { readonly [Type in Event['type']]: Extract<Event, { type: Type }> }

/** One event of each type, for tests and for the guide; a new type does not compile without one. */
export const SAMPLE_EVENTS: Samples = {
  'run-started': {
    type: 'run-started',
    run: '20261121-074800-k3f9',
    purpose: 'deploy r42',
    app: 'shop',
    environment: 'production',
    owner: 'deploy@laptop',
  },
  'plan-made': { type: 'plan-made', plan: { purpose: 'deploy' }, lines: ['deploy r42', '  web'] },
  'phase-started': { type: 'phase-started', phase: 'ship', title: 'Ship' },
  'phase-finished': { type: 'phase-finished', phase: 'ship', durationMs: 1234, ok: true },
  'step-started': {
    type: 'step-started',
    step: 'start-web',
    host: 'a.example.com',
    title: 'start web beside the old',
    because: 'it has no writable volume',
  },
  progress: {
    type: 'progress',
    host: 'a.example.com',
    text: 'waiting for web to be healthy',
    step: 'start-web',
  },
  'step-finished': {
    type: 'step-finished',
    step: 'start-web',
    host: 'a.example.com',
    durationMs: 400,
    ok: true,
  },
  'check-judged': {
    type: 'check-judged',
    host: 'a.example.com',
    check: 'web http /health',
    verdict: 'fail',
    text: 'answered 503',
  },
  'traffic-moved': { type: 'traffic-moved', host: 'a.example.com', service: 'web', to: 'b' },
  decided: {
    type: 'decided',
    decision: 'commit',
    release: 'r42',
    because: 'all checks passed on 2 hosts',
  },
  warning: { type: 'warning', code: 'IMAGE_NOT_KEPT', text: 'the image of r37 is gone' },
  noted: {
    type: 'noted',
    about: 'coverage',
    text: '81.4 % of lines, and at least 70 % was wanted',
    details: { lines: 81.4 },
  },
  notified: {
    type: 'notified',
    channel: 'telegram',
    moment: 'succeeded',
    ok: true,
    text: 'told',
  },
  failed: {
    type: 'failed',
    code: 'CONTAINER_EXITED',
    message: 'web of r42 exited with code 1 on a.example.com',
    hint: 'read its last lines above',
    evidence: ['Traceback (most recent call last):', 'KeyError: DATABASE_URL'],
    details: { host: 'a.example.com' },
  },
  'run-finished': {
    type: 'run-finished',
    run: '20261121-074800-k3f9',
    outcome: 'confirmed',
    exit: 0,
    serving: 'r42',
    durationMs: 3200,
    text: 'r42 serves on 2 hosts',
  },
  answer: { type: 'answer', of: 'status', data: { serving: 'r42' } },
}
