import type { ComposeModel, ComposeMount, ComposeService } from './compose-model.ts'

/** Everything that goes into an accessory's containers. Networks and volumes by their real names. */
export interface AccessoryPart {
  readonly definition: ComposeService
  readonly networks: Readonly<Record<string, string>>
  readonly volumes: Readonly<Record<string, string>>
  readonly files: Readonly<Record<string, unknown>>
}

/** Order of starting and where an image comes from: no container looks different for it. */
const NOT_IN_CONTAINERS = ['depends_on', 'pull_policy']

/** Reads one accessory out of the rendered base; equal parts need no new container. */
export function partOf(base: ComposeModel, service: string): AccessoryPart {
  const { configs, secrets, ...whole } = base.services[service] ?? {}
  const definition = Object.fromEntries(
    Object.entries(whole).filter(([key]) => !NOT_IN_CONTAINERS.includes(key)),
  )
  const named = (section: 'networks' | 'volumes', key: string): [string, string] => [
    key,
    base[section]?.[key]?.name ?? `${base.name ?? ''}_${key}`,
  ]
  const networks = whole.network_mode === undefined ? (whole.networks ?? { default: null }) : {}
  const volumes = (whole.volumes ?? []).flatMap(({ type, source }) =>
    type === 'volume' && source !== undefined ? [source] : [],
  )
  return {
    definition,
    networks: Object.fromEntries(Object.keys(networks).map((key) => named('networks', key))),
    volumes: Object.fromEntries(volumes.map((key) => named('volumes', key))),
    files: Object.fromEntries([
      ...(configs ?? []).map((file) => [
        file.target ?? file.source,
        { ...file, source: '', object: base.configs?.[file.source] },
      ]),
      ...(secrets ?? []).map((file) => [
        `secret ${file.target ?? file.source}`,
        { ...file, object: base.secrets?.[file.source] },
      ]),
    ]),
  }
}

/** What differs, in words. No value is told but an image's name: any other may be a secret. */
export function differences(before: AccessoryPart, after: AccessoryPart): string[] {
  const keys = new Set([...Object.keys(before.definition), ...Object.keys(after.definition)])
  const said = new Set(['environment', 'volumes', 'networks', 'image'])
  const image = [before, after].map(({ definition }) => definition.image ?? 'none')
  return [
    ...(same(image[0], image[1]) ? [] : [`image ${image.join(' → ')}`]),
    ...named('environment', before.definition.environment, after.definition.environment),
    ...named('volumes', mountsOf(before), mountsOf(after)),
    ...named('files', before.files, after.files),
    ...(same(networksOf(before), networksOf(after)) ? [] : ['networks']),
    ...[...keys].filter(
      (key) => !said.has(key) && !same(before.definition[key], after.definition[key]),
    ),
  ]
}

function networksOf({ definition, networks }: AccessoryPart) {
  return { joined: definition.networks, networks }
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null)
}

/** `environment (TZ added, PGDATA changed)` */
function named(what: string, before: object = {}, after: object = {}): string[] {
  const [old, now] = [new Map(Object.entries(before)), new Map(Object.entries(after))]
  const words = [...new Set([...old.keys(), ...now.keys()])].flatMap((key) => {
    if (!old.has(key)) return [`${key} added`]
    if (!now.has(key)) return [`${key} removed`]
    return same(old.get(key), now.get(key)) ? [] : [`${key} changed`]
  })
  return words.length === 0 ? [] : [`${what} (${words.join(', ')})`]
}

/** By where they are mounted, with what is there by its real name. */
function mountsOf({ definition, volumes }: AccessoryPart): Record<string, ComposeMount> {
  return Object.fromEntries(
    (definition.volumes ?? []).map((mount) => {
      const source = volumes[mount.source ?? ''] ?? mount.source
      return [mount.target, { ...mount, ...(source === undefined ? {} : { source }) }]
    }),
  )
}

/** Data that the new container would not see any more where the old one had it. */
export interface MovedData {
  readonly target: string
  readonly from: string
  /** Nothing is mounted there any more when absent. */
  readonly to?: string
}

export function movedData(before: AccessoryPart, after: AccessoryPart): MovedData[] {
  const now = mountsOf(after)
  return Object.entries(mountsOf(before)).flatMap(([target, { type, source }]) => {
    const there = now[target]
    if (type === 'tmpfs' || source === undefined || there?.source === source) return []
    return [{ target, from: source, ...(there?.source === undefined ? {} : { to: there.source }) }]
  })
}
