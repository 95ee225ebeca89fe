import type { Slot } from '../base/names.ts'
import type { Vantage } from '../plan/plan.ts'
import type { CheckSpec, Release } from '../plan/release.ts'
import type { Check, Subject } from './check.ts'
import { container } from './container.ts'
import { checkUnknown } from './failures.ts'
import { health } from './health.ts'
import { checkOf } from './index.ts'

/** One check of one service, ready to be asked. */
export interface Case {
  /** For people: `web: GET /health`. */
  readonly name: string
  readonly check: Check<unknown>
  readonly settings: unknown
  readonly subject: Subject
}

export interface CaseRequest {
  readonly release: Release
  readonly services: readonly string[]
  readonly through: Vantage
  readonly slot: Slot
  /** Accessory → its containers. */
  readonly accessories: Readonly<Record<string, readonly string[]>>
}

/** Everything that must pass: state and health of each service, then what the user asked for. */
export function casesOf(request: CaseRequest): readonly Case[] {
  const { release, services, through } = request
  const standing = services.flatMap((service) => {
    const subject = subjectOf(request, service)
    const state = caseOf(container as Check<unknown>, {}, subject)
    // An accessory's first health is known before; Docker's own look may be half a minute away.
    if (subject.definition === undefined) return [state]
    return [state, caseOf(health as Check<unknown>, {}, subject)]
  })
  if (through === 'containers') return standing
  const asked = release.checks
    .filter(({ service }) => services.includes(service) || release.accessories.includes(service))
    .map((spec) => specCase(request, spec))
  return [...standing, ...asked]
}

function specCase(request: CaseRequest, spec: CheckSpec): Case {
  const check = checkOf(spec.kind)
  if (check === undefined) {
    throw checkUnknown({ release: request.release.id, kind: spec.kind })
  }
  return caseOf(check, spec.settings, subjectOf(request, spec.service))
}

function caseOf(check: Check<unknown>, settings: unknown, subject: Subject): Case {
  return { name: `${subject.service}: ${check.title(settings, subject)}`, check, settings, subject }
}

function subjectOf(request: CaseRequest, service: string): Subject {
  const { release, through, slot, accessories } = request
  const about = { release, service, through, slot }
  const definition = release.services.find(({ name }) => name === service)
  if (definition === undefined) return { ...about, containers: accessories[service] ?? [] }
  return { ...about, definition, containers: definition.containers }
}
