import { describe, expect, it } from 'vitest'
import { containerOf, observedOf, releaseOf, serviceOf } from '../../tests/support/releases.ts'
import { instructionLine } from '../hosts/wire/instruction-lines.ts'
import type { HostPlan } from '../plan/plan.ts'
import type { Release } from '../plan/release.ts'
import { makeHostPlan } from './host-plan.ts'

const live = [{ service: 'web', names: ['web', 'shop'], callers: ['probe'] }]
const base = { probe: { hash: 'hash', containers: ['shop-probe-1'] } }
const called = (id: string, over: Partial<Release> = {}) =>
  releaseOf(id, { accessories: ['probe'], base, live, ...over })

function planned(old: Release | undefined, release: Release, networks: string[] = []): HostPlan {
  const probe = containerOf('shop-probe-1', { service: 'probe', definition: 'hash' })
  const seen = observedOf('one', old, { networks: ['belay', ...networks] })
  const observed = { ...seen, containers: [...seen.containers, probe] }
  return makeHostPlan({ release, observed, kept: false, fold: [], forget: [] })
}

const about = /live|^forward drain|^forward stop|^back start|^back stop/
const lines = ({ back, forward }: HostPlan) =>
  [
    ...back.map((it) => `back ${instructionLine(it)}`),
    ...forward.map((it) => `forward ${instructionLine(it)}`),
  ].filter((line) => about.test(line))

describe('names that accessories call', () => {
  it('must lead to the new release after the confirm, before the old one stops', () => {
    const plan = planned(called('r1'), called('r2', { slot: 'b' }), ['shop-live-999998'])
    expect(lines(plan)).toEqual([
      'back start shop-r1-web-1',
      'back stop 10 shop-r2-web-1',
      'back network shop-live-999998 live shop 1',
      'back connect shop-live-999998 to shop-probe-1',
      'back connect shop-live-999998 web shop to shop-r1-web-1',
      'back remove-network shop-live-999997',
      'forward network shop-live-999997 live shop 1',
      'forward connect shop-live-999997 to shop-probe-1',
      'forward connect shop-live-999997 web shop to shop-r2-web-1',
      'forward drain shop-production-web-a:8000,shop-production-web-a.:8000 30 shop-r1-web-1',
      'forward stop 10 shop-r1-web-1',
      'forward remove-network shop-live-999998',
    ])
  })

  it('must cost no step before the confirm', () => {
    const steps = (plan: HostPlan) =>
      plan.steps.flatMap((step) => (step.kind === 'change' ? step.instructions : []))
    const plan = planned(called('r1'), called('r2', { slot: 'b' }), ['shop-live-999998'])
    expect(steps(plan).map(({ do: word }) => word)).not.toContain('connect')
  })

  it('must be given on a first release too, and none of it must stay when that fails', () => {
    expect(lines(planned(undefined, called('r1')))).toEqual([
      'back stop 10 shop-r1-web-1',
      'back remove-network shop-live-999999',
      'forward network shop-live-999999 live shop 1',
      'forward connect shop-live-999999 to shop-probe-1',
      'forward connect shop-live-999999 web shop to shop-r1-web-1',
    ])
  })

  it('must move in a hand-over itself: nothing old is left to be called', () => {
    const services = (id: string) => [serviceOf(id, { rollout: 'handover' })]
    const old = called('r1', { services: services('r1') })
    const plan = planned(old, called('r2', { slot: 'b', services: services('r2') }), [
      'shop-live-999998',
    ])
    const exchange = plan.steps.find(({ id }) => id.startsWith('hand-over'))
    const words = exchange?.kind === 'change' ? exchange.instructions.map(instructionLine) : []
    expect(words.slice(-4)).toEqual([
      'start shop-r2-web-1',
      'network shop-live-999997 live shop 1',
      'connect shop-live-999997 to shop-probe-1',
      'connect shop-live-999997 web shop to shop-r2-web-1',
    ])
  })

  it('must leave no network behind where nobody is called any more, nor after many runs', () => {
    const rubble = ['shop-live-999990', 'shop-live-999995', 'shop-live-1', 'shop-living']
    const plan = planned(called('r1'), releaseOf('r2', { slot: 'b' }), rubble)
    expect(plan.forward.flatMap((it) => (it.do === 'remove-network' ? [it.name] : []))).toEqual([
      'shop-live-999990',
      'shop-live-999995',
    ])
    expect(plan.forward.map((it) => it.do)).not.toContain('connect')
  })

  it('must be none for an app whose accessories call nobody', () => {
    const plan = planned(releaseOf('r1'), releaseOf('r2', { slot: 'b' }))
    expect(lines(plan).join()).not.toContain('live')
  })
})
