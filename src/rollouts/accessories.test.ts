import { describe, expect, it } from 'vitest'
import { containerOf, observedOf, releaseOf } from '../../tests/support/releases.ts'
import { instructionLine } from '../hosts/wire/instruction-lines.ts'
import type { HostPlan } from '../plan/plan.ts'
import { makeHostPlan } from './host-plan.ts'

const base = { probe: { hash: 'hash', containers: ['shop-probe-1'] } }
const release = releaseOf('r2', { slot: 'b', accessories: ['probe'], base })

function planned(definition?: string): HostPlan {
  const seen = observedOf('one', releaseOf('r1'))
  const over = definition === undefined ? {} : { definition }
  const probe = containerOf('shop-probe-1', { service: 'probe', ...over })
  const observed = { ...seen, containers: [...seen.containers, probe] }
  return makeHostPlan({ release, observed, kept: false, fold: [], forget: [] })
}

describe('accessories in a release', () => {
  it('must be noted with what they were made from, once', () => {
    const made = (plan: HostPlan) =>
      plan.steps.flatMap((step) =>
        step.kind === 'change' ? step.instructions.filter((it) => it.do === 'made-from') : [],
      )
    expect(made(planned('hash'))).toEqual([])
    expect(made(planned()).map(instructionLine)).toEqual([
      'made-from shop releases/r2/base.json probe=hash',
    ])
  })

  it('that came with a release that failed must go with it', () => {
    const observed = observedOf('one', releaseOf('r1'))
    const { back } = makeHostPlan({ release, observed, kept: false, fold: [], forget: [] })
    expect(back.map(instructionLine)).toContain('remove shop-probe-1')
    expect(planned('hash').back.map(instructionLine)).not.toContain('remove shop-probe-1')
  })
})
