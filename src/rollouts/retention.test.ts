import { describe, expect, it } from 'vitest'
import { containerOf, observedOf, releaseOf } from '../../tests/support/releases.ts'
import { instructionLine } from '../hosts/wire/instruction-lines.ts'
import { makeHostPlan } from './host-plan.ts'
import { retention } from './retention.ts'

type Mark = 'good' | 'bad' | 'unproved'

function host(current: string, marks: Readonly<Record<string, Mark>>) {
  const releases = Object.entries(marks).map(([id, mark]) => ({
    id,
    mark,
    release: releaseOf(id),
  }))
  return observedOf('one', releaseOf(current), { releases })
}

describe('what is cleaned away', () => {
  it('must keep as many as configured, the serving and the next included', () => {
    const seen = host('r6', { r2: 'good', r3: 'good', r4: 'good', r5: 'good', r6: 'good' })
    expect(retention(seen, { keep: 5, next: 'r7' })).toEqual({
      fold: ['r5', 'r4', 'r3'],
      forget: ['r2'],
    })
  })

  it('must never let go of the serving release, whatever the number says', () => {
    const seen = host('r2', { r1: 'good', r2: 'good' })
    expect(retention(seen, { keep: 1, next: 'r3' })).toEqual({ fold: [], forget: ['r1'] })
  })

  it('must not count failures as something to go back to, and keep only the newest', () => {
    const seen = host('r1', { r1: 'good', r2: 'bad', r3: 'unproved', r4: 'bad' })
    expect(retention(seen, { keep: 5, next: 'r5' })).toEqual({ fold: [], forget: ['r2', 'r3'] })
  })

  it('must count a release and its restarts once, so that restarts push nothing out', () => {
    const seen = host('r6.1', {
      r1: 'good',
      r2: 'good',
      r3: 'good',
      r4: 'good',
      'r5.9': 'good',
      'r5.10': 'good',
      r6: 'good',
      'r6.1': 'good',
    })
    expect(retention(seen, { keep: 5, next: 'r6.2' })).toEqual({
      fold: ['r5.10', 'r4', 'r3', 'r2'],
      forget: ['r1', 'r5.9', 'r6'],
    })
  })
})

describe('what is taken away', () => {
  const releases = ['r1', 'r2', 'r3', 'r11'].map((id) => ({
    id,
    mark: 'good' as const,
    release: releaseOf(id),
  }))

  function removed(there: Partial<Parameters<typeof observedOf>[2]>): string[] {
    const observed = observedOf('one', releaseOf('r11'), { releases, ...there })
    const release = releaseOf('r12', { slot: 'b' })
    const [fold, forget] = [['r3', 'r2'], ['r1']]
    const { forward } = makeHostPlan({ release, observed, kept: false, fold, forget })
    return forward.map(instructionLine).filter((line) => /^(remove-project|forget) /.test(line))
  }

  it('must be what is there: a container, or a network, of the release', () => {
    expect(removed({ networks: ['belay', '0-shop-r11_default'] })).toEqual(['forget r1'])
    const containers = [containerOf('shop-r3-web-1', { project: 'shop-r3', service: 'web' })]
    expect(removed({ containers })).toEqual(['remove-project shop-r3', 'forget r1'])
    expect(removed({ networks: ['0-shop-r1_default', '0-shop-r2_x'] })).toEqual([
      'remove-project shop-r2',
      'remove-project shop-r1',
      'forget r1',
    ])
  })
})
