import { describe, expect, it } from 'vitest'
import { lookAtAnswers, subjectOf } from '../../tests/support/looks.ts'
import { answered, notAsked } from '../../tests/support/scripted-host.ts'
import { tcp } from './tcp.ts'

const settings = { port: 6379, timeoutMs: 2000 }

describe('the tcp check', () => {
  it('must ask the slot, without waiting for an answer that may never come', () => {
    expect(tcp.needs(settings, subjectOf()).questions).toMatchObject([
      {
        through: { kind: 'slot', upstream: 'shop-production-web-b:6379' },
        headers: { 'belay-probe': 'connect' },
        timeoutMs: 2000,
      },
    ])
  })

  it.each([
    ['an answer', answered(200), 'pass'],
    ['an answer of any status', answered(400), 'pass'],
    ['a connection without HTTP', notAsked('broken'), 'pass'],
    ['a refused connection', notAsked('refused'), 'unknown'],
    ['no such name', notAsked('no-such-name'), 'unknown'],
    ['silence that nobody can explain', notAsked('timeout'), 'unknown'],
  ] as const)('must take %s for what it is', (_, answer, verdict) => {
    expect(tcp.judge(lookAtAnswers(answer), settings, subjectOf())).toMatchObject({ verdict })
  })

  it('must not pass when it was not asked', () => {
    expect(tcp.judge(lookAtAnswers(), settings, subjectOf())).toMatchObject({ verdict: 'unknown' })
  })
})
