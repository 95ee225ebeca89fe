import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { jsonReporter } from './json.ts'
import { SAMPLE_EVENTS } from '../../../tests/cli/sample-events.ts'
import { handClock, memorySink } from '../../../tests/cli/screen.ts'

describe('--json', () => {
  it('is one stamped event per line, whole', () => {
    const sink = memorySink()
    const reporter = jsonReporter(sink, handClock())
    for (const event of Object.values(SAMPLE_EVENTS)) reporter.tell(event)
    const lines = sink.text.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      Object.values(SAMPLE_EVENTS).map((event) => ({
        v: 1,
        at: '2026-11-21T07:48:00.000Z',
        event,
      })),
    )
  })
  it('gives an answer as an event, and none of its words', () => {
    const sink = memorySink()
    jsonReporter(sink, handClock()).answer({
      of: 'history',
      data: [1],
      render: () => ['for people'],
    })
    expect(JSON.parse(sink.text).event).toEqual({ type: 'answer', of: 'history', data: [1] })
  })
  it('is explained in the guide, each type with its fields', () => {
    const guide = new URL('../../../docs/guide/json-events.md', import.meta.url)
    expect(existsSync(guide)).toBe(true)
    const text = readFileSync(guide, 'utf8')
    for (const event of Object.values(SAMPLE_EVENTS)) {
      expect(text).toContain(`\`${event.type}\``)
      for (const field of Object.keys(event)) expect(text).toContain(`\`${field}\``)
    }
  })
})
