import { describe, expect, test } from 'vitest'
import { releaseOf, serviceOf } from '../../tests/support/releases.ts'
import { configOf } from '../../tests/support/worlds.ts'
import type { ServiceConfig } from '../config/app-config.ts'
import { SERVICE_DEFAULTS } from '../config/defaults.ts'
import { holdNotes, patienceOf } from './patience.ts'
import type { RenderedService } from './render/rendered.ts'

type Handed = Pick<RenderedService, 'name' | 'rollout' | 'phase' | 'stopGraceSeconds'>

const handed = (name = 'web'): Handed => ({
  name,
  rollout: 'handover',
  phase: 'handover',
  stopGraceSeconds: 10,
})

function patience(
  settings: Partial<ServiceConfig> = {},
  services: readonly Handed[] = [handed()],
  watchdogSeconds = 60,
) {
  const [first = handed()] = services
  const web = { ...SERVICE_DEFAULTS, ...settings }
  const config = { ...configOf(['one'], { services: { web } }), watchdogSeconds }
  return patienceOf(first, { config, services })
}

describe('how long requests are held in a hand-over', () => {
  test('must be for all that it may take, where nothing is set', () => {
    // Drain 10, two stops of 10, a start of 60, and 10 for Docker.
    expect(patience()).toEqual({
      stopGraceSeconds: 10,
      drainSeconds: 10,
      holdSeconds: 100,
      startTimeoutMs: 60_000,
    })
  })

  test('must be longer than any start that is allowed', () => {
    for (const startTimeoutMs of [1000, 30_000, 61_000, 300_000]) {
      const { holdSeconds } = patience({ startTimeoutMs })
      expect(holdSeconds * 1000).toBeGreaterThan(startTimeoutMs)
    }
  })

  test('must last until the watchdog has acted for a deployer that died', () => {
    expect(patience({ startTimeoutMs: 1000 }, [handed()], 200).holdSeconds).toBeGreaterThan(200)
  })

  test('must be for all services that are handed over with it, one after another', () => {
    const services = [handed(), handed('api'), { ...handed('bot'), phase: 'workers' as const }]
    expect(patience({}, services).holdSeconds).toBe(2 * (10 + 20 + 60) + 10)
  })

  test('must end after ten minutes', () => {
    expect(patience({ startTimeoutMs: 3_600_000 }).holdSeconds).toBe(600)
  })

  test('must be what the user says, and the drain a third of it at most', () => {
    const { holdSeconds, drainSeconds } = patience({ holdMs: 45_000, drainMs: 40_000 })
    expect({ holdSeconds, drainSeconds }).toEqual({ holdSeconds: 45, drainSeconds: 15 })
  })
})

test('beside another a service must have its whole drain', () => {
  const overlap: Handed = { ...handed(), rollout: 'overlap', phase: 'side-by-side' }
  expect(patience({ drainMs: 45_000 }, [overlap]).drainSeconds).toBe(45)
})

test('a hold below the start-timeout must be warned of, in a hand-over alone', () => {
  const short = { holdSeconds: 30, startTimeoutMs: 45_000 }
  const notes = (over: object) => holdNotes(releaseOf('r1', { services: [serviceOf('r1', over)] }))
  expect(notes({ ...short, rollout: 'handover' })).toEqual([
    {
      level: 'warning',
      about: 'web',
      text: expect.stringMatching(/at most 30 s \(hold\).*45 s \(start-timeout\).*502/),
    },
  ])
  expect(notes({ ...short, rollout: 'handover', holdSeconds: 45 })).toEqual([])
  expect(notes({ ...short, rollout: 'handover', routes: [] })).toEqual([])
  expect(notes(short)).toEqual([])
})
