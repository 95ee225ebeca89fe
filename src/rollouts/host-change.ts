import type { Observed } from '../plan/observed.ts'
import type { Release } from '../plan/release.ts'
import type { Chores } from '../plan/tasks.ts'
import { adoptableContainers, adoptedService, oldService, servingRelease } from './old-release.ts'
import type { OldService, Replacement } from './rollout.ts'

/** What a host's plan is made from. */
export interface HostPlanRequest {
  readonly release: Release
  readonly observed: Observed
  /** Containers exist and wait to be started, as on the way back to the previous release. */
  readonly kept: boolean
  /** Releases that go for good after the confirm. */
  readonly forget: readonly string[]
  /** Releases whose containers go, while their record and images stay. */
  readonly fold: readonly string[]
  /** What runs once for the release; nothing when it is brought up again. */
  readonly chores?: Chores
}

/** Everything that the parts of a host's plan look at, worked out once. */
export interface HostChange extends HostPlanRequest {
  readonly folder: string
  readonly file: string
  readonly replacements: readonly Replacement[]
  /** What the serving release (or the adopted project) has and the new one has not. */
  readonly leaving: readonly OldService[]
  /** Containers of an adopted project that the release replaces. */
  readonly adopted: readonly string[]
}

export function hostChange(request: HostPlanRequest): HostChange {
  const { release, observed, kept } = request
  const folder = `releases/${release.id}`
  const file = `${folder}/compose.json`
  const { project, slot } = release
  const adoptable =
    observed.current === undefined ? adoptableContainers(observed, release.baseProject) : []
  const going = adoptable.filter(({ service }) => !release.accessories.includes(service))
  const replacements = release.services
    .filter(({ role }) => role !== 'job')
    .map((service) => {
      const old = oldService(observed, service) ?? adoptedService(adoptable, service.name)
      return { service, project, file, slot, kept, old }
    })
  const names = [...runningServices(observed), ...going.map(({ service }) => service)]
  const staying = new Set(release.services.map(({ name }) => name))
  const leaving = [...new Set(names)]
    .filter((name) => !staying.has(name))
    .map((name) => leavingService(observed, name) ?? adoptedService(going, name))
    .filter((old) => old !== undefined)
  return { ...request, folder, file, replacements, leaving, adopted: going.map(({ name }) => name) }
}

function runningServices(observed: Observed): string[] {
  const services = servingRelease(observed)?.services ?? []
  return services.flatMap(({ name, role }) => (role === 'job' ? [] : [name]))
}

function leavingService(observed: Observed, name: string): OldService | undefined {
  const service = servingRelease(observed)?.services.find((each) => each.name === name)
  return service && oldService(observed, service)
}
