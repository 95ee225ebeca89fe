import { releaseProject } from '../../base/names.ts'
import type { ComposeModel, ComposeService } from '../compose-model.ts'
import type { Release, ReleaseService } from '../release.ts'
import { ownNetworkName } from './halves/networks.ts'

/** The same release once more, under another number: for a restart without the user's files. */
export function renumber(
  release: Release,
  compose: ComposeModel,
  id: string,
): { readonly release: Release; readonly compose: ComposeModel } {
  const names = namesOf(release, id)
  const services = release.services.map((service) => renumberService(service, names))
  return {
    release: { ...release, id, project: names.project.to, services },
    compose: {
      ...compose,
      name: names.project.to,
      services: Object.fromEntries(
        Object.entries(compose.services).map(([key, service]) => [
          names.key(key),
          renumberDefinition(service, names),
        ]),
      ),
      networks: Object.fromEntries(
        Object.entries(compose.networks ?? {}).map(([key, network]) => [
          key,
          network?.name === ownNetworkName(names.project.from, key)
            ? { ...network, name: ownNetworkName(names.project.to, key) }
            : network,
        ]),
      ),
    },
  }
}

interface Names {
  readonly id: string
  readonly project: { readonly from: string; readonly to: string }
  /** A service's key in the rendered file. */
  readonly key: (key: string) => string
  /** A container of the release's project. */
  readonly own: (name: string) => string
}

function namesOf(release: Release, id: string): Names {
  const to = releaseProject(release.baseProject, id)
  const keys = new Map(
    release.services.map(({ name, key }) => [key, `${name}-${id.replace('.', '-')}`]),
  )
  const from = release.project
  return {
    id,
    project: { from, to },
    key: (key) => keys.get(key) ?? key,
    own: (name) =>
      /^[_-]/.test(name.slice(from.length)) && name.startsWith(from)
        ? to + name.slice(from.length)
        : name,
  }
}

function renumberService(service: ReleaseService, names: Names): ReleaseService {
  const { image } = service
  return {
    ...service,
    key: names.key(service.key),
    containers: service.containers
      .map(names.own)
      .map((name) => name.replace(service.key, names.key(service.key))),
    image: { ...image, keepTag: image.keepTag.replace(/:[^:]*$/, `:${names.id}`) },
  }
}

function renumberDefinition(service: ComposeService, names: Names): ComposeService {
  const { container_name: name, depends_on: dependsOn } = service
  return {
    ...service,
    ...(name === undefined ? {} : { container_name: names.own(name) }),
    ...(dependsOn === undefined
      ? {}
      : {
          depends_on: Object.fromEntries(
            Object.entries(dependsOn).map(([key, each]) => [names.key(key), each]),
          ),
        }),
    ...sharing(service, names),
    labels: { ...service.labels, 'belay.release': names.id },
  }
}

/** `network_mode: service:web-r42` and its like name a key too. */
function sharing(service: ComposeService, names: Names): Partial<ComposeService> {
  const modes = (['network_mode', 'pid', 'ipc'] as const).flatMap((mode) => {
    const value = service[mode]
    if (value?.startsWith('service:') !== true) return []
    return [[mode, `service:${names.key(value.slice('service:'.length))}`]]
  })
  const from = service['volumes_from'] as readonly string[] | undefined
  if (from === undefined) return Object.fromEntries(modes)
  const renamed = from.map((entry) => {
    const [key = '', ...access] = entry.split(':')
    return [names.key(key), ...access].join(':')
  })
  return { ...Object.fromEntries(modes), volumes_from: renamed }
}
