import { describe, expect, it } from 'vitest'
import { lookAt, subjectOf } from '../../tests/support/looks.ts'
import type { ContainerSample } from '../hosts/host.ts'
import { health } from './health.ts'

const judge = (state: Partial<ContainerSample>) => health.judge(lookAt(state), {}, subjectOf())
const ran = (code: number, output = '') => ({ healthCommand: { code, output } })

describe('the health check', () => {
  it.each([
    ['healthy', 'pass'],
    ['starting', 'unknown'],
    ['unhealthy', 'fail'],
  ] as const)("must believe Docker's %s", (health, verdict) => {
    expect(judge({ health })).toMatchObject({ verdict })
  })

  it('must pass a service that has none, and say so', () => {
    expect(judge({ health: 'none' })).toEqual({ verdict: 'pass', text: 'has no healthcheck' })
  })

  it("must not wait for Docker's interval when the command itself passes", () => {
    expect(judge({ health: 'starting', ...ran(0) })).toMatchObject({ verdict: 'pass' })
    expect(judge({ health: 'unhealthy', ...ran(0) })).toMatchObject({ verdict: 'pass' })
  })

  it('must not call a service bad that is only starting', () => {
    expect(judge({ health: 'starting', ...ran(1, 'refused\n') })).toEqual({
      verdict: 'unknown',
      text: 'is not healthy yet: its healthcheck ended with code 1',
      evidence: ['refused'],
    })
    expect(judge({ health: 'unhealthy', ...ran(1) })).toMatchObject({ verdict: 'fail' })
  })

  it('must give up at once on a command that the image does not have', () => {
    const verdict = judge({ health: 'starting', ...ran(127, 'sh: curl: not found') })
    expect(verdict).toMatchObject({
      verdict: 'fail',
      final: true,
      evidence: ['sh: curl: not found'],
    })
    expect(verdict).toMatchObject({ hint: expect.stringContaining('curl') })
  })

  it('must not blame the service when the command took long or could not be run', () => {
    expect(judge({ health: 'starting', ...ran(124) })).toMatchObject({ verdict: 'unknown' })
    expect(judge({ health: 'starting', ...ran(125) })).toMatchObject({ verdict: 'unknown' })
  })

  it('must know nothing of what does not run', () => {
    expect(judge({ state: 'exited', health: 'healthy' })).toMatchObject({ verdict: 'unknown' })
  })
})
