import type { ObservedContainer } from './observed.ts'
import type { Release } from './release.ts'

/**
 * What an accessory's containers are called on a host: as they were found there; before the first
 * deployment as the compose file names them, or as compose will.
 */
export function accessoryContainers(
  release: Pick<Release, 'accessories' | 'accessoryNames' | 'baseProject'>,
  containers: readonly Pick<ObservedContainer, 'name' | 'project' | 'service' | 'release'>[],
): Readonly<Record<string, readonly string[]>> {
  const { accessories, accessoryNames = {}, baseProject } = release
  const own = containers.filter(
    (container) => container.project === baseProject && container.release === undefined,
  )
  return Object.fromEntries(
    accessories.map((name) => {
      const found = own.filter(({ service }) => service === name).map((each) => each.name)
      const expected = accessoryNames[name] ?? `${baseProject}-${name}-1`
      return [name, found.length > 0 ? found : [expected]]
    }),
  )
}
