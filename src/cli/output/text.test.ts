import { describe, expect, it } from 'vitest'
import { SAMPLE_EVENTS } from '../../../tests/cli/sample-events.ts'
import { PLAIN } from './style.ts'
import { handClock, memorySink } from '../../../tests/cli/screen.ts'
import { textReporter } from './text.ts'
import type { Verbosity } from './narrator.ts'

function setUp(verbosity: Verbosity = 'normal') {
  const stdout = memorySink()
  const stderr = memorySink()
  const clock = handClock()
  const style = { style: PLAIN, answerStyle: PLAIN }
  const reporter = textReporter({ stdout, stderr, clock, verbosity, ...style })
  return { stdout, stderr, clock, reporter }
}

describe('plain output', () => {
  it('puts answers and plans on stdout, progress on stderr', () => {
    const { stdout, stderr, reporter } = setUp()
    reporter.tell(SAMPLE_EVENTS['plan-made'])
    reporter.tell(SAMPLE_EVENTS.warning)
    reporter.answer({ of: 'status', data: 'r42', render: (data) => [`serves ${data}`] })
    expect(stdout.text).toBe('deploy r42\n  web\nserves r42\n')
    expect(stderr.text).toBe('warning: the image of r37 is gone\n')
  })
  it('says now and then that long work is still under way, and what it waits for', () => {
    const { stderr, clock, reporter } = setUp()
    reporter.tell(SAMPLE_EVENTS['step-started'])
    reporter.tell(SAMPLE_EVENTS['check-judged'])
    for (let second = 0; second <= 45; second += 1) {
      clock.ms = second * 1000
      reporter.tick()
    }
    const still = '[a.example.com] start web beside the old … still at it after'
    expect(stderr.text.trimEnd().split('\n')).toEqual([
      `${still} 10.0s, waiting for web http /health: answered 503`,
      `${still} 20.0s, waiting for web http /health: answered 503`,
      `${still} 40.0s, waiting for web http /health: answered 503`,
    ])
  })
  it('goes on telling what is not good yet, whatever else passes meanwhile', () => {
    const { stderr, clock, reporter } = setUp()
    const judged = SAMPLE_EVENTS['check-judged']
    const other = { ...judged, check: 'web container', verdict: 'pass' as const }
    for (const event of [SAMPLE_EVENTS['step-started'], judged, other]) reporter.tell(event)
    clock.ms = 10_000
    reporter.tick()
    expect(stderr.text).toContain('waiting for web http /health: answered 503')
    reporter.tell({ ...judged, verdict: 'pass' })
    clock.ms = 20_000
    reporter.tick()
    expect(stderr.text).toContain('20.0s, web http /health: pass')
  })
  it('says nothing more of a step that ended, and nothing at all when quiet', () => {
    for (const verbosity of ['normal', 'quiet'] as const) {
      const { stderr, clock, reporter } = setUp(verbosity)
      reporter.tell(SAMPLE_EVENTS['step-started'])
      if (verbosity === 'normal') reporter.tell(SAMPLE_EVENTS['step-finished'])
      stderr.text = ''
      clock.ms = 60_000
      reporter.tick()
      expect(stderr.text).toBe('')
    }
  })
  it('shows a build, which belongs to no host, under its phase', () => {
    const { stderr, clock, reporter } = setUp()
    reporter.tell({ type: 'phase-started', phase: 'build', title: 'Build' })
    reporter.tell({ type: 'progress', host: '', text: 'web: step 3 of 9' })
    clock.ms = 10_000
    reporter.tick()
    expect(stderr.text).toBe('Build … still at it after 10.0s, web: step 3 of 9\n')
  })
})
