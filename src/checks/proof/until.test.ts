import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../tests/simulation/virtual-clock.ts'
import { HERE } from '../../../tests/support/looks.ts'
import { releaseOf, serviceOf } from '../../../tests/support/releases.ts'
import {
  type Script,
  ScriptedHost,
  answered,
  notAsked,
} from '../../../tests/support/scripted-host.ts'
import type { Event } from '../../base/event.ts'
import type { Failure } from '../../base/failure.ts'
import { dockerStopped } from '../../hosts/failures.ts'
import type { ContainerSample } from '../../hosts/host.ts'
import type { CheckSpec } from '../../plan/release.ts'
import type { NotProvedDetails } from './failures.ts'
import { type Proof, proveRelease } from './until.ts'

const HEALTH: CheckSpec = {
  kind: 'http',
  service: 'web',
  settings: {
    path: '/health',
    port: 8000,
    status: [200],
    sendHeaders: {},
    headers: {},
    timeoutMs: 5000,
  },
}

interface Scene extends Partial<Proof> {
  readonly abortAtMs?: number
}

async function act(script: Script, scene: Scene = {}) {
  const clock = new VirtualClock()
  const host = new ScriptedHost(clock, script)
  const events: Extract<Event, { type: 'check-judged' }>[] = []
  const aborting = new AbortController()
  if (scene.abortAtMs !== undefined) clock.after(scene.abortAtMs, () => aborting.abort())
  const proof: Proof = {
    host,
    release: releaseOf('r2', { checks: [HEALTH] }),
    services: ['web'],
    through: 'slot',
    slot: 'a',
    accessories: {},
    here: HERE,
    samples: 3,
    intervalMs: 200,
    soakMs: 0,
    timeoutMs: 10_000,
    clock,
    tell: (event) => {
      if (event.type === 'check-judged') events.push(event)
    },
    signal: aborting.signal,
    ...scene,
  }
  let failure: Failure | undefined
  await clock.run(proveRelease(proof)).catch((error: Failure) => {
    failure = error
  })
  const details = failure?.details as NotProvedDetails | undefined
  return { failure, details, events, host, ms: clock.monotonic() }
}

const refusedUntil = (upMs: number): Script => ({
  answer: (_, ms) => (ms < upMs ? notAsked('refused') : answered(200)),
})

