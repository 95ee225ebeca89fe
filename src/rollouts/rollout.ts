import { type Slot, slotAlias, openAlias } from '../base/names.ts'
import type { RolloutKind, Route } from '../base/words.ts'
import type { AwaitedPort, Instruction } from '../plan/instruction.ts'
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
  /** Its token at the proxy, where it has one, and what leads to it. */
  readonly slot: Slot | undefined
  readonly routes: readonly Route[]
  /** What shows that it is there again, and how long that may take. */
  readonly answers: readonly AwaitedPort[]
  readonly patienceSeconds: number
}

/** Of a hand-over: what is done inside it. */
export interface Inside {
  /** While neither runs. */
  readonly migrate: readonly PlannedStep[]
  /** Once the new has started. */
  readonly tasks: readonly PlannedStep[]
  /** On the way back: after the new has stopped, and before the old starts. */
  readonly undo: readonly Instruction[]
}

/**
 * How the new replaces the old, as data. Pure: a rollout plans and never acts. Services of one
 * rollout are planned together, as they move together or in turn.
 */
export interface Rollout {
  readonly kind: RolloutKind
  /** How many replicas run before traffic moves; the rest is started on the way. */
  readonly startsWith: (service: ReleaseService) => 'all' | 'none' | number
  readonly steps: (replacements: readonly Replacement[], inside?: Inside) => readonly PlannedStep[]
  /** Undoes all that `steps` may have done, from any point; safe to repeat. */
  readonly back: (replacements: readonly Replacement[], inside?: Inside) => readonly Instruction[]
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

/**
 * What a slot is drained of. An open WebSocket, or a stream of events, is no request that would ever
 * end: where clients wait meanwhile, as in a hand-over, it is not waited for.
 */
export type InFlight = 'requests' | 'all that is open'

/** Waits for what the old slot has in flight. */
export function drainOld(replacements: Replacements, what: InFlight): Instruction[] {
  return replacements.flatMap(({ service, old }) =>
    old === undefined ? [] : drain(service, old, what),
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
export function leaveNew(replacements: Replacements, what: InFlight): Instruction[] {
  const returning = replacements.filter(({ old }) => old?.slot !== undefined)
  return [
    ...returning.flatMap((each) => routeTo([each], each.old?.slot ?? each.slot)),
    ...returning.flatMap(({ service, slot }) => drain(service, { ...service, slot }, what)),
    ...replacements.flatMap(({ service: { containers, stopGraceSeconds } }) =>
      stop({ containers, graceSeconds: stopGraceSeconds }),
    ),
  ]
}

type InSlot = Pick<OldService, 'slot' | 'routes' | 'containers'>

function drain(service: ReleaseService, of: InSlot, what: InFlight): Instruction[] {
  const { routeKey, drainSeconds: seconds } = service
  const { slot, routes, containers } = of
  if (routeKey === undefined || slot === undefined || routes.length === 0) return []
  const ports = [...new Set(routes.map(({ port }) => port))]
  const names = [
    slotAlias(routeKey, slot),
    ...(what === 'requests' ? [] : [openAlias(routeKey, slot)]),
  ]
  const upstreams = names.flatMap((name) => ports.map((port) => `${name}:${port}`))
  return [{ do: 'drain', upstreams, seconds, containers }]
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
