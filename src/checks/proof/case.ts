import type { Slot } from '../../base/names.ts'
import type { Vantage } from '../../plan/plan.ts'
import type { CheckSpec, Release } from '../../plan/release.ts'
import type { Check, From, Here, Subject } from '../check.ts'
import { container } from '../container.ts'
import { checkUnknown } from './failures.ts'
import { health } from '../health.ts'
import { checkOf } from '../index.ts'

/** One check of one service, ready to be asked. */
export interface Case {
  /** For people: `web: GET /health`; where it is not asked from the host, that is said. */
  readonly name: string
  readonly from: From
  readonly check: Check<unknown>
  readonly settings: unknown
  readonly subject: Subject
}

export interface CaseRequest {
  readonly host: { readonly name: string }
  readonly release: Release
  readonly services: readonly string[]
  readonly through: Vantage
  readonly slot: Slot
  readonly here: Here
  /** Accessory → its containers. */
  readonly accessories: Readonly<Record<string, readonly string[]>>
}

/** Everything that must pass: state and health of each service, then what the user asked for. */
export function casesOf(request: CaseRequest): readonly Case[] {
  const { services, through } = request
  const standing = services.flatMap((service) => {
    const subject = subjectOf(request, service)
    const state = caseOf(container as Check<unknown>, {}, subject)
    // An accessory's first health is known before; Docker's own look may be half a minute away.
    if (subject.definition === undefined) return [state]
    return [state, caseOf(health as Check<unknown>, {}, subject)]
  })
  return through === 'containers' ? standing : [...standing, ...askedCases(request)]
}

/** What the user asked for alone, as far as it can be asked where the release is. */
export function askedCases(request: CaseRequest): readonly Case[] {
  const { release, services, through } = request
  return release.checks
    .filter(({ service }) => services.includes(service) || release.accessories.includes(service))
    .map((spec) => specCase(request, spec))
    .filter(({ check, settings }) => {
      return through === 'front-door' || check.needsTraffic?.(settings) !== true
    })
}

function specCase(request: CaseRequest, spec: CheckSpec): Case {
  const check = checkOf(spec.kind)
  if (check === undefined) {
    throw checkUnknown({ release: request.release.id, kind: spec.kind })
  }
  return caseOf(check, spec.settings, subjectOf(request, spec.service))
}

function caseOf(check: Check<unknown>, settings: unknown, subject: Subject): Case {
  const from = check.from?.(settings) ?? 'host'
  const name = `${subject.service}: ${check.title(settings, subject)}${FROM[from]}`
  return { name, from, check, settings, subject }
}

const FROM: Readonly<Record<From, string>> = {
  host: '',
  network: ', from inside the network',
  here: ', from here',
}

function subjectOf(request: CaseRequest, service: string): Subject {
  const { release, through, slot, accessories, here, host } = request
  const about = { release, service, through, slot, here, host: host.name }
  const definition = release.services.find(({ name }) => name === service)
  if (definition === undefined) return { ...about, containers: accessories[service] ?? [] }
  return { ...about, definition, containers: definition.containers }
}