describe('proving a release', () => {
  it('must take three good looks in a row, each a single sample', async () => {
    const { failure, host, ms } = await act({})
    expect(failure).toBeUndefined()
    expect(host.samples).toHaveLength(3)
    expect(host.questions).toHaveLength(3)
    expect(ms).toBe(400)
  })

  it('must wait for an app that listens only after a while', async () => {
    const { failure, ms } = await act(refusedUntil(3000))
    expect(failure).toBeUndefined()
    expect(ms).toBeGreaterThanOrEqual(3400)
    expect(ms).toBeLessThan(4000)
  })

  it('must begin to count anew when something is not good in between', async () => {
    let looks = 0
    const flapping: Script = { answer: () => answered((looks += 1) % 3 === 0 ? 503 : 200) }
    const { failure, details } = await act(flapping)
    expect(failure?.code).toBe('NOT_PROVED')
    expect(details?.checks).toMatchObject([
      { check: 'web: GET /health', verdict: 'fail', text: 'answered 503, not 200' },
    ])
  })

  it('must never take unknown for good', async () => {
    const { failure, details, ms } = await act(refusedUntil(Infinity))
    expect(failure?.code).toBe('NOT_PROVED')
    expect(failure?.exit).toBe('rolledBack')
    expect(details?.checks[0]).toMatchObject({
      verdict: 'unknown',
      text: 'nothing listens on port 8000 yet',
    })
    expect(failure?.hint).toContain('0.0.0.0')
    expect(failure?.evidence.join('\n')).toContain('could not be told: nothing listens')
    expect(ms).toBeGreaterThanOrEqual(10_000)
    expect(ms).toBeLessThan(11_000)
  })

  it('must let a release finish that is good when its time is up', async () => {
    const { failure } = await act(refusedUntil(9900))
    expect(failure).toBeUndefined()
  })

  it('must tell of a check only when its verdict changes', async () => {
    const { events } = await act(refusedUntil(2000))
    const own = events.filter(({ check }) => check.includes('GET'))
    expect(own.map(({ verdict, text }) => `${verdict}: ${text}`)).toEqual([
      'unknown: nothing listens on port 8000 yet',
      'pass: answered 200',
    ])
    expect(events).toHaveLength(4)
  })

  it('must show the last lines of what still runs when the time is up', async () => {
    const { failure } = await act({
      ...refusedUntil(Infinity),
      logs: () => ['starting', 'waiting for db'],
    })
    const text = failure?.evidence.join('\n')
    expect(text).toContain('shop-r2-web-1 logged last:\n  starting\n  waiting for db')
  })

  it('must keep watching for the whole soak', async () => {
    const { failure, ms } = await act({}, { soakMs: 30_000 })
    expect(failure).toBeUndefined()
    expect(ms).toBeGreaterThanOrEqual(30_000)
  })

  it('must fail in the soak, when the time for starting is long over', async () => {
    const script: Script = { answer: (_, ms) => answered(ms > 20_000 ? 500 : 200) }
    const { failure, ms } = await act(script, { soakMs: 30_000 })
    expect(failure?.code).toBe('NOT_PROVED')
    expect(ms).toBeLessThan(21_000)
  })

  it('must begin the soak anew when something was not good in between', async () => {
    const script: Script = { answer: (_, ms) => answered(ms > 4000 && ms < 4500 ? 500 : 200) }
    const { failure, ms } = await act(script, { soakMs: 5000 })
    expect(failure).toBeUndefined()
    expect(ms).toBeGreaterThanOrEqual(9400)
  })

  it('must look again soon at what is not good yet, whatever the interval', async () => {
    const script = refusedUntil(3000)
    const { failure, ms } = await act(script, { intervalMs: 20_000, samples: 1 })
    expect(failure).toBeUndefined()
    expect(ms).toBeLessThan(4000)
  })

  it('must look less often at what takes long, as each look costs the host', async () => {
    const { host, ms } = await act(refusedUntil(30_000), { timeoutMs: 60_000, samples: 1 })
    expect(ms).toBeLessThanOrEqual(30_500)
    expect(host.samples.length).toBeLessThan(90)
  })

  it('must remember a line of the log that has scrolled out of reach', async () => {
    const checks = [{ kind: 'logs', service: 'web', settings: { must: 'listening' } }]
    const { failure } = await act(
      { logs: (_, ms) => (ms < 300 ? ['listening'] : ['GET /']) },
      { release: releaseOf('r2', { checks }) },
    )
    expect(failure).toBeUndefined()
  })

  it('must run a smoke check in an accessory, by its own name, whichever services are proved', async () => {
    const settings = { argv: ['redis-cli', 'ping'], timeoutMs: 1000 }
    const checks = [
      { kind: 'command', service: 'cache', settings },
      { kind: 'command', service: 'other', settings },
    ]
    const release = releaseOf('r2', { checks, accessories: ['cache'] })
    const accessories = { cache: ['my-redis'] }
    const { host } = await act({}, { release, accessories, samples: 1 })
    expect(host.samples[0]?.commands.map(({ container }) => container)).toEqual(['my-redis'])
  })

  it('must look at state and health alone where nothing can be asked yet', async () => {
    const { failure, host } = await act(refusedUntil(Infinity), { through: 'containers' })
    expect(failure).toBeUndefined()
    expect(host.questions).toEqual([])
  })

  it('must judge a worker without checks by its container alone', async () => {
    const worker = serviceOf('r2', { name: 'mailer', role: 'worker', routes: [] })
    const { failure, host, events } = await act(
      {},
      { release: releaseOf('r2', { services: [worker], checks: [HEALTH] }), services: ['mailer'] },
    )
    expect(failure).toBeUndefined()
    expect(host.questions).toEqual([])
    expect(events.map(({ check, text }) => `${check}: ${text}`)).toEqual([
      'mailer: container: running',
      'mailer: health: has no healthcheck',
    ])
  })

  it('must stop when the caller wants no more of it, in a round as in a pause', async () => {
    const inPause = await act(refusedUntil(Infinity), { abortAtMs: 750 })
    expect(inPause.failure?.code).toBe('PROOF_STOPPED')
    expect(inPause.ms).toBe(750)
    const inRound = await act({ answerAfterMs: () => 5000 }, { abortAtMs: 2345 })
    expect(inRound.failure?.code).toBe('PROOF_STOPPED')
    expect(inRound.ms).toBe(2345)
    const before = await act({}, { signal: AbortSignal.abort() })
    expect(before.failure?.code).toBe('PROOF_STOPPED')
  })

  it('must refuse a check that this version does not know', async () => {
    const checks = [{ kind: 'grpc', service: 'web', settings: {} }]
    const { failure, host } = await act({}, { release: releaseOf('r2', { checks }) })
    expect(failure?.code).toBe('CHECK_UNKNOWN')
    expect(host.samples).toEqual([])
  })
})

