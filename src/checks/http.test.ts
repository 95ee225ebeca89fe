import { describe, expect, it } from 'vitest'
import { lookAtAnswers, subjectOf } from '../../tests/support/looks.ts'
import { releaseOf } from '../../tests/support/releases.ts'
import { answered, notAsked } from '../../tests/support/scripted-host.ts'
import type { HttpSettings } from '../config/checks/http.ts'
import type { HttpAnswer } from '../hosts/host.ts'
import type { Release, ReleaseService } from '../plan/release.ts'
import { http } from './http.ts'

const settings = (over: Partial<HttpSettings> = {}): HttpSettings => ({
  path: '/health',
  port: 8000,
  status: [200],
  sendHeaders: {},
  headers: {},
  timeoutMs: 5000,
  ...over,
})

const judge = (answer: HttpAnswer, over: Partial<HttpSettings> = {}) =>
  http.judge(lookAtAnswers(answer), settings(over), subjectOf())

const route = (domain: string, path: string, port = 8000) => ({ domain, path, port })

const slot = (upstream: string) => ({ kind: 'slot', upstream })

const wants = (text: string) => ({ headers: { 'X-Frame-Options': { contains: text } } })

describe('where the http check asks', () => {
  const asked = (over: Partial<HttpSettings>, { service, release, live }: Place = {}) => {
    const subject = subjectOf(service, { through: live === true ? 'front-door' : 'slot' })
    const whole = { ...subject, release: { ...subject.release, ...release } }
    return http.needs(settings(over), whole).questions ?? []
  }
  interface Place {
    readonly service?: Partial<ReleaseService>
    readonly release?: Partial<Release>
    readonly live?: boolean
  }
  const ways = (over: Partial<HttpSettings>, place: Place = {}) =>
    asked(over, place).map(({ through }) => through)

  it('must be the slot, before traffic', () => {
    expect(ways({})).toEqual([slot('shop-production-web-b:8000')])
  })

  it('must be the front door, under traffic', () => {
    expect(ways({}, { live: true })).toEqual([{ kind: 'front-door', tls: false }])
    const service = { routes: [route('shop.example.com', '/')] }
    const release = { tls: 'auto' } as const
    expect(ways({}, { service, release, live: true })).toEqual([{ kind: 'front-door', tls: true }])
  })

  it('must be the slot under traffic too, when no route leads to the path', () => {
    const service = { routes: [route('*', '/api')] }
    expect(ways({}, { service, live: true })).toEqual([slot('shop-production-web-b:8000')])
    expect(ways({ path: '/api/health' }, { service, live: true })).toMatchObject([
      { kind: 'front-door' },
    ])
    expect(ways({ path: '/apihealth' }, { service, live: true })).toMatchObject([{ kind: 'slot' }])
  })

  it('must be the port of the route that leads to the path, when no port is named', () => {
    const service = { routes: [route('*', '/', 8000), route('*', '/api', 9000)] }
    const { port: _, ...portless } = settings({ path: '/api/health?deep=1' })
    const { questions } = http.needs(portless, subjectOf(service))
    expect(questions?.map(({ through }) => through)).toEqual([slot('shop-production-web-b:9000')])
  })

  it('must be every replica, as a broken one could hide behind the others', () => {
    const containers = ['shop-r2-web-1', 'shop-r2-web-2']
    const expected = [slot('shop-r2-web-1:8000'), slot('shop-r2-web-2:8000')]
    expect(ways({}, { service: { containers } })).toEqual(expected)
  })

  it('must be the container itself without the shared proxy', () => {
    const release = { proxy: 'none' } as const
    const container = 'shop-r2-web-1'
    const way = { kind: 'container', container, port: 8000, wish: 'answer' }
    expect(ways({}, { release })).toEqual([way])
    expect(ways({}, { release, live: true })).toEqual([way])
  })

  it('must name the domain, and the scheme that clients use', () => {
    const service = { routes: [route('shop.example.com', '/')] }
    const [question] = asked({}, { service, release: { tls: 'auto' } })
    expect(question).toMatchObject({
      host: 'shop.example.com',
      headers: { 'x-forwarded-proto': 'https' },
    })
    expect(asked({})[0]).toMatchObject({ host: 'localhost', headers: { 'user-agent': 'belay' } })
  })

  it("must let the user's own headers have the last word", () => {
    const sendHeaders = { Host: 'x.example.com', 'User-Agent': 'me', authorization: 'Bearer t' }
    expect(asked({ sendHeaders })[0]).toMatchObject({
      host: 'x.example.com',
      headers: { 'user-agent': 'me', authorization: 'Bearer t' },
    })
  })

  it('must give up at once where there is no way to ask', () => {
    const { slotKey: _, ...definition } = subjectOf().definition ?? { name: '' }
    const release = releaseOf('r2', { services: [] })
    const subject = { ...subjectOf(), release, definition: definition as ReleaseService }
    expect(http.needs(settings(), subject).questions).toEqual([])
    expect(http.judge(lookAtAnswers(), settings(), subject)).toMatchObject({
      verdict: 'fail',
      final: true,
    })
  })
})

