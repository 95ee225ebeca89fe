import { describe, expect, it } from 'vitest'
import { readProbe } from './probe.ts'

const answered = (headers: Record<string, string>, status = 502) =>
  ({ kind: 'answered', status, headers, body: '', durationMs: 4 }) as const

describe('an answer through the private listener', () => {
  it("must be the upstream's own answer when it has one, however bad", () => {
    const answer = answered({ 'content-type': 'text/plain' }, 503)
    expect(readProbe(answer)).toEqual(answer)
  })

  it.each([
    ['dial tcp: lookup shop-web-b on 127.0.0.11:53: no such host', 'no-such-name'],
    ['dial tcp: lookup shop-web-b: i/o timeout', 'no-such-name'],
    ['dial tcp 172.19.0.3:9: connect: connection refused', 'refused'],
    ['dial tcp 172.19.0.3:9: connect: no route to host', 'refused'],
    ['dial tcp 172.19.0.3:9: i/o timeout', 'refused'],
    ['net/http: timeout awaiting response headers', 'broken'],
    ['net/http: HTTP/1.x transport connection broken: malformed HTTP response "+OK"', 'broken'],
    ['EOF', 'broken'],
    ['read tcp 172.19.0.2:1->172.19.0.3:9: read: connection reset by peer', 'broken'],
  ])('must tell what %s means', (error, why) => {
    const answer = readProbe(answered({ 'belay-error': error }))
    expect(answer).toEqual({ kind: 'not-asked', why, reason: error })
  })
})
