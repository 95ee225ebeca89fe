import { type Slot, slotAlias } from '../base/names.ts'
import type { RolloutKind } from '../base/words.ts'
import type { Instruction } from '../plan/instruction.ts'
import type { PlannedStep } from '../plan/plan.ts'
import type { ReleaseService } from '../plan/release.ts'

/** One service's replacement on one host: what comes, what goes, and between which slots. */
export interface Replacement {
  readonly service: ReleaseService
  readonly project: string
  /** The rendered compose file, relative to the state folder. */
  readonly file: string
  readonly slot: Slot
  /** Its containers exist already, and wait to be started: on the way back to a kept release. */
  readonly kept: boolean
  readonly old: OldService | undefined
}

/** What serves now. Adopted containers were never in a slot. */
export interface OldService {
  readonly containers: readonly string[]
  readonly graceSeconds: number
  /** Its token and port at the proxy, where it has one. */
  readonly slot: Slot | undefined
  readonly port: number | undefined
}

/**
 * How the new replaces the old, as data. Pure: a rollout plans and never acts. Services of one
 * rollout are planned together, as they move together or in turn.
 */
export interface Rollout {
  readonly kind: RolloutKind
  /** How many replicas run before traffic moves; the rest is started on the way. */
  readonly startsWith: (service: ReleaseService) => 'all' | 'none' | number
  readonly steps: (replacements: readonly Replacement[]) => readonly PlannedStep[]
  /** Undoes all that `steps` may have done, from any point; safe to repeat. */
  readonly back: (replacements: readonly Replacement[]) => readonly Instruction[]
  /** After the confirm: what is left to do to the old. */
  readonly forward: (replacements: readonly Replacement[]) => readonly Instruction[]
}

type Replacements = readonly Replacement[]

/** Turns routed services' traffic to a slot; nothing for a service without routes. */
export function routeTo(replacements: Replacements, token: string): Instruction[] {
  return replacements.flatMap(({ service: { routeKey } }) =>
    routeKey === undefined ? [] : [{ do: 'route' as const, key: routeKey, token }],
  )
}

/** Waits for the old slot's requests in flight. */
export function drainOld(replacements: Replacements): Instruction[] {
  return replacements.flatMap(({ service, old }) =>
    drain(service, { slot: old?.slot, port: old?.port }),
  )
}

export function stopOld(replacements: Replacements): Instruction[] {
  return replacements.flatMap(({ old }) => (old === undefined ? [] : stop(old)))
}

export function startOld(replacements: Replacements): Instruction[] {
  return replacements.flatMap(({ old }) => start(old?.containers ?? []))
}

export function startNew(replacements: Replacements): Instruction[] {
  return replacements.flatMap(({ service }) => start(service.containers))
}

/** What was proved comes back when the server does. Never before, and not before a hand-over's end. */
export function surviveReboot(replacements: Replacements): Instruction[] {
  const containers = replacements.flatMap(({ service }) => service.containers)
  return [{ do: 'policy', policy: 'always', containers }]
}

/** Turns traffic back, waits for what the new ones have in flight, and stops them. */
export function leaveNew(replacements: Replacements): Instruction[] {
  const returning = replacements.filter(({ old }) => old?.slot !== undefined)
  return [
    ...returning.flatMap((each) => routeTo([each], each.old?.slot ?? each.slot)),
    ...returning.flatMap(({ service, slot }) =>
      drain(service, { slot, port: service.routes[0]?.port }),
    ),
    ...replacements.flatMap(({ service: { containers, stopGraceSeconds } }) =>
      stop({ containers, graceSeconds: stopGraceSeconds }),
    ),
  ]
}

interface Upstream {
  readonly slot: Slot | undefined
  readonly port: number | undefined
}

function drain(service: ReleaseService, { slot, port }: Upstream): Instruction[] {
  const { routeKey, drainSeconds: seconds } = service
  if (routeKey === undefined || slot === undefined || port === undefined) return []
  return [{ do: 'drain', upstream: `${slotAlias(routeKey, slot)}:${port}`, seconds }]
}

function stop(what: Pick<OldService, 'containers' | 'graceSeconds'>): Instruction[] {
  const { containers, graceSeconds } = what
  return containers.length === 0 ? [] : [{ do: 'stop', containers, graceSeconds }]
}

function start(containers: readonly string[]): Instruction[] {
  return containers.length === 0 ? [] : [{ do: 'start', containers }]
}

/** A step that asks some services. */
export function proveStep(
  services: readonly ReleaseService[],
  about: { id: string; because: string; replicas?: number },
): PlannedStep {
  const names = services.map(({ name }) => name)
  const timeoutMs = Math.max(...services.map((service) => service.startTimeoutMs))
  return {
    kind: 'prove',
    title: `prove ${names.join(', ')}`,
    ...about,
    services: names,
    through: 'slot',
    timeoutSeconds: Math.ceil(timeoutMs / 1000),
  }
}