function exitsAt(at: number, name = 'shop-r2-web-1'): Required<Pick<Script, 'container'>> {
  const lastLines = ['Error: no DATABASE_URL']
  const container = (each: string, ms: number): Partial<ContainerSample> =>
    each === name && ms >= at ? { state: 'exited', exitCode: 3, lastLines } : {}
  return { container }
}

describe('a container that ends', () => {
  it('must be given up on at once, with its code and its last lines', async () => {
    const { failure, ms } = await act({ ...exitsAt(1000), ...refusedUntil(Infinity) })
    expect(failure?.message).toBe(
      'r2 did not prove itself on lab1: web: container: exited with code 3',
    )
    expect(failure?.evidence).toEqual([
      'web: container: exited with code 3',
      '  Error: no DATABASE_URL',
    ])
    expect(ms).toBeLessThan(2000)
  })

  it('must be noticed before any answer is waited for', async () => {
    const { failure, ms } = await act({ ...exitsAt(0), answerAfterMs: () => 60_000 })
    expect(failure?.message).toContain('exited with code 3')
    expect(ms).toBe(0)
  })

  it('must be noticed within seconds while an answer lets wait', async () => {
    const { failure, ms } = await act({ ...exitsAt(700), answerAfterMs: () => 60_000 })
    expect(failure?.message).toContain('exited with code 3')
    expect(ms).toBeLessThanOrEqual(700 + 3000)
  })

  it("must be noticed within seconds while another's health command hangs", async () => {
    const services = [
      serviceOf('r2', { healthCommand: ['check'], healthTimeoutMs: 30_000 }),
      serviceOf('r2', { name: 'mailer', role: 'worker' }),
    ]
    const script: Script = {
      ...exitsAt(100, 'shop-r2-mailer-1'),
      healthTakesMs: (name) => (name.includes('web') ? 60_000 : 0),
    }
    const release = releaseOf('r2', { services })
    const { failure, ms } = await act(script, { release, services: ['web', 'mailer'] })
    expect(failure?.message).toContain('mailer: container: exited with code 3')
    expect(ms).toBeLessThanOrEqual(100 + 3000)
  })

  it('must be noticed within seconds while nothing is looked at for long', async () => {
    const { failure, ms } = await act(exitsAt(5000), { intervalMs: 60_000, timeoutMs: 600_000 })
    expect(failure?.message).toContain('exited with code 3')
    expect(ms).toBeLessThanOrEqual(5000 + 3000)
  })

  it('must not be proved when it restarted between two looks', async () => {
    const { failure, details } = await act({
      container: (_, ms) => ({ restarts: Math.floor(ms / 300) }),
    })
    expect(failure?.code).toBe('NOT_PROVED')
    expect(details?.checks[0]).toMatchObject({
      check: 'web: container',
      text: 'restarted by itself',
    })
  })

  it('may have restarted long ago', async () => {
    const { failure } = await act({ container: () => ({ restarts: 7 }) })
    expect(failure).toBeUndefined()
  })
})

