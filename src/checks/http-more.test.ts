import { describe, expect, it } from 'vitest'
import { answering, lookAtAnswers, subjectOf } from '../../tests/support/looks.ts'
import { answered, notAsked } from '../../tests/support/scripted-host.ts'
import type { HttpSettings } from '../config/checks/http.ts'
import type { HttpAnswer } from '../hosts/host.ts'
import type { Reasons, Subject } from './check.ts'
import { http } from './http.ts'

const settings = (over: Partial<HttpSettings> = {}): HttpSettings => ({
  path: '/',
  port: 8000,
  status: [200],
  sendHeaders: {},
  headers: {},
  timeoutMs: 5000,
  ...over,
})

const routed = (domain: string, tls: 'auto' | 'off' = 'auto'): Subject => {
  const subject = subjectOf({ routes: [{ domain, path: '/', port: 8000 }] })
  return { ...subject, through: 'front-door', release: { ...subject.release, tls } }
}

const judge = (
  answers: readonly HttpAnswer[],
  over: Partial<HttpSettings>,
  subject = routed('shop.example.com'),
) => http.judge(lookAtAnswers(...answers), settings(over), subject)

const differences = (verdict: unknown) =>
  ((verdict as Reasons).differences ?? []).map(({ what, got }) => `${what}: ${got}`)

describe('security headers', () => {
  const securityHeaders = true
  const all = {
    'strict-transport-security': 'max-age=31536000; includeSubDomains',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'SAMEORIGIN',
    'referrer-policy': 'no-referrer',
  }

  it('must each be there and strong enough, and every one that is not be told', () => {
    expect(judge([answered(200, { headers: all })], { securityHeaders })).toMatchObject({
      verdict: 'pass',
    })
    const weak = { ...all, 'strict-transport-security': 'max-age=60', 'x-frame-options': 'ALLOW' }
    const { 'referrer-policy': _, ...headers } = weak
    expect(differences(judge([answered(200, { headers })], { securityHeaders }))).toEqual([
      'strict-transport-security: "max-age=60"',
      'x-frame-options: "ALLOW"',
      'referrer-policy: nothing',
    ])
  })

  it('must not be asked for HSTS over plain HTTP, where browsers ignore it', () => {
    const { 'strict-transport-security': _, ...headers } = all
    const plain = routed('*', 'off')
    expect(judge([answered(200, { headers })], { securityHeaders }, plain)).toMatchObject({
      verdict: 'pass',
    })
    const named = { securityHeaders: ['strict-transport-security'] as const }
    expect(judge([answered(200, { headers })], named, plain)).toMatchObject({ verdict: 'fail' })
  })

  it('must let frame-ancestors stand for x-frame-options', () => {
    const { 'x-frame-options': _, ...rest } = all
    const headers = { ...rest, 'content-security-policy': "default-src *; frame-ancestors 'none'" }
    expect(judge([answered(200, { headers })], { securityHeaders })).toMatchObject({
      verdict: 'pass',
    })
  })
})

describe('CORS', () => {
  const cors = {
    origin: 'https://app.example.com',
    methods: ['PUT'],
    headers: ['X-Token'],
    credentials: false,
  }
  const open = { 'access-control-allow-origin': 'https://app.example.com' }
  const leave = (more: Record<string, string> = {}, status = 204) =>
    answered(status, {
      headers: {
        ...open,
        'access-control-allow-methods': 'GET, put',
        'access-control-allow-headers': 'x-token',
        ...more,
      },
    })

  it('must be asked for as a browser does, before the request itself', () => {
    const { questions } = http.needs(settings({ cors, path: '/api' }), routed('shop.example.com'))
    expect(questions).toMatchObject([
      { method: 'GET', path: '/api', headers: { origin: 'https://app.example.com' } },
      {
        method: 'OPTIONS',
        path: '/api',
        headers: {
          origin: 'https://app.example.com',
          'access-control-request-method': 'PUT',
          'access-control-request-headers': 'X-Token',
        },
      },
    ])
  })

  it('must give leave for all that is needed', () => {
    const page = answered(200, { headers: open })
    expect(judge([page, leave()], { cors })).toMatchObject({ verdict: 'pass' })
    const any = { ...open, 'access-control-allow-origin': '*' }
    expect(judge([answered(200, { headers: any }), leave(any)], { cors })).toMatchObject({
      verdict: 'pass',
    })
    expect(differences(judge([answered(200), leave({}, 403)], { cors }))).toEqual([
      'access-control-allow-origin: nothing',
      'preflight: 403',
    ])
    const less = leave({
      'access-control-allow-methods': 'GET',
      'access-control-allow-headers': '',
    })
    expect(differences(judge([page, less], { cors }))).toEqual([
      'access-control-allow-methods: "GET"',
      'access-control-allow-headers: ""',
    ])
  })

  it('must not take a star for leave to send cookies', () => {
    const any = { 'access-control-allow-origin': '*', 'access-control-allow-credentials': 'true' }
    const page = answered(200, { headers: any })
    const verdict = judge([page, leave(any)], { cors: { ...cors, credentials: true } })
    expect(differences(verdict)).toEqual(['access-control-allow-origin: "*"'])
  })

  it('must be unknown when the preflight was not answered', () => {
    const page = answered(200, { headers: open })
    expect(judge([page, notAsked('timeout')], { cors })).toMatchObject({ verdict: 'unknown' })
  })
})

