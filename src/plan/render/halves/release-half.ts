import type { ComposeModel, ComposeService, ComposeVolume } from '../../compose-model.ts'
import { keyOf, omit, type RenderContext } from '../context.ts'
import { keptDependencies, linksOf } from '../dependencies.ts'
import { type FileObjects, fileReferences } from '../files/file-objects.ts'
import type { Mounts } from '../mounts.ts'
import type { ReleaseNetworks } from './networks.ts'
import { keptPorts, tellDroppedPorts } from '../ports.ts'
import { inform, type RenderedService } from '../rendered.ts'

/** Everything that was decided about a release before its file is written. */
export interface ReleaseParts {
  readonly project: string
  readonly services: readonly RenderedService[]
  readonly mounts: Readonly<Record<string, Mounts>>
  readonly networks: ReleaseNetworks
  readonly files: FileObjects
}

/** The release's compose file: nothing in it is made but its own networks and containers. */
export function releaseHalf(parts: ReleaseParts, context: RenderContext): ComposeModel {
  const { project, services, networks, files } = parts
  const model: ComposeModel = {
    name: project,
    services: Object.fromEntries(
      services.map((service) => [service.key, releaseService(service, parts, context)]),
    ),
    networks: networks.networks,
    volumes: externalVolumes(parts),
    secrets: files.objects.secrets,
    configs: files.objects.configs,
  }
  return withoutEmpty(model)
}

function externalVolumes({ mounts }: ReleaseParts): Record<string, ComposeVolume> {
  const volumes = Object.values(mounts).flatMap((each) => each.volumes)
  return Object.fromEntries(volumes.map(({ key, name }) => [key, { name, external: true }]))
}

function withoutEmpty(model: ComposeModel): ComposeModel {
  const empty = (['networks', 'volumes', 'secrets', 'configs'] as const).filter(
    (key) => Object.keys(model[key] ?? {}).length === 0,
  )
  return { ...omit(model, empty), services: model.services }
}

/** Keys that are written anew below, or that mean nothing on a server. */
const REWRITTEN = `build image pull_policy container_name restart labels environment depends_on
  links external_links networks network_mode pid ipc volumes_from volumes ports secrets configs
  deploy scale profiles env_file develop extends mac_address`.split(/\s+/)

function releaseService(
  service: RenderedService,
  parts: ReleaseParts,
  context: RenderContext,
): ComposeService {
  const { name, replicas, containers } = service
  const original = context.model.services[name] ?? {}
  const phases = Object.fromEntries(parts.services.map((each) => [each.name, each.phase]))
  tellRewritten(name, original, context)
  return withoutUndefined({
    image: service.image.id ?? service.image.reference,
    pull_policy: 'never',
    ...(replicas === 1 ? { container_name: containers[0] } : { scale: replicas }),
    ...omit(original, REWRITTEN),
    // Until the release is kept, a restarted Docker must not bring it up beside the old one.
    restart: 'no',
    labels: labelsOf(name, original, context),
    environment: setValues(original),
    depends_on: nonEmpty(keptDependencies(name, phases, context)),
    external_links: nonEmpty(externalLinks(original, context)),
    networks: parts.networks.joined[name],
    ...sharedWith(original, context),
    mac_address: original['mac_address'],
    volumes: nonEmpty([...(parts.mounts[name]?.mounts ?? [])]),
    ports: nonEmpty(keptPorts(name, original, context)),
    secrets: nonEmpty(fileReferences(original.secrets ?? [], parts.files.objects.secrets)),
    configs: nonEmpty(fileReferences(original.configs ?? [], parts.files.objects.configs)),
    deploy: nonEmpty({ resources: original.deploy?.resources }),
  })
}

function nonEmpty<T extends object>(data: T): T | undefined {
  return Object.values(data).some((each) => each !== undefined) ? data : undefined
}

function withoutUndefined(service: Record<string, unknown>): ComposeService {
  return Object.fromEntries(Object.entries(service).filter(([, value]) => value !== undefined))
}

/** A variable without a value is one that the deployer lacks; the host's own must not fill it. */
function setValues({ environment }: ComposeService): Record<string, string> | undefined {
  const set = Object.entries(environment ?? {}).filter(([, value]) => value !== null)
  return nonEmpty(Object.fromEntries(set) as Record<string, string>)
}

function labelsOf(
  name: string,
  { labels }: ComposeService,
  { request }: RenderContext,
): Record<string, string> {
  const kept = Object.entries(labels ?? {}).filter(
    ([key]) => request.proxy === 'none' || !isForTraefik(key),
  )
  return {
    ...Object.fromEntries(kept),
    'belay.app': request.app,
    'belay.environment': request.environment,
    'belay.release': request.release,
    'belay.service': name,
  }
}

function isForTraefik(label: string): boolean {
  return /^traefik\./i.test(label)
}

function sharedWith(service: ComposeService, context: RenderContext): Partial<ComposeService> {
  const renamed = (mode: string | undefined): string | undefined =>
    mode?.replace(/^service:(.+)$/, (_, name: string) => `service:${keyOf(context, name)}`)
  const from = service['volumes_from'] as string[] | undefined
  return {
    network_mode: renamed(service.network_mode),
    pid: renamed(service.pid),
    ipc: renamed(service.ipc),
    volumes_from: from?.map((entry) => {
      if (entry.startsWith('container:')) return entry
      const [name = '', ...access] = entry.split(':')
      return [keyOf(context, name), ...access].join(':')
    }),
  } as Partial<ComposeService>
}

/** Accessories keep their definition, so another name for one is this side's business. */
function externalLinks(
  service: ComposeService,
  { model, request, roles }: RenderContext,
): string[] {
  const links = linksOf(service).flatMap(({ to, alias }) => {
    if (roles[to]?.role !== 'accessory' || alias === to) return []
    const container = model.services[to]?.container_name ?? `${request.baseProject}-${to}-1`
    return [`${container}:${alias}`]
  })
  return [...((service['external_links'] as string[] | undefined) ?? []), ...links]
}

/** Names by which others in the release call a service, beside its own. */
export function aliasesOf(
  names: readonly string[],
  { model }: RenderContext,
): Record<string, string[]> {
  const aliases: Record<string, string[]> = {}
  for (const name of names) {
    const service = model.services[name] ?? {}
    const own = Object.values(service.networks ?? {}).flatMap((entry) => entry?.aliases ?? [])
    aliases[name] = [...(service.container_name ? [service.container_name] : []), ...own]
  }
  for (const name of names) {
    for (const { to, alias } of linksOf(model.services[name] ?? {})) aliases[to]?.push(alias)
  }
  return aliases
}

function tellRewritten(name: string, service: ComposeService, context: RenderContext): void {
  const { findings, request } = context
  const about = (key: string): string => `services.${name}.${key}`
  if (service.container_name !== undefined) {
    const text = `${service.container_name} is a name inside the release now: old and new have one`
    inform(findings, about('container_name'), text)
  }
  tellDroppedPorts(name, service, context)
  if (request.proxy === 'shared' && Object.keys(service.labels ?? {}).some(isForTraefik)) {
    const text = "Traefik's labels are left out: requests come through Belay's proxy"
    inform(findings, about('labels'), text)
  }
  const ignored = Object.entries(service.deploy ?? {}).flatMap(([key, value]) =>
    ['resources', 'replicas'].includes(key) || isEmpty(value) ? [] : [key],
  )
  if (ignored.length > 0) {
    inform(findings, about('deploy'), `${ignored.join(', ')}: left out, this is Belay's to decide`)
  }
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}
