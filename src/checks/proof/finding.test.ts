import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../tests/simulation/virtual-clock.ts'
import { HERE } from '../../../tests/support/looks.ts'
import { releaseOf } from '../../../tests/support/releases.ts'
import { ScriptedHost } from '../../../tests/support/scripted-host.ts'
import type { Failure } from '../../base/failure.ts'
import type { CheckSpec } from '../../plan/release.ts'
import { type Proof, proveRelease } from './until.ts'

const SCRIPT: CheckSpec = {
  kind: 'script',
  service: 'web',
  settings: { path: 'smoke.sh', args: [], timeoutMs: 30_000 },
}

/** Proves a release that has one check: a program that ends as it is told at that time. */
async function prove(codeAt: (ms: number) => number, over: Partial<Proof> = {}) {
  const clock = new VirtualClock()
  const runs: number[] = []
  const runScript = async () => {
    runs.push(clock.monotonic())
    return { code: codeAt(clock.monotonic()), isLate: false, lines: ['said'] }
  }
  const proof: Proof = {
    host: new ScriptedHost(clock, {}),
    here: { ...HERE, runScript },
    release: releaseOf('r2', { checks: [SCRIPT] }),
    services: ['web'],
    through: 'front-door',
    slot: 'a',
    accessories: {},
    samples: 2,
    intervalMs: 100,
    soakMs: 0,
    timeoutMs: 5000,
    clock,
    tell: () => undefined,
    signal: new AbortController().signal,
    ...over,
  }
  let failure: Failure | undefined
  await clock.run(proveRelease(proof)).catch((error: Failure) => {
    failure = error
  })
  return { failure, runs }
}

describe('a check that takes several exchanges', () => {
  it('must rest once it passed, and be asked again while the release is watched', async () => {
    expect((await prove(() => 0)).runs).toHaveLength(1)
    const { runs, failure } = await prove(() => 0, { soakMs: 25_000 })
    expect(failure).toBeUndefined()
    expect(runs).toHaveLength(3)
  })

  it('must be asked again at once while it is not good', async () => {
    const { runs, failure } = await prove((ms) => (ms < 2000 ? 3 : 0))
    expect(failure).toBeUndefined()
    expect(runs.length).toBeGreaterThan(3)
  })

  it('must have its words told when it never was', async () => {
    const { failure } = await prove(() => 3)
    expect(failure?.code).toBe('NOT_PROVED')
    expect(failure?.evidence).toContain('web: smoke.sh, from here: exited with code 3')
    expect(failure?.evidence).toContain('  said')
  })

  it('must not be asked before the release has traffic, where it needs that', async () => {
    expect((await prove(() => 3, { through: 'slot' })).runs).toEqual([])
  })
})
