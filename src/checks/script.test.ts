import { describe, expect, it } from 'vitest'
import { meansOf, subjectOf } from '../../tests/support/looks.ts'
import type { ScriptSettings } from '../config/checks/script.ts'
import type { CommandEnded, ScriptRequest } from '../hosts/workstation.ts'
import { script } from './script.ts'

async function find(ended: Partial<CommandEnded>, over: Partial<ScriptSettings> = {}, tls = false) {
  const requests: ScriptRequest[] = []
  const runScript = async (request: ScriptRequest) => {
    requests.push(request)
    return { code: 0, isLate: false, lines: [], ...ended }
  }
  const settings = { path: './checks/smoke.sh', args: ['-q'], timeoutMs: 30_000, ...over }
  const domain = tls ? 'shop.example.com' : '*'
  const subject = subjectOf({ routes: [{ domain, path: '/', port: 8000 }] })
  const release = { ...subject.release, tls: tls ? ('auto' as const) : ('off' as const) }
  const verdict = await script.find!(meansOf({ runScript }), settings, { ...subject, release })!
  return { verdict, request: requests[0] }
}

describe("a program of the user's own", () => {
  it('must be told what it is to look at', async () => {
    const { request } = await find({})
    expect(request).toMatchObject({
      path: '/work/shop/checks/smoke.sh',
      words: ['-q'],
      directory: '/work/shop',
      environment: {
        BELAY_URL: 'http://a.example.com',
        BELAY_APP: 'shop',
        BELAY_ENVIRONMENT: 'production',
        BELAY_RELEASE: 'r2',
        BELAY_COMMIT: '',
        BELAY_SERVICE: 'web',
        BELAY_HOST: 'lab1',
        BELAY_ADDRESS: 'a.example.com',
      },
    })
    const secure = await find({}, {}, true)
    expect(secure.request?.environment['BELAY_URL']).toBe('https://shop.example.com')
  })

  it('must be good on 0 alone, with its last lines shown otherwise', async () => {
    expect((await find({})).verdict).toMatchObject({ verdict: 'pass' })
    const lines = Array.from({ length: 20 }, (_, n) => `line ${n}`)
    expect((await find({ code: 3, lines })).verdict).toMatchObject({
      verdict: 'fail',
      text: 'exited with code 3',
      evidence: lines.slice(-10),
    })
    expect((await find({ isLate: true, code: 124 })).verdict).toMatchObject({
      text: 'took too long',
    })
  })

  it('must print what is expected of it', async () => {
    const output = { contains: 'all good' }
    expect((await find({ lines: ['all good'] }, { output })).verdict).toMatchObject({
      verdict: 'pass',
    })
    expect((await find({ lines: ['hm'] }, { output })).verdict).toMatchObject({
      differences: [{ what: 'output', expected: '"all good"', got: '"hm"' }],
    })
  })

  it('must not be held against the release when it could not be started', async () => {
    expect((await find({ code: 127 })).verdict).toMatchObject({
      verdict: 'unknown',
      elsewhere: true,
    })
    expect((await find({ code: 127, lines: ['curl: not found'] })).verdict).toMatchObject({
      verdict: 'fail',
    })
  })
})