describe('what is sent', () => {
  const sent = (over: Partial<HttpSettings>) =>
    http.needs(settings(over), subjectOf()).questions?.[0]

  it('must be JSON, a form or a text, as it was written', () => {
    expect(sent({ send: { json: { a: 1 } } })).toMatchObject({
      method: 'POST',
      body: '{"a":1}',
      headers: { 'content-type': 'application/json' },
    })
    expect(sent({ send: { form: { a: 'b c' } }, method: 'PUT' })).toMatchObject({
      method: 'PUT',
      body: 'a=b+c',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect(sent({ send: { json: 1 }, sendHeaders: { 'Content-Type': 'x/y' } })).toMatchObject({
      headers: { 'content-type': 'x/y' },
    })
    expect(http.title(settings({ send: { text: 'x' } }), subjectOf())).toBe('POST /')
  })
})

describe('where else it is asked', () => {
  const [here, network] = [{ from: 'here' } as const, { from: 'network' } as const]
  const asked = (over: Partial<HttpSettings>, subject: Subject) =>
    http.needs(settings(over), subject).questions

  it('must be the domain itself from here, as users ask', () => {
    expect(asked(here, routed('shop.example.com'))).toMatchObject([
      {
        through: { kind: 'here', tls: true, address: 'shop.example.com', port: 443 },
        host: 'shop.example.com',
      },
    ])
    expect(asked(here, routed('*', 'off'))).toMatchObject([
      { through: { tls: false, address: 'a.example.com', port: 80 }, host: 'a.example.com' },
    ])
    const url = 'http://127.0.0.1:8081'
    expect(asked({ ...here, url }, routed('shop.example.com'))).toMatchObject([
      { through: { tls: false, address: '127.0.0.1', port: 8081 }, host: '127.0.0.1:8081' },
    ])
    expect(http.needsTraffic?.(settings(here))).toBe(true)
  })

  it('must be each container inside the network, past the proxy', () => {
    expect(asked(network, routed('shop.example.com'))?.map(({ through }) => through)).toEqual([
      { kind: 'container', container: 'shop-r2-web-1', port: 8000, wish: 'connection' },
    ])
  })

  it('must not be held against the release when the way from here is barred', () => {
    for (const why of ['refused', 'no-such-name', 'timeout', 'no-way'] as const) {
      expect(judge([notAsked(why)], here)).toMatchObject({ verdict: 'unknown', elsewhere: true })
    }
    expect(judge([notAsked('broken')], here)).toMatchObject({ verdict: 'fail' })
  })
})

describe('redirects', () => {
  const to = (location: string, status = 302) => answered(status, { headers: { location } })
  const redirecting = { status: [301, 302], redirect: '/login' }
  const shop = 'https://shop.example.com'

  it('must lead where they should, however that is written', () => {
    expect(judge([to('/login')], redirecting)).toMatchObject({ verdict: 'pass' })
    expect(judge([to(`${shop}/login`)], redirecting)).toMatchObject({ verdict: 'pass' })
    expect(judge([to('/login')], { ...redirecting, redirect: `${shop}/login` })).toMatchObject({
      verdict: 'pass',
    })
    expect(judge([to('http://shop.example.com/login')], redirecting)).toMatchObject({
      verdict: 'fail',
      differences: [{ what: 'redirect', expected: '/login', got: 'http://shop.example.com/login' }],
    })
    expect(judge([answered(302)], redirecting)).toMatchObject({ verdict: 'fail' })
  })

  const follow = async (answers: Readonly<Record<string, HttpAnswer>>, subject: Subject, n = 2) => {
    const means = answering(answers)
    const verdict = await http.find?.(means, settings({ follow: n, path: '/a' }), subject)
    return { verdict, asked: means.asked }
  }

  it('must be followed as often as they may, and no more', async () => {
    const answers = { '/a': to('/b'), '/b': to('/c'), '/c': answered(200) }
    const good = await follow(answers, routed('shop.example.com'))
    expect(good.verdict).toMatchObject({ verdict: 'pass' })
    expect(good.asked.map(({ path }) => path)).toEqual(['/a', '/b', '/c'])
    expect((await follow(answers, routed('shop.example.com'), 1)).verdict).toMatchObject({
      verdict: 'fail',
      text: `leads on after 1 redirects, to ${shop}/c`,
    })
  })

  it('must not be followed to where this release is not', async () => {
    const answers = { '/a': to('https://elsewhere.example.com/') }
    const { verdict, asked } = await follow(answers, routed('shop.example.com'))
    expect(verdict).toMatchObject({ verdict: 'unknown' })
    expect(asked).toHaveLength(1)
  })
})
