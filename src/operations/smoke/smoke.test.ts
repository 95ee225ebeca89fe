import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../tests/simulation/virtual-clock.ts'
import { observedOf, releaseOf } from '../../../tests/support/releases.ts'
import {
  ScriptedHost,
  type Script,
  answered,
  notAsked,
} from '../../../tests/support/scripted-host.ts'
import { configOf, stubWorld } from '../../../tests/support/worlds.ts'
import { hostUnreachable } from '../../hosts/failures.ts'
import type { AppConfig, CheckConfig } from '../../config/app-config.ts'
import { smoke } from './smoke.ts'

const get = (path: string, over: Partial<CheckConfig> = {}): CheckConfig => ({
  kind: 'http',
  service: 'web',
  settings: { path, status: [200], sendHeaders: {}, headers: {}, timeoutMs: 5000 },
  ...over,
})

interface Scene extends Partial<AppConfig> {
  readonly script?: Script
  readonly suite?: string
  readonly waitMs?: number
}

async function ask({ script = {}, suite, waitMs = 0, ...config }: Scene) {
  const clock = new VirtualClock()
  const host = new ScriptedHost(clock, script)
  const stub = {
    observed: observedOf('a', releaseOf('r7', { checks: [{ ...get('/old'), service: 'web' }] })),
    sample: (request: Parameters<ScriptedHost['sample']>[0]) => host.sample(request),
    ask: (question: Parameters<ScriptedHost['ask']>[0]) => host.ask(question),
  }
  const world = stubWorld({ a: stub }, { clock })
  const request = { config: configOf(['a'], config), waitMs, ...(suite ? { suite } : {}) }
  const report = await clock.run(smoke(world, request))
  return { report, host, checks: report.hosts[0]?.checks ?? [], ms: clock.monotonic() }
}

describe('smoke checks by hand', () => {
  it('must ask what belay.yaml says now of the release that serves', async () => {
    const { report, host } = await ask({ smoke: [get('/a'), get('/b')] })
    expect(host.questions.map(({ path }) => path)).toEqual(['/a', '/b'])
    expect(host.questions[0]?.through).toEqual({ kind: 'front-door', tls: false })
    expect(report.hosts[0]).toMatchObject({ host: 'a', release: 'r7' })
    expect(report.hosts[0]?.checks).toMatchObject([
      { check: 'web: GET /a', verdict: 'pass', text: 'answered 200' },
      { check: 'web: GET /b', verdict: 'pass' },
    ])
  })

  it('must show every check that is not good, a wrong answer apart from none', async () => {
    const { checks } = await ask({
      smoke: [get('/a'), get('/b'), get('/c')],
      script: {
        answer: ({ path }) =>
          path === '/a'
            ? answered(500, { body: 'boom' })
            : path === '/b'
              ? notAsked('no-way')
              : answered(200),
      },
    })
    expect(checks.map(({ verdict }) => verdict)).toEqual(['fail', 'unknown', 'pass'])
    expect(checks[0]).toMatchObject({ text: 'answered 500, not 200', evidence: ['boom'] })
  })

  it('must ask again what is not good, for as long as it may and no longer', async () => {
    const script: Script = { answer: (_, ms) => answered(ms < 900 ? 503 : 200) }
    const good = await ask({ smoke: [get('/')], script, waitMs: 5000 })
    expect(good.checks).toMatchObject([{ verdict: 'pass' }])
    expect(good.host.questions.length).toBeLessThan(5)
    const never = await ask({
      smoke: [get('/')],
      script: { answer: () => answered(503) },
      waitMs: 2000,
    })
    expect(never.checks).toMatchObject([{ verdict: 'fail' }])
    expect(never.ms).toBeLessThanOrEqual(2000)
  })

  it('must ask one suite alone where it is named, also one that no deployment asks', async () => {
    const suites = { api: [get('/api')], rare: [get('/rare')] }
    const { host } = await ask({ smoke: [get('/a')], suites, suite: 'rare' })
    expect(host.questions.map(({ path }) => path)).toEqual(['/rare'])
    await expect(ask({ smoke: [get('/a')], suites, suite: 'rar' })).rejects.toMatchObject({
      code: 'NO_SUCH_SUITE',
      hint: 'Did you mean rare? There are: api, rare.',
    })
  })

  it('must not count a service that the release does not have as good', async () => {
    const { checks } = await ask({ smoke: [get('/a', { service: 'new' })] })
    expect(checks).toMatchObject([{ verdict: 'unknown', text: 'r7 has no service new' }])
  })

  it('must refuse to ask nothing', async () => {
    await expect(ask({})).rejects.toMatchObject({ code: 'NO_SMOKE_CHECKS', exit: 'input' })
    const world = stubWorld({ a: { observed: observedOf('a') } })
    const request = { config: configOf(['a'], { smoke: [get('/')] }), waitMs: 0 }
    await expect(smoke(world, request)).rejects.toMatchObject({ code: 'NOTHING_DEPLOYED' })
  })

  it('must tell of a host that is away', async () => {
    const away = hostUnreachable({ host: 'a', why: 'timeout', reason: 'timed out' })
    const world = stubWorld({ a: { observed: away } })
    const report = await smoke(world, {
      config: configOf(['a'], { smoke: [get('/')] }),
      waitMs: 0,
    })
    expect(report.unreachable).toMatchObject([{ host: 'a', code: 'HOST_UNREACHABLE' }])
  })
})
