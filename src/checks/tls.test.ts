import { describe, expect, it } from 'vitest'
import { lookAtAnswers, subjectOf } from '../../tests/support/looks.ts'
import { answered, notAsked } from '../../tests/support/scripted-host.ts'
import type { TlsSettings } from '../config/checks/tls.ts'
import type { Certificate } from '../hosts/asking/certificate.ts'
import type { HttpAnswer } from '../hosts/host.ts'
import { tls } from './tls.ts'

const settings = (over: Partial<TlsSettings> = {}): TlsSettings => ({
  domain: 'shop.example.com',
  daysLeft: 14,
  names: [],
  trusted: true,
  timeoutMs: 5000,
  ...over,
})

const shown = (over: Partial<Certificate> = {}, distrust?: string): HttpAnswer =>
  answered(200, {
    certificate: {
      names: ['shop.example.com', '*.example.com'],
      issuer: 'R11',
      daysLeft: 60,
      chain: ['shop.example.com', 'R11'],
      ...over,
    },
    ...(distrust === undefined ? {} : { distrust }),
  })

const judge = (answer: HttpAnswer, over: Partial<TlsSettings> = {}) =>
  tls.judge(lookAtAnswers(answer), settings(over), subjectOf())

describe('a certificate', () => {
  it('must be asked for by its name, once there is traffic', () => {
    const front = subjectOf({}, { through: 'front-door' })
    expect(tls.needsTraffic?.(settings())).toBe(true)
    expect(tls.needs(settings(), front).questions).toMatchObject([
      { through: { kind: 'front-door', tls: true }, method: 'HEAD', host: 'shop.example.com' },
    ])
    expect(tls.needs(settings({ from: 'here', port: 8443 }), front).questions).toMatchObject([
      { through: { kind: 'here', tls: true, address: 'shop.example.com', port: 8443 } },
    ])
  })

  it('must last long enough, be for every name, and be believed', () => {
    expect(judge(shown())).toMatchObject({ verdict: 'pass' })
    expect(judge(shown({ daysLeft: 13 }))).toMatchObject({
      verdict: 'fail',
      elsewhere: true,
      text: 'the certificate ends too soon',
      differences: [{ what: 'days left', expected: '14 or more', got: '13' }],
    })
    expect(judge(shown({ daysLeft: -1 }))).toMatchObject({ text: 'the certificate has expired' })
    expect(judge(shown(), { names: ['www.example.com'] })).toMatchObject({ verdict: 'pass' })
    expect(judge(shown(), { names: ['example.com', 'a.b.example.com'] })).toMatchObject({
      text: 'the certificate is not for example.com, a.b.example.com',
    })
    const strange = shown({}, 'is not trusted (X)')
    expect(judge(strange)).toMatchObject({ text: 'the certificate is not trusted (X)' })
    expect(judge(strange, { trusted: false })).toMatchObject({ verdict: 'pass' })
  })

  it('must have all that is wrong with it told at once', () => {
    const { differences } = judge(shown({ daysLeft: 1, names: ['other.com'] })) as {
      differences: readonly unknown[]
    }
    expect(differences).toHaveLength(2)
  })

  it('must not be bad because nobody could be asked, nor good', () => {
    expect(judge(notAsked('no-way'))).toMatchObject({ verdict: 'unknown' })
    expect(judge(notAsked('no-certificate'))).toMatchObject({ verdict: 'unknown', elsewhere: true })
    expect(judge(answered(200))).toMatchObject({ verdict: 'unknown' })
  })
})
