import { describe, expect, it } from 'vitest'
import { observedOf, releaseOf, serviceOf } from '../../tests/support/releases.ts'
import type { RolloutKind } from '../base/words.ts'
import { instructionLine } from '../hosts/wire/instruction-lines.ts'
import type { Chores } from '../plan/tasks.ts'
import { makeHostPlan } from './host-plan.ts'

const migration = {
  service: 'web',
  title: 'alembic upgrade head',
  seconds: 600,
  hasUndo: true,
  hasVersion: true,
}
const tasks = [{ service: 'web', title: 'collectstatic', seconds: 60 }]
const at = 'shop-r2 releases/r2/compose.json'
const look = (name: string) => `task ${at} belay-version ${name} 60 again lenient`

function planned(rollout: RolloutKind, chores: Chores) {
  const release = (id: string, slot: 'a' | 'b') =>
    releaseOf(id, { slot, services: [serviceOf(id, { rollout })] })
  const observed = observedOf('one', release('r1', 'a'))
  const request = { kept: false, fold: [], forget: [], chores }
  return makeHostPlan({ release: release('r2', 'b'), observed, ...request })
}

const lines = (plan: ReturnType<typeof planned>): string[] =>
  plan.steps.flatMap((step) =>
    step.kind === 'prove'
      ? [`prove ${step.services.join()}`]
      : step.instructions.map(instructionLine),
  )

describe('a migration', () => {
  it('must come before the new containers, while the old ones serve, and tasks before the proof', () => {
    const plan = planned('overlap', { migration, tasks })
    expect(lines(plan).slice(0, 6)).toEqual([
      look('version-before'),
      `task ${at} belay-migrate migrate 600`,
      look('version-after'),
      `up ${at} b web-r2`,
      `task ${at} belay-task-1 task-1 60`,
      'prove web',
    ])
    expect(plan.steps.slice(0, 5).map(({ id }) => id)).toEqual([
      'prepare',
      'migrate',
      'start',
      'tasks-1',
      'prove',
    ])
  })

  it('of a hand-over must come while neither runs, there and back', () => {
    const plan = planned('handover', { migration, tasks })
    const apart = 'apart=shop-r1-web-1'
    expect(lines(plan).slice(0, 10)).toEqual([
      `create ${at} b web-r2`,
      'site shop-production releases/r2/site.caddy',
      'route shop-production-web b',
      'drain shop-production-web-a:8000 30 shop-r1-web-1',
      'stop 10 shop-r1-web-1',
      `${look('version-before')} ${apart}`,
      `task ${at} belay-migrate migrate 600 ${apart}`,
      `${look('version-after')} ${apart}`,
      'start shop-r2-web-1',
      `task ${at} belay-task-1 task-1 60`,
    ])
    const back = plan.back.map(instructionLine)
    const first = back.indexOf('stop 10 shop-r2-web-1')
    expect(back.slice(first, first + 7)).toEqual([
      'stop 10 shop-r2-web-1',
      `end-task ${at} belay-task-1 task-1`,
      `end-task ${at} belay-migrate migrate`,
      `${look('version-now')} after=migrate ${apart}`,
      `task ${at} belay-undo undo 600 again lenient after=migrate ` +
        `moved=version-before,version-now ${apart}`,
      `${look('version-now')} after=migrate ${apart}`,
      'start shop-r1-web-1',
    ])
  })

  it('must be undone once the new has stopped, and before it is removed', () => {
    const back = planned('overlap', { migration, tasks: [] }).back.map(instructionLine)
    const undo = back.findIndex((line) => line.includes('belay-undo'))
    expect(back.indexOf('stop 10 shop-r2-web-1')).toBeLessThan(undo)
    expect(undo).toBeLessThan(back.indexOf('remove-project shop-r2'))
  })

  it('without a version must be undone once, wherever it was begun', () => {
    const { back } = planned('overlap', {
      migration: { ...migration, hasVersion: false },
      tasks: [],
    })
    expect(back.map(instructionLine)).toContain(
      `task ${at} belay-undo undo 600 lenient after=migrate`,
    )
    expect(back.map(instructionLine).join()).not.toContain('version')
  })

  it('without an undo must still be ended, and asked what it left', () => {
    const { back } = planned('overlap', { migration: { ...migration, hasUndo: false }, tasks: [] })
    expect(back.map(instructionLine).filter((line) => line.includes('task'))).toEqual([
      `end-task ${at} belay-migrate migrate`,
      `${look('version-now')} after=migrate`,
    ])
  })
})
