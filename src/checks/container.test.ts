import { describe, expect, it } from 'vitest'
import { lookAt, subjectOf } from '../../tests/support/looks.ts'
import { RUNNING } from '../../tests/support/scripted-host.ts'
import type { ContainerSample } from '../hosts/host.ts'
import { container } from './container.ts'

const judge = (state: Partial<ContainerSample>, role: 'app' | 'worker' | 'job' = 'app') =>
  container.judge(lookAt(state), {}, subjectOf({ role }))

describe('the container check', () => {
  it('must pass what runs', () => {
    expect(judge({ state: 'running' })).toEqual({ verdict: 'pass', text: 'running' })
  })

  it.each([
    [{ state: 'exited', exitCode: 1 }, 'exited with code 1'],
    [{ state: 'exited', exitCode: 0 }, 'exited with code 0'],
    [{ state: 'exited', exitCode: 127 }, 'exited with code 127: its command was not found'],
    [
      { state: 'exited', exitCode: 137, outOfMemory: true },
      'was killed, as it took more memory than it may (code 137)',
    ],
    [{ state: 'restarting', exitCode: 1 }, 'keeps restarting, exited with code 1'],
    [{ state: 'dead', exitCode: 1 }, 'exited with code 1'],
    [{ state: 'missing' }, 'is gone: somebody removed the container'],
  ] as const)('must give up at once on %j', (state, text) => {
    expect(judge(state)).toMatchObject({ verdict: 'fail', final: true, text })
  })

  it.each([
    { state: 'missing' },
    { state: 'paused' },
    { state: 'exited', exitCode: 137, endedWithDocker: true },
    { state: 'exited', exitCode: 143, wasStopped: true },
  ] as const)('must not hold %j against the release', (state) => {
    expect(judge(state)).toMatchObject({ verdict: 'fail', elsewhere: true })
    expect(judge({ state: 'exited', exitCode: 1 })).not.toHaveProperty('elsewhere')
  })

  it('must show the last lines of what has exited', () => {
    const verdict = judge({ state: 'exited', exitCode: 1, lastLines: ['boom'] })
    expect(verdict).toMatchObject({ evidence: ['boom'] })
  })

  it('must propose a job for a service that ends well', () => {
    expect(judge({ state: 'exited', exitCode: 0 })).toMatchObject({
      hint: expect.stringContaining('role: job'),
    })
  })

  it('must wait for what is not started yet', () => {
    expect(judge({ state: 'created' })).toMatchObject({ verdict: 'unknown' })
    expect(judge({ state: 'created' })).not.toHaveProperty('final')
  })

  it('must take a job that ended with 0 for a success, and one that runs for unknown', () => {
    expect(judge({ state: 'exited', exitCode: 0 }, 'job')).toMatchObject({ verdict: 'pass' })
    expect(judge({ state: 'running' }, 'job')).toMatchObject({ verdict: 'unknown' })
    expect(judge({ state: 'exited', exitCode: 2 }, 'job')).toMatchObject({ final: true })
  })

  it('must fail what restarted since the look before', () => {
    const before = { 'shop-r2-web-1': { ...RUNNING, restarts: 1 } }
    const look = lookAt({ restarts: 2 }, { before })
    expect(container.judge(look, {}, subjectOf())).toMatchObject({ verdict: 'fail' })
    const same = lookAt({ restarts: 1 }, { before })
    expect(container.judge(same, {}, subjectOf())).toMatchObject({ verdict: 'pass' })
  })

  it('must name the replica that failed', () => {
    const containers = ['shop-r2-web-1', 'shop-r2-web-2']
    const verdict = container.judge(lookAt(), {}, subjectOf({ containers }))
    expect(verdict).toMatchObject({
      verdict: 'fail',
      text: expect.stringMatching(/^shop-r2-web-2:/),
    })
  })
})
