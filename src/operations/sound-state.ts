import type { Scope } from '../hosts/host.ts'
import { releaseProject } from '../base/names.ts'
import type { Observed } from '../plan/observed.ts'
import { recordGone, stateOfAnother } from './failures.ts'

/** A folder that was copied or moved tells of another app's containers: they are not ours to replace. */
export function mustBeOurs({ host, facts, releases }: Observed, { app, environment }: Scope): void {
  const foreign = releases.find(
    ({ release }) => release.app !== app || release.environment !== environment,
  )
  if (foreign === undefined) return
  const { id, release } = foreign
  const of = `${release.app} in ${release.environment}`
  const folder = `${facts.stateRoot}/${app}/${environment}`
  throw stateOfAnother({ host, folder, release: id, of })
}

/** Without the record of what serves, its containers would go on unseen beside the next ones. */
export function mustBeKnown(observed: Observed, { app, environment }: Scope): void {
  const { host, facts, releases, current: release, containers } = observed
  if (release === undefined || releases.some(({ id }) => id === release)) return
  const own = containers.find(
    (each) => each.release === release && each.app === app && each.environment === environment,
  )
  const folder = `${facts.stateRoot}/${app}/${environment}`
  const project = own?.project ?? releaseProject(`${app}-${environment}`, release)
  throw recordGone({ host, release, folder, project })
}
