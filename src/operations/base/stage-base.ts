import type { Stage } from '../../hosts/host.ts'
import { type ContainerFile, tarForContainer } from '../../hosts/wire/tar.ts'
import type { ComposeModel, ComposeService } from '../../plan/compose-model.ts'
import type { Observed } from '../../plan/observed.ts'
import { readModel } from '../../plan/render/dollars.ts'
import { BASE_FOLDER } from '../../rollouts/base-plan.ts'
import { json } from '../draft/stage.ts'
import type { HostRenewals } from './host-renewals.ts'

/** What a change of the base needs on a host: what it is made from, and what compose is given. */
export function stageBase(
  base: ComposeModel,
  { renewals, carried }: HostRenewals,
  observed: Observed,
): Stage {
  const changed = renewals.flatMap(({ service, old }) => (old.length > 0 ? [service] : []))
  const tars = renewals.flatMap(({ service, files }) =>
    files === undefined ? [] : [{ path: files, content: tarOf(base, service), mode: 0o600 }],
  )
  const model = withCarried(withoutNames(withExisting(base, observed), changed), carried)
  const files = [json('base.json', base), json('change.json', model), ...tars]
  return { release: BASE_FOLDER, files }
}

/**
 * What is there already is used as it is: compose would make a network anew whose definition
 * changed, with all that is connected to it.
 */
function withExisting(base: ComposeModel, { networks, volumes }: Observed): ComposeModel {
  const project = base.name ?? ''
  const existing = <T extends { name?: string } | null>(
    section: Record<string, T> | undefined,
    there: readonly string[],
  ) =>
    Object.fromEntries(
      Object.entries(section ?? {}).map(([key, object]) => {
        const name = object?.name ?? `${project}_${key}`
        return [key, there.includes(name) ? { name, external: true } : object]
      }),
    )
  return {
    ...base,
    ...(base.networks === undefined ? {} : { networks: existing(base.networks, networks) }),
    ...(base.volumes === undefined ? {} : { volumes: existing(base.volumes, volumes) }),
  }
}

/** For a moment there are two of what is exchanged, and one name is for one: the run gives it. */
function withoutNames(base: ComposeModel, changed: readonly string[]): ComposeModel {
  const services = Object.entries(base.services).map(([name, service]) => {
    const { container_name: _, ...nameless } = service
    return [name, changed.includes(name) ? nameless : service] as const
  })
  return { ...base, services: Object.fromEntries(services) }
}

function withCarried(base: ComposeModel, carried: HostRenewals['carried']): ComposeModel {
  const volumes = [...carried.values()].flat()
  if (volumes.length === 0) return base
  const services = Object.entries(base.services).map(
    ([name, service]) => [name, withVolumes(service, carried.get(name) ?? [])] as const,
  )
  return {
    ...base,
    services: Object.fromEntries(services),
    volumes: {
      ...base.volumes,
      ...Object.fromEntries(volumes.map(({ name }) => [name, { name, external: true }])),
    },
  }
}

function withVolumes(
  service: ComposeService,
  carried: readonly { readonly name: string; readonly target: string }[],
): ComposeService {
  if (carried.length === 0) return service
  const targets = new Set(carried.map(({ target }) => target))
  const own = (service.volumes ?? []).filter(({ target }) => !targets.has(target))
  const more = carried.map(({ name, target }) => ({ type: 'volume', source: name, target }))
  return { ...service, volumes: [...own, ...more] }
}

/** Files that are copied into a container, as compose would do it. */
function tarOf(base: ComposeModel, service: string): Uint8Array {
  const { services, configs = {} } = readModel(base)
  const files = (services[service]?.configs ?? []).flatMap((reference): ContainerFile[] => {
    const { source, target = source, mode, uid, gid } = reference
    const text = configs[source]?.content
    if (text === undefined) return []
    return [
      {
        path: target.replace(/^\/+/, ''),
        content: new TextEncoder().encode(text),
        mode: (typeof mode === 'string' ? Number.parseInt(mode, 8) : mode) ?? 0o444,
        uid: Number(uid ?? 0),
        gid: Number(gid ?? 0),
      },
    ]
  })
  return tarForContainer(files)
}