describe("a service's own healthcheck", () => {
  const release = releaseOf('r2', {
    services: [serviceOf('r2', { healthCommand: ['check'], healthTimeoutMs: 30_000 })],
  })

  it('must get more time when it needs more than the first two seconds', async () => {
    const script: Script = {
      container: () => ({ health: 'starting', healthCommand: { code: 0, output: '' } }),
      healthTakesMs: () => 6000,
    }
    const { failure, host } = await act(script, { release, timeoutMs: 60_000 })
    expect(failure).toBeUndefined()
    const allowed = host.samples.flatMap(({ containers }) =>
      containers.filter((each) => each.healthCommand).map((each) => each.healthTimeoutSeconds),
    )
    expect(allowed).toEqual([2, 4, 8, 8, 8])
  })

  it('must never get more time than the compose file gives it', async () => {
    const script: Script = { healthTakesMs: () => 60_000 }
    const { host } = await act(script, { release, timeoutMs: 200_000 })
    const allowed = host.samples.flatMap(({ containers }) =>
      containers.map((each) => each.healthTimeoutSeconds),
    )
    expect(Math.max(...allowed)).toBe(30)
  })
})

describe('what lies outside of the release', () => {
  const silent = (untilMs: number): Script => ({
    fails: (ms) => (ms < untilMs ? dockerStopped({ host: 'lab1' }) : undefined),
  })

  it('must be told apart, when nothing of the release was found to be wrong', async () => {
    const { failure } = await act({ answer: () => notAsked('no-way') })
    expect(failure?.code).toBe('PROOF_NOT_HAD')
    expect(failure?.message).toBe(
      'whether r2 works could not be found out on lab1: web: GET /health: could not ask port 8000',
    )
    expect(failure?.hint).toContain('not marked bad')
  })

  it('must excuse nothing that was found', async () => {
    const checks = [HEALTH, { ...HEALTH, settings: { ...HEALTH.settings, path: '/other' } }]
    const release = releaseOf('r2', { checks })
    const answer: Script['answer'] = ({ path }) =>
      path === '/other' ? answered(500) : notAsked('no-way')
    const { failure } = await act({ answer }, { release })
    expect(failure?.code).toBe('NOT_PROVED')
  })

  it('must be waited for, as when Docker is restarted', async () => {
    const { failure, ms, events } = await act(silent(3000))
    expect(failure).toBeUndefined()
    expect(ms).toBeGreaterThan(3000)
    expect(events[0]).toMatchObject({ verdict: 'unknown', text: 'Docker does not answer' })
    expect((await act(silent(Infinity))).failure?.code).toBe('PROOF_NOT_HAD')
  })

  it('must not use up the patience of a release: Docker hangs, and the proxy for a moment more', async () => {
    const hangs = (untilMs: number): Script => ({
      ...silent(untilMs),
      failsAfterMs: 20_000,
      answer: (_, ms) => (ms < untilMs + 3000 ? notAsked('refused') : answered(200)),
    })
    expect((await act(hangs(20_000))).failure).toBeUndefined()
    const { failure, ms } = await act(hangs(Infinity))
    expect(failure?.code).toBe('PROOF_NOT_HAD')
    expect(ms).toBeLessThan(100_000)
  })

  it('must not use up the patience of a release: stopped for long, one looks again', async () => {
    let looks = 0
    const { failure } = await act({
      answerAfterMs: () => (looks === 0 ? 60_000 : 0),
      answer: () => ((looks += 1) === 1 ? notAsked('refused') : answered(200)),
    })
    expect(failure).toBeUndefined()
  })

  it('must not keep up one whose answers are slow for ever', async () => {
    const slow = { answerAfterMs: () => 20_000, answer: () => answered(503) }
    const { failure, ms } = await act(slow)
    expect(failure?.code).toBe('NOT_PROVED')
    expect(ms).toBeLessThanOrEqual(41_000)
  })
})
