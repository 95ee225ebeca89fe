import type { Look, Subject } from '../../src/checks/check.ts'
import type { ContainerSample, HttpAnswer } from '../../src/hosts/host.ts'
import type { ReleaseService } from '../../src/plan/release.ts'
import { releaseOf, serviceOf } from './releases.ts'
import { RUNNING } from './scripted-host.ts'

/** A service of the release r2 as checks see it, asked in its slot. */
export function subjectOf(
  service: Partial<ReleaseService> = {},
  over: Partial<Subject> = {},
): Subject {
  const definition = serviceOf('r2', service)
  const release = releaseOf('r2', { services: [definition] })
  const { name, containers } = definition
  return { release, service: name, definition, containers, through: 'slot', slot: 'b', ...over }
}

/** One look at that service's only container, or at what was answered. */
export function lookAt(container: Partial<ContainerSample> = {}, over: Partial<Look> = {}): Look {
  const containers = { 'shop-r2-web-1': { ...RUNNING, ...container } }
  return { containers, commands: [], logs: [], answers: [], ...over }
}

export function lookAtAnswers(...answers: readonly HttpAnswer[]): Look {
  return lookAt({}, { answers })
}