describe('what the http check makes of an answer', () => {
  it('must pass the status that is wanted', () => {
    expect(judge(answered(200))).toEqual({ verdict: 'pass', text: 'answered 200' })
    expect(judge(answered(204), { status: [200, 204] })).toMatchObject({ verdict: 'pass' })
  })

  it('must say the status that came instead, and show the body', () => {
    expect(judge(answered(503, { body: 'no database\n' }))).toEqual({
      verdict: 'fail',
      text: 'answered 503, not 200',
      differences: [{ what: 'status', expected: '200', got: '503' }],
      evidence: ['no database'],
    })
  })

  it.each([
    ['refused', 'unknown', 'nothing listens on port 8000 yet'],
    ['no-such-name', 'unknown', 'nothing listens on port 8000 yet'],
    ['no-way', 'unknown', 'could not ask port 8000'],
    ['timeout', 'unknown', 'no answer from port 8000 in time'],
    ['broken', 'fail', 'port 8000 took the connection, and did not answer in HTTP'],
  ] as const)('must tell silence (%s) from a wrong answer', (why, verdict, text) => {
    expect(judge(notAsked(why))).toMatchObject({ verdict, text })
  })

  it('must tell a domain without a certificate from a release that does not answer', () => {
    expect(judge(notAsked('no-certificate'))).toMatchObject({
      verdict: 'unknown',
      text: 'the proxy has no certificate for this domain yet',
      elsewhere: true,
      hint: expect.stringContaining('ports 80 and 443'),
    })
  })

  it('must hold a certificate that clients refuse against the server, not the release', () => {
    expect(judge({ ...answered(200), distrust: 'has expired' })).toMatchObject({
      verdict: 'fail',
      text: 'answered 200, but the certificate has expired',
      elsewhere: true,
    })
    const broken = judge({ ...answered(500), distrust: 'has expired' })
    expect(broken).toMatchObject({ text: 'answered 500, not 200' })
    expect(broken).not.toHaveProperty('elsewhere')
  })

  it('must look at headers whatever their case', () => {
    const answer = answered(200, { headers: { 'x-frame-options': 'DENY' } })
    expect(judge(answer, wants('DENY'))).toMatchObject({ verdict: 'pass' })
    expect(judge(answer, wants('SAME'))).toMatchObject({
      text: 'answered with X-Frame-Options: "DENY", which lacks "SAME"',
    })
    expect(judge(answered(200), wants('DENY'))).toMatchObject({
      text: 'answered without the header X-Frame-Options',
    })
  })

  it('must look for a text or a pattern in the body', () => {
    const answer = answered(200, { body: 'Welcome\nto the shop' })
    expect(judge(answer, { body: { contains: 'shop' } })).toMatchObject({ verdict: 'pass' })
    expect(judge(answer, { body: { regex: '(?i)^WELCOME$' } })).toMatchObject({ verdict: 'pass' })
    expect(judge(answer, { body: { contains: 'cart' } })).toMatchObject({
      verdict: 'fail',
      text: 'answered 200, but the body lacks "cart"',
    })
  })

  it('must compare JSON in part, and name the place that differs', () => {
    const answer = answered(200, { body: '{"status":"ok","db":{"up":false,"ms":3}}' })
    const json = { status: 'ok', db: { up: true } }
    expect(judge(answer, { json: { status: 'ok' } })).toMatchObject({ verdict: 'pass' })
    expect(judge(answer, { json })).toMatchObject({
      text: 'answered 200, but $.db.up is false, not true',
    })
    expect(judge(answered(200, { body: 'ok' }), { json })).toMatchObject({
      text: 'answered 200, but the body is not JSON',
    })
  })

  it('must look at the time, in words that do not change with each look', () => {
    const slow = answered(200, { durationMs: 812 })
    expect(judge(slow, { withinMs: 500 })).toMatchObject({
      verdict: 'fail',
      text: 'answered 200, but took longer than 0.5s',
    })
    expect(judge(slow, { withinMs: 1000 })).toMatchObject({ verdict: 'pass' })
  })

  it('must be as bad as its worst replica', () => {
    const containers = ['shop-r2-web-1', 'shop-r2-web-2']
    const look = lookAtAnswers(answered(200), answered(500))
    expect(http.judge(look, settings(), subjectOf({ containers }))).toMatchObject({
      verdict: 'fail',
      text: 'shop-r2-web-2: answered 500, not 200',
    })
  })
})
