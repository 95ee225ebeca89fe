import type { AppConfig, ServiceConfig } from '../config/app-config.ts'
import { serviceConfig } from '../config/defaults.ts'
import type { Note } from './plan.ts'
import type { Release, ReleaseService } from './release.ts'
import type { RenderedService } from './render/rendered.ts'

/** How long the parts of a service's replacement may take. */
export type Patience = Pick<
  ReleaseService,
  'stopGraceSeconds' | 'drainSeconds' | 'holdSeconds' | 'startTimeoutMs'
>

type Handed = Pick<RenderedService, 'name' | 'rollout' | 'phase' | 'stopGraceSeconds'>

/** In a hand-over requests wait while the old one drains, so this is short however long the hold. */
const DRAIN_MAX_MS = 10_000
/** What Docker takes to stop and to start something. */
const SPARE_MS = 10_000
/** Whoever waited for so long waits no more. */
const HOLD_MAX_MS = 600_000

/** `services` are all of the release: those that are handed over go together. */
export function patienceOf(
  service: Handed,
  { config, services }: { config: AppConfig; services: readonly Handed[] },
): Patience {
  const settings = serviceConfig(config, service.name)
  const holdMs = settings.holdMs ?? longestHandover(services, config)
  const isHeld = service.rollout === 'handover'
  const drainMs = isHeld ? drainBeneath(settings) : settings.drainMs
  return {
    stopGraceSeconds: Math.ceil(graceOf(service, settings) / 1000),
    drainSeconds: Math.ceil(drainMs / 1000),
    holdSeconds: Math.ceil(holdMs / 1000),
    startTimeoutMs: settings.startTimeoutMs,
  }
}

/**
 * From the moment in which requests are held until something answers them again, at most: the old
 * ones end, the new ones start or are given up, by the deployer or by the watchdog, and end again.
 */
function longestHandover(services: readonly Handed[], config: AppConfig): number {
  const handed = services
    .filter(({ phase }) => phase === 'handover')
    .map((service) => ({ service, settings: serviceConfig(config, service.name) }))
  const ending = handed.map(
    ({ service, settings }) => drainBeneath(settings) + 2 * graceOf(service, settings),
  )
  const starting = sum(handed.map(({ settings }) => settings.startTimeoutMs))
  const until = Math.max(starting, config.watchdogSeconds * 1000)
  return Math.min(sum(ending) + until + SPARE_MS, HOLD_MAX_MS)
}

function drainBeneath({ drainMs, holdMs }: ServiceConfig): number {
  return Math.min(drainMs, holdMs === undefined ? DRAIN_MAX_MS : holdMs / 3)
}

function graceOf({ stopGraceSeconds }: Handed, { stopGraceMs }: ServiceConfig): number {
  return stopGraceMs ?? stopGraceSeconds * 1000
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}

/** A start that is allowed to take longer than requests wait for it. */
export function holdNotes({ services }: Release): Note[] {
  return services.filter(isTooShort).map(({ name, holdSeconds, startTimeoutMs }) => {
    const text =
      `requests wait at most ${holdSeconds} s (hold), and a start may take ` +
      `${Math.ceil(startTimeoutMs / 1000)} s (start-timeout): those that wait longer are answered ` +
      '502. Write a shorter start-timeout, or a longer hold'
    return { level: 'warning', about: name, text }
  })
}

function isTooShort({ rollout, routes, holdSeconds, startTimeoutMs }: ReleaseService): boolean {
  return rollout === 'handover' && routes.length > 0 && holdSeconds * 1000 < startTimeoutMs
}
