import { releaseProject } from '../../../base/names.ts'
import type { ComposeNetwork, ComposeService, ComposeServiceNetwork } from '../../compose-model.ts'
import type { BaseObject } from '../../release.ts'
import { isAccessory, omit, type RenderContext, servicesOf } from '../context.ts'
import { SLOT } from '../dollars.ts'
import { refuse, warn } from '../rendered.ts'

/** The network that the shared proxy and everything it asks are on. */
const PROXY = { key: 'belay.proxy', name: 'belay' } as const

/** The networks of a release, and which of its services is on which, under what names. */
export interface ReleaseNetworks {
  readonly networks: Readonly<Record<string, ComposeNetwork>>
  /** Networks of the base that it joins. */
  readonly base: readonly BaseObject[]
  /** By service; those with a network mode have none. */
  readonly joined: Readonly<Record<string, Record<string, ComposeServiceNetwork | null>>>
}

export interface NetworkQuestion {
  readonly context: RenderContext
  /** Names that each service has on the release's own networks, beside its own. */
  readonly aliases: Readonly<Record<string, readonly string[]>>
  /** Services that the proxy asks, by their name on its network without the slot. */
  readonly slotKeys: Readonly<Record<string, string>>
  /** Services of which never two run at once. */
  readonly alone: ReadonlySet<string>
}

/** A network of the compose file with its users on both sides. */
interface Known {
  readonly key: string
  readonly network: ComposeNetwork
  /** Services of the release. */
  readonly members: readonly string[]
  /** Whether others than the release's services are on it. */
  readonly shared: boolean
}

/**
 * A service sees its own release by plain names on networks that no other release is on. Networks
 * with accessories or strangers are joined too, under names that tell the release: there, `web`
 * would be the old and the new one alike.
 */
export function networksOf(question: NetworkQuestion): ReleaseNetworks {
  const { context } = question
  const services = servicesOf(context, 'release')
  const known = knownNetworks(services, context)
  const own = ownNetworks(known)
  for (const each of known) checkNetwork(each, context)
  for (const name of Object.keys(question.slotKeys)) checkWayOut(name, context)
  const joined = services
    .filter(([, service]) => service.network_mode === undefined)
    .map(([name, service]) => [name, joinedBy({ name, service, known, own }, question)] as const)
  return {
    networks: definitions(known, own, question),
    base: known.flatMap((each) => baseObject(each, context) ?? []),
    joined: Object.fromEntries(joined),
  }
}

export function networksOfService(
  service: ComposeService,
): Record<string, ComposeServiceNetwork | null> {
  if (service.network_mode !== undefined) return {}
  return service.networks ?? { default: null }
}

function knownNetworks(
  services: readonly (readonly [string, ComposeService])[],
  { model, roles }: RenderContext,
): Known[] {
  const keys = new Set(services.flatMap(([, each]) => Object.keys(networksOfService(each))))
  return [...keys].map((key) => {
    const network = model.networks?.[key] ?? {}
    const accessories = Object.entries(model.services).some(
      ([name, each]) => roles[name]?.role === 'accessory' && key in networksOfService(each),
    )
    return {
      key,
      network,
      members: services.flatMap(([name, each]) => (key in networksOfService(each) ? [name] : [])),
      shared: accessories || network.external === true || isForeign(network),
    }
  })
}

/** Docker can have a second bridge like it, but not a second one on the same wire. */
function isForeign({ driver }: ComposeNetwork): boolean {
  return driver !== undefined && driver !== 'bridge' && driver !== 'default'
}

/** Which own network stands for each of the file's: few, for Docker's addresses are scarce. */
function ownNetworks(known: readonly Known[]): ReadonlyMap<string, string> {
  const own = new Map<string, string>()
  const kept: Known[] = []
  for (const each of [...known].sort(widestFirst)) {
    const wider = kept.find(
      ({ members, network }) =>
        each.members.every((name) => members.includes(name)) &&
        // What a service reaches must stay the same: only an open network replaces an open one.
        (each.network.internal === true || network.internal !== true),
    )
    if (wider === undefined) kept.push(each)
    own.set(each.key, wider?.key ?? each.key)
  }
  return own
}

function widestFirst(a: Known, b: Known): number {
  const rank = ({ key }: Known): string => (key === 'default' ? '' : key)
  return b.members.length - a.members.length || (rank(a) < rank(b) ? -1 : 1)
}

function definitions(
  known: readonly Known[],
  own: ReadonlyMap<string, string>,
  { context, slotKeys }: NetworkQuestion,
): Record<string, ComposeNetwork> {
  const { baseProject, release } = context.request
  const networks: Record<string, ComposeNetwork> = {}
  for (const { key, network } of known) {
    if (own.get(key) !== key) continue
    const name = ownNetworkName(releaseProject(baseProject, release), key)
    networks[key] = { ...likeIt(network), name }
  }
  for (const each of known.filter(({ shared }) => shared)) {
    networks[baseKey(each.key)] = { name: realName(each, context), external: true }
  }
  if (Object.keys(slotKeys).length > 0) networks[PROXY.key] = { name: PROXY.name, external: true }
  return networks
}

/**
 * Docker asks networks for names, and takes the way out, in the order of their own names. A
 * release's network must come first, so that neither the proxy's nor the base's gets in between.
 */
export function ownNetworkName(project: string, key: string): string {
  return `0-${project}_${key}`
}

const FIXED_NAME = 'com.docker.network.bridge.name'

