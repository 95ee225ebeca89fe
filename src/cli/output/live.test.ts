import { describe, expect, it } from 'vitest'
import type { Event } from '../../base/event.ts'
import { liveReporter } from './live.ts'
import { regionLines, SILENCE_MS } from './region.ts'
import { SAMPLE_EVENTS } from '../../../tests/cli/sample-events.ts'
import { PLAIN } from './style.ts'
import { handClock, memorySink, screenOf } from '../../../tests/cli/screen.ts'
import { widthOf } from './width.ts'

const start = SAMPLE_EVENTS['step-started']
const end = SAMPLE_EVENTS['step-finished']
const onB = <E extends Event>(event: E): E => ({ ...event, host: 'b.example.com' })

function setUp(columns = 90, rows = 24) {
  const terminal = memorySink(true, columns, rows)
  const clock = handClock()
  const reporter = liveReporter({
    stdout: terminal,
    stderr: terminal,
    clock,
    style: PLAIN,
    answerStyle: PLAIN,
    verbosity: 'normal',
  })
  const at = (ms: number): string[] => {
    clock.ms = ms
    reporter.tick()
    return screenOf(terminal.text)
  }
  return { terminal, clock, reporter, at }
}

describe('the live region', () => {
  it('shows per host what is under way, since when, and what it waits for', () => {
    const { reporter, at } = setUp()
    reporter.tell(start)
    reporter.tell(onB(start))
    reporter.tell(SAMPLE_EVENTS['check-judged'])
    expect(at(1500)).toEqual([
      '⠴ a.example.com  start web beside the old  1s  waiting for web http /health: answered 503',
      '⠴ b.example.com  start web beside the old  1s',
    ])
  })
  it('lets finished steps scroll up above it', () => {
    const { reporter, at } = setUp()
    reporter.tell(start)
    reporter.tell(onB(start))
    reporter.tell(end)
    expect(at(100)).toEqual([
      '✓ [a.example.com] start web beside the old … done 0.4s',
      '⠙ b.example.com  start web beside the old  0s',
    ])
    reporter.tell(onB({ ...end, ok: false }))
    expect(at(200)).toEqual([
      '✓ [a.example.com] start web beside the old … done 0.4s',
      '✗ [b.example.com] start web beside the old … FAILED after 0.4s',
    ])
  })
  it('stops its spinner when nothing was heard for two seconds, and says for how long', () => {
    const { reporter, at } = setUp()
    reporter.tell(start)
    const moving = [0, 100, 200, 300, 1900].map((ms) => at(ms)[0]?.[0])
    expect(new Set(moving).size).toBeGreaterThan(3)
    const still = [2000, 2100, 2400, 5000, 12_000].map((ms) => at(ms)[0] ?? '')
    expect(new Set(still.map((line) => line[0])).size).toBe(1)
    expect(still.at(-1)).toContain('no news for 12s')
    reporter.tell(SAMPLE_EVENTS.progress)
    expect(at(12_100)[0]).not.toContain('no news')
  })
  it('stands still per host: news of one host do not move the other', () => {
    const { reporter, at, clock } = setUp()
    reporter.tell(start)
    reporter.tell(onB(start))
    clock.ms = 5000
    reporter.tell(onB(SAMPLE_EVENTS.progress))
    const [a, b] = at(5100)
    expect(a).toContain('no news for 5s')
    expect(b).not.toContain('no news')
  })
  it('never draws a line wider than the terminal, and counts hosts that do not fit', () => {
    const { reporter, at } = setUp(40, 6)
    for (let n = 0; n < 9; n += 1) {
      reporter.tell({ ...start, host: `host-${n}.example.com`, title: '日本 '.repeat(20) })
      reporter.tell({ ...SAMPLE_EVENTS.progress, host: `host-${n}.example.com` })
    }
    const lines = at(9000)
    expect(lines).toHaveLength(4)
    expect(lines.at(-1)).toBe('  … and 6 more')
    for (const line of lines) expect(widthOf(line)).toBeLessThan(40)
    expect(lines[0]).toMatch(/…  9s$/)
  })
  it('is redrawn only when something changed', () => {
    const { reporter, terminal, at } = setUp()
    reporter.tell(start)
    at(2000)
    const before = terminal.text
    at(2001)
    expect(terminal.text).toBe(before)
  })
  it('goes away before an answer, a question, and the end', async () => {
    const { reporter, terminal, at } = setUp()
    reporter.tell(start)
    reporter.answer({ of: 'x', data: 1, render: () => ['the answer'] })
    expect(at(0)[0]).toBe('the answer')
    await reporter.aside(async () => {
      at(500)
      expect(screenOf(terminal.text)).toEqual(['the answer'])
    })
    expect(at(600)).toHaveLength(2)
    reporter.close()
    expect(screenOf(terminal.text)).toEqual(['the answer'])
  })
  it('shows the phase while no step is under way', () => {
    const { reporter, at } = setUp()
    reporter.tell({ type: 'phase-started', phase: 'connect', title: 'Connect' })
    expect(at(300)).toEqual(['⠸ Connect  0s'])
    reporter.tell(start)
    expect(at(300)).toEqual(['⠸ a.example.com  start web beside the old  0s'])
  })
  it('shows what hosts are doing before the first step, and not after it', () => {
    const { reporter, at } = setUp()
    reporter.tell({ type: 'progress', host: 'a.example.com', text: 'connecting' })
    expect(at(2500)).toEqual(['⠋ a.example.com  connecting  2s  no news for 2s'])
    reporter.tell(start)
    reporter.tell(end)
    expect(at(2600)).toEqual(['✓ [a.example.com] start web beside the old … done 0.4s'])
    reporter.tell({ type: 'progress', host: 'a.example.com', text: 'stopping the old' })
    expect(at(2700)[1]).toContain('a.example.com  stopping the old  0s')
    reporter.answer({ of: 'x', data: 1, render: () => ['the answer'] })
    expect(at(2800).at(-1)).toBe('the answer')
  })
  it('keeps the words of silence when the terminal is narrow', () => {
    const work = { host: 'a', title: 'step', startedAt: 0, news: 'x'.repeat(99), newsAt: 0 }
    const view = { now: SILENCE_MS + 1000, columns: 40, rows: 5, style: PLAIN }
    expect(regionLines([work], view)[0]).toContain('no news for 3s')
  })
})
