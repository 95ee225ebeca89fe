import type { Observed, ObservedContainer } from './observed.ts'
import type { Note } from './plan.ts'
import type { Release } from './release.ts'

type Base = Pick<Release, 'baseProject' | 'accessories' | 'base'>

/** The containers of one accessory; what a release runs never counts, whatever it is called. */
export function containersOf(
  service: string,
  { baseProject }: Pick<Base, 'baseProject'>,
  { containers }: Pick<Observed, 'containers'>,
): readonly ObservedContainer[] {
  return containers.filter(
    (each) =>
      each.project === baseProject && each.release === undefined && each.service === service,
  )
}

/**
 * What accessories' containers are called on a host: as they were found there; before they are made
 * as compose will name them.
 */
export function accessoryContainers(
  release: Base,
  containers: readonly ObservedContainer[],
): Readonly<Record<string, readonly string[]>> {
  const { accessories, base = {}, baseProject } = release
  return Object.fromEntries(
    accessories.map((service) => {
      const found = containersOf(service, release, { containers }).map(({ name }) => name)
      const expected = base[service]?.containers ?? [`${baseProject}-${service}-1`]
      return [service, found.length > 0 ? found : expected]
    }),
  )
}

/** Accessories of which no container runs. */
export function missingAccessories(release: Base, observed: Pick<Observed, 'containers'>) {
  return release.accessories.filter(
    (name) => !containersOf(name, release, observed).some(({ state }) => state === 'running'),
  )
}

/** Accessories of which there is no container at all. */
export function newAccessories(release: Base, observed: Pick<Observed, 'containers'>) {
  return release.accessories.filter((name) => containersOf(name, release, observed).length === 0)
}

/**
 * Accessories that were made from another definition than the release's. Of a container that
 * somebody else made nothing is known: it is taken to be as the compose file says.
 */
export function changedAccessories(release: Base, observed: Pick<Observed, 'containers'>) {
  return release.accessories.filter((name) => {
    const wanted = release.base?.[name]?.hash
    return (
      wanted !== undefined &&
      containersOf(name, release, observed).some(
        ({ definition }) => definition !== undefined && definition !== wanted,
      )
    )
  })
}

/** Containers of the base whose service is not in the compose file any more. */
export function leftAccessories(release: Release, { containers }: Observed) {
  const known = new Set([...release.accessories, ...release.services.map(({ name }) => name)])
  return containers.filter(
    ({ project, release: of, service }) =>
      project === release.baseProject && of === undefined && !known.has(service),
  )
}

/** What a release leaves alone, told where it differs from what the compose file says. */
export function baseNotes(release: Release, hosts: readonly Observed[]): Note[] {
  const changed = release.accessories.filter((name) =>
    hosts.some((host) => changedAccessories(release, host).includes(name)),
  )
  const text =
    'the definition changed, and a release leaves what runs alone: `belay plan --base` shows ' +
    'the change, `belay deploy --base` applies it'
  const note: Note = { level: 'warning', about: changed.join(', '), text }
  return [...(changed.length === 0 ? [] : [note]), ...leftNotes(release, hosts)]
}

/** Nothing is removed because a line of a file is gone: there may be data behind it. */
export function leftNotes(release: Release, hosts: readonly Observed[]): Note[] {
  return hosts
    .filter(({ current }) => current !== undefined)
    .flatMap((host) => leftAccessories(release, host).map((left) => ({ ...left, host: host.host })))
    .map(({ service, name, host }) => ({
      level: 'info',
      about: service,
      text:
        `it is not in the compose file any more, and goes on running: ` +
        `\`docker rm -f ${name}\` on ${host} removes it, and leaves its volumes`,
    }))
}
