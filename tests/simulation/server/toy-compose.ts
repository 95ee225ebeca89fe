import type { Slot } from '../../../src/base/names.ts'

/** A service of a rendered compose file, as far as the toy Docker looks into it. */
export interface ToyService {
  readonly image: string
  readonly command: readonly string[]
  readonly replicas: number
  readonly containerName: string | undefined
  readonly hasHealthcheck: boolean
  readonly restart: string
  readonly publishedPorts: readonly number[]
  readonly labels: Readonly<Record<string, string>>
  /** Real names of networks, each with the aliases in it. */
  readonly networks: Readonly<Record<string, readonly string[]>>
  /** Real names of volumes. */
  readonly volumes: readonly string[]
}

export interface ToyProject {
  readonly services: Readonly<Record<string, ToyService>>
  /** Networks that the project makes itself. */
  readonly ownNetworks: readonly string[]
  /** Networks and volumes that must be there before. */
  readonly externals: readonly string[]
}

interface Objects {
  readonly [key: string]: { readonly name?: string; readonly external?: boolean } | null
}

interface Service {
  readonly image: string
  readonly entrypoint?: readonly string[] | null
  readonly command?: readonly string[] | null
  readonly scale?: number
  readonly deploy?: { readonly replicas?: number }
  readonly container_name?: string
  readonly healthcheck?: { readonly test?: unknown; readonly disable?: boolean }
  readonly restart?: string
  readonly ports?: readonly { readonly published?: string | number }[]
  readonly labels?: Readonly<Record<string, string>>
  readonly networks?: Readonly<Record<string, { readonly aliases?: readonly string[] } | null>>
  readonly volumes?: readonly { readonly type: string; readonly source?: string }[]
}

/** Reads a rendered compose file as `docker compose` would, with Belay's variables filled in. */
export function readCompose(text: string, project: string, slot: Slot | undefined): ToyProject {
  const filled = text
    .replaceAll('${BELAY_SLOT}', slot ?? '')
    .replaceAll(/\$\{(BELAY_\w+)\}/g, (_, name: string) => `/${name}`)
  const file = JSON.parse(filled) as {
    services?: Record<string, Service>
    networks?: Objects
    volumes?: Objects
  }
  const networks = named(file.networks ?? {}, project)
  const volumes = named(file.volumes ?? {}, project)
  const services = Object.entries(file.services ?? {}).map(
    ([key, service]) => [key, readService(service, { project, networks, volumes })] as const,
  )
  const isExternal = (objects: Objects) => (key: string) => objects[key]?.external === true
  return {
    services: Object.fromEntries(services),
    ownNetworks: [...networks]
      .filter(([key]) => !isExternal(file.networks ?? {})(key))
      .map(([, name]) => name),
    externals: [
      ...[...networks].filter(([key]) => isExternal(file.networks ?? {})(key)),
      ...[...volumes].filter(([key]) => isExternal(file.volumes ?? {})(key)),
    ].map(([, name]) => name),
  }
}

function named(objects: Objects, project: string): Map<string, string> {
  return new Map(
    Object.entries(objects).map(([key, object]) => [key, object?.name ?? `${project}_${key}`]),
  )
}

function readService(
  service: Service,
  around: {
    readonly project: string
    readonly networks: ReadonlyMap<string, string>
    readonly volumes: ReadonlyMap<string, string>
  },
): ToyService {
  const network = (key: string): string => around.networks.get(key) ?? `${around.project}_${key}`
  const joined = Object.entries(service.networks ?? { default: null })
  const health = service.healthcheck
  return {
    image: service.image,
    command: [...(service.entrypoint ?? []), ...(service.command ?? [])],
    replicas: service.scale ?? service.deploy?.replicas ?? 1,
    containerName: service.container_name,
    hasHealthcheck: health?.test !== undefined && health.disable !== true,
    restart: service.restart ?? 'no',
    publishedPorts: (service.ports ?? []).map(({ published }) => Number(published ?? 0)),
    labels: service.labels ?? {},
    networks: Object.fromEntries(joined.map(([key, at]) => [network(key), at?.aliases ?? []])),
    volumes: (service.volumes ?? [])
      .filter(({ type, source }) => type === 'volume' && source !== undefined)
      .map(({ source }) => around.volumes.get(source!) ?? source!),
  }
}
