import { describe, expect, it } from 'vitest'
import type { Event } from '../../base/event.ts'
import { narrator } from './narrator.ts'
import type { Verbosity } from './narrator.ts'
import { SAMPLE_EVENTS } from '../../../tests/cli/sample-events.ts'
import { COLOURED, PLAIN } from './style.ts'

function told(events: readonly Event[], verbosity: Verbosity = 'normal', marks = false): string[] {
  const narrate = narrator({ style: PLAIN, verbosity, marks })
  return events.flatMap((event) => narrate(event))
}

const pass: Event = { ...SAMPLE_EVENTS['check-judged'], verdict: 'pass', text: '200 in 12ms' }
const all = Object.values(SAMPLE_EVENTS)

describe('the lines of a run', () => {
  it('tell each event in words', () => {
    expect(told(all)).toEqual([
      'deploy r42 · shop · production · run 20261121-074800-k3f9, by deploy@laptop',
      'Ship … done 1.2s',
      '[a.example.com] start web beside the old … done 0.4s',
      '[a.example.com] traffic of web goes to slot b',
      'r42 is kept: all checks passed on 2 hosts',
      'warning: the image of r37 is gone',
      'coverage: 81.4 % of lines, and at least 70 % was wanted',
      'error: web of r42 exited with code 1 on a.example.com',
      '    Traceback (most recent call last):',
      '    KeyError: DATABASE_URL',
      'hint: read its last lines above',
      'r42 serves on 2 hosts (3.2s)',
    ])
  })
  it('carry marks at a terminal, and the words all the same', () => {
    const bad: Event = { ...SAMPLE_EVENTS['step-finished'], ok: false, durationMs: 3000 }
    const back: Event = { ...SAMPLE_EVENTS.decided, decision: 'rollback', because: 'web failed' }
    expect(told([SAMPLE_EVENTS['step-started'], bad, back, pass], 'normal', true)).toEqual([
      '✗ [a.example.com] start web beside the old … FAILED after 3.0s',
      '✗ r42 is not kept: web failed',
      '✓ [a.example.com] check web http /health … pass 200 in 12ms',
    ])
  })
  it('stand under the heading of their phase, which an empty phase does not need', () => {
    const { 'phase-started': start, 'phase-finished': end } = SAMPLE_EVENTS
    const steps = [SAMPLE_EVENTS['step-started'], SAMPLE_EVENTS['step-finished']]
    expect(told([start, ...steps, ...steps, end])).toEqual([
      'Ship',
      '[a.example.com] start web beside the old … done 0.4s',
      '[a.example.com] start web beside the old … done 0.4s',
    ])
    expect(told([start, end])).toEqual(['Ship … done 1.2s'])
    expect(told([start, { ...end, durationMs: 400 }])).toEqual([])
    expect(told([start, { ...end, durationMs: 400 }], 'verbose')).toHaveLength(1)
    expect(told([start, ...steps, { ...end, ok: false }]).at(-1)).toBe('Ship … FAILED after 1.2s')
  })
  it('tell a check that passes again and again only once', () => {
    const again: Event = { ...SAMPLE_EVENTS['check-judged'] }
    expect(told([again, again, pass, pass, pass])).toHaveLength(1)
    expect(told([again, again, pass, pass, pass], 'verbose')).toHaveLength(5)
    expect(told([pass, SAMPLE_EVENTS.decided, pass, pass])).toHaveLength(3)
  })
  it('tell why and what is waited for when asked to be verbose', () => {
    expect(told([SAMPLE_EVENTS['step-started'], SAMPLE_EVENTS.progress], 'verbose')).toEqual([
      '[a.example.com] start web beside the old (it has no writable volume)',
      '[a.example.com]   waiting for web to be healthy',
    ])
  })
  it('are only warnings, failures and the end when asked to be quiet', () => {
    expect(told(all, 'quiet').map((line) => line.split(' ')[0])).toEqual([
      'warning:',
      'error:',
      '',
      '',
      'hint:',
      'r42',
    ])
  })
  it('keep the last of long evidence, and say how much is missing', () => {
    const evidence = Array.from({ length: 100 }, (_, n) => `line ${n}`)
    const lines = told([{ ...SAMPLE_EVENTS.failed, evidence }])
    expect(lines[1]).toBe('    … 40 earlier lines (all of them with --json)')
    expect(lines).toContain('    line 99')
    expect(lines).not.toContain('    line 39')
  })
  it('say the same without colours as with them', () => {
    const narrate = narrator({ style: COLOURED, verbosity: 'verbose', marks: true })
    const coloured = all.flatMap((event) => narrate(event)).join('\n')
    // oxlint-disable-next-line no-control-regex
    expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(told(all, 'verbose', true).join('\n'))
    expect(coloured).toContain('\u001b[')
  })
})