/** The release's own copy: everything but what there can be only once on a host. */
function likeIt(network: ComposeNetwork): ComposeNetwork {
  if (network.external === true || isForeign(network)) return {}
  const fixed = hasAddresses(network) ? ['enable_ipv6'] : []
  const options = omit((network['driver_opts'] ?? {}) as Record<string, unknown>, [FIXED_NAME])
  return {
    ...omit(network, ['name', 'ipam', 'driver_opts', ...fixed]),
    ...(Object.keys(options).length > 0 ? { driver_opts: options } : {}),
  }
}

function hasAddresses(network: ComposeNetwork): boolean {
  const config = (network['ipam'] as { config?: unknown[] } | undefined)?.config
  return config !== undefined && config.length > 0
}

interface JoinQuestion {
  readonly name: string
  readonly service: ComposeService
  readonly known: readonly Known[]
  readonly own: ReadonlyMap<string, string>
}

function joinedBy(
  { name, service, known, own }: JoinQuestion,
  { context, aliases, slotKeys, alone }: NetworkQuestion,
): Record<string, ComposeServiceNetwork | null> {
  const joined: Record<string, ComposeServiceNetwork | null> = {}
  const names = [...new Set([name, ...(aliases[name] ?? [])])]
  const entries = Object.entries(networksOfService(service))
  for (const [key, entry] of entries) {
    const ownKey = own.get(key) ?? key
    const settings = omit(entry ?? {}, ADDRESSES)
    joined[ownKey] = { ...joined[ownKey], ...settings, aliases: names }
  }
  for (const [key, entry] of entries) {
    const network = known.find((each) => each.key === key)
    if (network?.shared !== true) checkAddresses({ name, key, entry, context })
    else joined[baseKey(key)] = sharedEntry(network, entry, alone.has(name) ? names : [])
  }
  const slotKey = slotKeys[name]
  if (slotKey !== undefined) joined[PROXY.key] = { aliases: [`${slotKey}-${SLOT}`] }
  return joined
}

/** Strangers know a service by its plain names, which are true as long as there is one of it. */
function sharedEntry(
  { network }: Known,
  entry: ComposeServiceNetwork | null,
  names: readonly string[],
): ComposeServiceNetwork | null {
  const settings = omit(entry ?? {}, ['aliases'])
  const named = network.external === true && names.length > 0
  const all = { ...settings, ...(named ? { aliases: [...names] } : {}) }
  return Object.keys(all).length > 0 ? all : null
}

const ADDRESSES = ['ipv4_address', 'ipv6_address', 'link_local_ips', 'mac_address']

/** Whether a service insists on an address that only one container can have. */
export function hasFixedAddress(service: ComposeService): boolean {
  return (
    service['mac_address'] !== undefined ||
    Object.values(service.networks ?? {}).some((entry) => entry !== null && fixedIn(entry))
  )
}

function fixedIn(entry: ComposeServiceNetwork): boolean {
  return ADDRESSES.some((key) => entry[key] !== undefined)
}

interface Entry {
  readonly name: string
  readonly key: string
  readonly entry: ComposeServiceNetwork | null
  readonly context: RenderContext
}

function checkAddresses({ name, key, entry, context }: Entry): void {
  if (entry === null || !fixedIn(entry)) return
  refuse(context.findings, {
    path: `services.${name}.networks.${key}`,
    text: `a fixed address on ${key}, which each release has of its own`,
    hint: 'Call the service by its name, or make the network on the server and say external: true.',
  })
}

function checkNetwork({ key, network, shared, members }: Known, context: RenderContext): void {
  const onIt = members.filter((name) => !isAccessory(context, name)).join(', ')
  if (network.external === true) {
    const text = `on ${key} other projects find ${onIt} by its plain name only after a hand-over`
    if (context.request.proxy === 'shared') warn(context.findings, `networks.${key}`, text)
  } else if (!shared && hasAddresses(network)) {
    const text = 'its address range is left to Docker: two releases cannot have the same'
    warn(context.findings, `networks.${key}.ipam`, text)
  } else if (isForeign(network) && !usedByAccessory(key, context)) {
    refuse(context.findings, {
      path: `networks.${key}.driver`,
      text: `a network of ${network.driver ?? ''} cannot be made for each release`,
      hint: 'Make it on the server, and say external: true.',
    })
  }
}

function checkWayOut(name: string, { model, findings }: RenderContext): void {
  const networks = Object.keys(networksOfService(model.services[name] ?? {}))
  if (networks.some((key) => model.networks?.[key]?.internal !== true)) return
  const text = 'its networks are internal, but by the one it shares with the proxy it can get out'
  warn(findings, `services.${name}.networks`, text)
}

function usedByAccessory(key: string, context: RenderContext): boolean {
  return servicesOf(context, 'base').some(([, service]) => key in networksOfService(service))
}

/** Networks that need more than a name are made by compose itself, with the accessories on them. */
function baseObject(known: Known, context: RenderContext): BaseObject | undefined {
  const { key, network, shared } = known
  if (!shared) return undefined
  const external = network.external === true
  const options = network['driver_opts'] as object | undefined
  const special = hasAddresses(network) || options !== undefined || network.driver !== undefined
  if (special && !external) return undefined
  const internal = network.internal === true ? { internal: true } : {}
  return { name: realName(known, context), key, external, ...internal }
}

function realName({ key, network }: Known, { request }: RenderContext): string {
  return network.name ?? `${request.baseProject}_${key}`
}

// The dot keeps it apart from keys that people write.
function baseKey(key: string): string {
  return `base.${key}`
}
