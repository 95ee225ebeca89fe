import { describe, expect, it } from 'vitest'
import { lookAt, subjectOf } from '../../tests/support/looks.ts'
import type { LogsSettings } from '../config/checks/logs.ts'
import { pass, type Verdict } from './check.ts'
import { logs } from './logs.ts'

const judge = (lines: readonly string[], settings: LogsSettings, previous?: Verdict) =>
  logs.judge(lookAt({}, { logs: [lines], ...(previous && { previous }) }), settings, subjectOf())

describe('the logs check', () => {
  it('must give up at once on a line that must not be there, and show it', () => {
    expect(judge(['ok', 'PANIC: x'], { not: '(?i)panic' })).toEqual({
      verdict: 'fail',
      final: true,
      text: 'logged /(?i)panic/',
      evidence: ['PANIC: x'],
    })
    expect(judge(['ok'], { not: 'panic' })).toMatchObject({ verdict: 'pass' })
  })

  it('must wait for a line that must be there', () => {
    expect(judge(['booting'], { must: 'listening' })).toMatchObject({ verdict: 'unknown' })
    expect(judge(['listening on 80'], { must: 'listening' })).toMatchObject({ verdict: 'pass' })
  })

  it('must remember that a line was there once it has scrolled out of reach', () => {
    const verdict = judge(['GET / 200'], { must: 'listening' }, pass('as expected'))
    expect(verdict).toMatchObject({ verdict: 'pass' })
  })

  it('must look at both, the bad line first', () => {
    const both = { must: 'listening', not: 'panic' }
    expect(judge(['listening', 'panic'], both)).toMatchObject({ verdict: 'fail' })
  })
})
