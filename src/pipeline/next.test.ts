import { describe, expect, it } from 'vitest'
import { releaseOf } from '../../tests/support/releases.ts'
import type { Plan, PlannedStep } from '../plan/plan.ts'
import type { Happening } from './happening.ts'
import { next } from './next.ts'

const step: PlannedStep = {
  kind: 'change',
  id: 'x',
  title: 'x',
  because: 'x',
  instructions: [],
  timeoutSeconds: 1,
  movesTraffic: false,
}

function planFor(waves: readonly (readonly string[])[], steps = 1): Plan {
  const release = releaseOf('r2')
  const hosts = waves.flat().map((host) => ({
    host,
    release,
    accessories: {},
    steps: Array.from({ length: steps }, () => step),
    back: [],
    forward: [],
    images: [],
  }))
  return {
    app: 'shop',
    environment: 'production',
    purpose: 'deploy',
    release,
    anchor: 'a',
    hosts,
    waves,
    change: { kind: 'replace', because: '', services: [] },
    notes: [],
  }
}

const started = (host: string, index = 0): Happening => ({ kind: 'step-started', host, index })
const done = (host: string, index = 0): Happening => ({ kind: 'step-done', host, index })
const failed = (host: string): Happening => ({
  kind: 'step-failed',
  host,
  index: 0,
  error: new Error('no'),
})
const decided = (
  host: string,
  wish: 'commit' | 'rollback',
  stands: 'commit' | 'rollback' = wish,
): Happening => ({ kind: 'decided', host, wish, stands })
const settled = (host: string): Happening => ({ kind: 'settled', host })

const both = planFor([['a'], ['b']])
const bothDone = [started('a'), done('a'), started('b'), done('b')]

describe('what comes next', () => {
  it('must begin with the first wave alone', () => {
    expect(next(both, [])).toEqual([{ kind: 'step', host: 'a', index: 0 }])
  })

  it('must begin the second wave only when the first is through', () => {
    expect(next(both, [started('a')])).toEqual([])
    expect(next(both, [started('a'), done('a')])).toEqual([{ kind: 'step', host: 'b', index: 0 }])
  })

  it('must let hosts of one wave go side by side', () => {
    const plan = planFor([['a', 'b']], 2)
    expect(next(plan, [started('a'), done('a'), started('b')])).toEqual([
      { kind: 'step', host: 'a', index: 1 },
    ])
  })

  it('must ask the anchor first for a commit, and the others only after it', () => {
    expect(next(both, bothDone)).toEqual([{ kind: 'decide', host: 'a', wish: 'commit' }])
    expect(next(both, [...bothDone, decided('a', 'commit')])).toEqual([
      { kind: 'settle', host: 'a', stands: 'commit' },
      { kind: 'decide', host: 'b', wish: 'commit' },
    ])
  })

  it('must go back everywhere when one host fails, also where all went well', () => {
    const failing = [started('a'), done('a'), started('b'), failed('b')]
    expect(next(both, failing)).toEqual([
      { kind: 'decide', host: 'a', wish: 'rollback' },
      { kind: 'decide', host: 'b', wish: 'rollback' },
    ])
  })

  it('must wait for a step that is under way before it decides', () => {
    const plan = planFor([['a', 'b']])
    expect(next(plan, [started('a'), started('b'), failed('b')])).toEqual([])
  })

  it('must leave a host alone that was never begun', () => {
    expect(next(both, [started('a'), failed('a')])).toEqual([
      { kind: 'decide', host: 'a', wish: 'rollback' },
    ])
  })

  it('must end as refused when nothing was begun', () => {
    expect(next(both, [{ kind: 'cancelled', error: 1 }])).toEqual([
      { kind: 'stop', outcome: 'refused' },
    ])
  })

  it("must go back everywhere when the anchor's watchdog was first", () => {
    expect(next(both, [...bothDone, decided('a', 'commit', 'rollback')])).toEqual([
      { kind: 'settle', host: 'a', stands: 'rollback' },
      { kind: 'decide', host: 'b', wish: 'rollback' },
    ])
  })

  it('must not take a commit back when an interruption comes after it', () => {
    const late: Happening[] = [...bothDone, decided('a', 'commit'), { kind: 'cancelled', error: 1 }]
    expect(next(both, late)).toContainEqual({ kind: 'decide', host: 'b', wish: 'commit' })
  })

  it('must not let an interruption overtake a commit that the anchor was asked for', () => {
    const asked: Happening = { kind: 'decision-asked', host: 'a', wish: 'commit' }
    const cut: Happening[] = [...bothDone, asked, { kind: 'cancelled', error: 1 }]
    expect(next(both, cut)).toEqual([{ kind: 'decide', host: 'a', wish: 'commit' }])
  })

  it('must decide nothing for others when nobody knows what the anchor decided', () => {
    const asked: Happening = { kind: 'decision-asked', host: 'a', wish: 'commit' }
    const unheard: Happening = { kind: 'undecided', host: 'a', error: 1 }
    expect(next(both, [...bothDone, asked, unheard])).toEqual([{ kind: 'stop', outcome: 'split' }])
  })

  it('must say split when a host went back after the anchor had committed', () => {
    const ended = [
      ...bothDone,
      decided('a', 'commit'),
      settled('a'),
      decided('b', 'commit', 'rollback'),
      settled('b'),
    ]
    expect(next(both, ended)).toEqual([{ kind: 'stop', outcome: 'split' }])
  })

  it('must call it confirmed although tidying failed, and never so a rollback', () => {
    const one = planFor([['a']])
    const begun = [started('a'), done('a')]
    const unsettled: Happening = { kind: 'unsettled', host: 'a', error: 1 }
    const confirmed = [...begun, decided('a', 'commit'), unsettled]
    expect(next(one, confirmed)).toEqual([{ kind: 'stop', outcome: 'confirmed' }])
    const back = [started('a'), failed('a'), decided('a', 'rollback'), unsettled]
    expect(next(one, back)).toEqual([{ kind: 'stop', outcome: 'unsettled' }])
  })
})
