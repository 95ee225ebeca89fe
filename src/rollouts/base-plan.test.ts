import { describe, expect, it } from 'vitest'
import { containerOf, observedOf, releaseOf } from '../../tests/support/releases.ts'
import { instructionLine } from '../hosts/wire/instruction-lines.ts'
import { makeBasePlan, type Renewal } from './base-plan.ts'

const r1 = releaseOf('r1', {
  accessories: ['db'],
  live: [{ service: 'web', names: ['web'], callers: ['probe'] }],
})

function renewal(service: string, over: Partial<Renewal> = {}): Renewal {
  const name = `shop-${service}-1`
  return {
    service,
    old: [containerOf(name, { service, id: `id-${service}` })],
    names: [name],
    policy: 'unless-stopped',
    oldPolicy: 'always',
    hash: 'hash',
    graceSeconds: 10,
    startSeconds: 60,
    differs: ['command'],
    ...over,
  }
}

function planned(...renewals: Renewal[]) {
  const networks = ['belay', 'shop-live-999998', 'shop-live-999997']
  const observed = observedOf('one', r1, { networks })
  return makeBasePlan({ release: r1, observed, renewals })
}

function steps(...renewals: Renewal[]): string[] {
  return planned(...renewals).steps.flatMap((step) =>
    step.kind === 'prove'
      ? [`prove ${step.services.join(' ')} through ${step.through}`]
      : [`${step.id}:`, ...step.instructions.map(instructionLine)],
  )
}

describe('a change of the base', () => {
  it('must make the new before the old stops, and start it only after', () => {
    expect(steps(renewal('db'))).toEqual([
      'make:',
      'renew shop releases/base/change.json db to shop-db-1 from id-db=shop-db-1',
      'exchange-db:',
      'policy always shop-db-1.before',
      'stop 10 shop-db-1.before',
      'start shop-db-1',
      'steady 60 shop-db-1',
      'prove web db through front-door',
    ])
  })

  it('must lead back to the old ones, which start after the new ones are gone', () => {
    const { back } = planned(renewal('db'), renewal('cache'))
    expect(back.map(instructionLine)).toEqual([
      'restore shop cache 10 id-cache=shop-cache-1',
      'start shop-cache-1',
      'policy always shop-cache-1',
      'restore shop db 10 id-db=shop-db-1',
      'start shop-db-1',
      'policy always shop-db-1',
    ])
  })

  it('must let only the new survive a reboot from the commit on, before anything is removed', () => {
    expect(planned(renewal('db')).forward.map(instructionLine)).toEqual([
      'policy no shop-db-1.before',
      'policy unless-stopped shop-db-1',
      'stop 10 shop-db-1.before',
      'start shop-db-1',
      'remove shop-db-1.before',
      'made-from shop releases/base/base.json db=hash',
    ])
  })

  it('must leave the release as it is', () => {
    const plan = planned(renewal('db'))
    expect([plan.release.id, plan.previous]).toEqual(['r1', 'r1'])
    const words = [...plan.back, ...plan.forward].map((it) => it.do)
    expect(words).not.toContain('current')
    expect(words).not.toContain('mark')
  })

  it('must start what is new, and remove it when it goes back', () => {
    const fresh = renewal('cache', { old: [] })
    expect(steps(fresh)).toEqual([
      'start-cache:',
      'base shop releases/base/change.json cache',
      'prove web cache through front-door',
    ])
    expect(planned(fresh).back.map(instructionLine)).toEqual(['remove shop-cache-1'])
    expect(planned(fresh).forward.map(instructionLine)).toEqual([
      'made-from shop releases/base/base.json cache=hash',
    ])
  })

  it('must give files, and the network on which the release is called, before the start', () => {
    expect(steps(renewal('probe', { files: 'probe.tar' })).slice(1, 4)).toEqual([
      'renew shop releases/base/change.json probe to shop-probe-1 from id-probe=shop-probe-1',
      'put-files releases/base/probe.tar shop-probe-1',
      'connect shop-live-999997 to shop-probe-1',
    ])
  })
})
