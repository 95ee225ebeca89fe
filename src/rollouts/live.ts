import { containersOf } from '../plan/accessories.ts'
import type { Instruction } from '../plan/instruction.ts'
import type { Observed } from '../plan/observed.ts'
import type { Release } from '../plan/release.ts'
import type { HostChange } from './host-change.ts'
import { servingRelease } from './old-release.ts'

/**
 * Accessories call services of a release on a network that is made for each of them: its plain names
 * lead to that release alone. Docker asks networks for names in the order of their own, so each is
 * called so that it comes before the last one: new calls go to the new release at once, while those
 * under way to the old one are answered.
 */
const HIGHEST = 999_999
const DIGITS = String(HIGHEST).length

/** The network on which accessories reach what serves; undefined where none of them calls it. */
export function liveNetwork(
  { baseProject }: Pick<Release, 'baseProject'>,
  observed: Pick<Observed, 'networks'>,
): string | undefined {
  return liveNetworks(baseProject, observed)[0]
}

/** The newest first. */
function liveNetworks(baseProject: string, { networks }: Pick<Observed, 'networks'>): string[] {
  const prefix = prefixOf(baseProject)
  return networks.filter((name) => name.startsWith(prefix) && isNumber(name, prefix)).sort()
}

function isNumber(name: string, prefix: string): boolean {
  return name.length === prefix.length + DIGITS && /^\d+$/.test(name.slice(prefix.length))
}

function prefixOf(baseProject: string): string {
  return `${baseProject}-live-`
}

function nextNetwork({ release: { baseProject }, observed }: HostChange): string {
  const prefix = prefixOf(baseProject)
  const last = liveNetwork({ baseProject }, observed)
  const number = last === undefined ? HIGHEST : Number(last.slice(prefix.length)) - 1
  return prefix + String(number).padStart(DIGITS, '0')
}

/** Gives accessories the new release under the names that they call. */
export function giveNames(
  change: HostChange,
  isMoved: (service: string) => boolean = () => true,
): Instruction[] {
  const { release, observed } = change
  const names = (release.live ?? []).filter(({ service }) => isMoved(service))
  return names.length === 0 ? [] : putNames(nextNetwork(change), { release, observed, names })
}

/** What they called before goes, once nothing is under way there any more. */
export function dropOldNames({ release, observed }: HostChange): Instruction[] {
  return liveNetworks(release.baseProject, observed).map((name) => ({ do: 'remove-network', name }))
}

/** The old release under its names, from any point: also after a confirm, by a person's hand. */
export function namesBack(change: HostChange): Instruction[] {
  const { release, observed } = change
  const serving = servingRelease(observed)
  const network = liveNetwork(release, observed)
  const names = serving?.live ?? []
  const old =
    serving === undefined || network === undefined || names.length === 0
      ? []
      : putNames(network, { release: serving, observed, names })
  const isNew = (release.live ?? []).length > 0
  return [...old, ...(isNew ? [{ do: 'remove-network', name: nextNetwork(change) } as const] : [])]
}

interface Names {
  readonly release: Release
  readonly observed: Observed
  readonly names: NonNullable<Release['live']>
}

/**
 * The callers first, and the names at once after them. Docker tells of a name a moment before its
 * container can be reached: a caller whose own side is ready by then tries again after a second; one
 * whose is not would wait for four.
 */
function putNames(network: string, { release, observed, names }: Names): Instruction[] {
  const project = release.baseProject
  const callers = [...new Set(names.flatMap((each) => each.callers))]
  const containers = callers.flatMap((each) => callerContainers(each, release, observed))
  return [
    { do: 'network', name: network, key: 'live', project, internal: true },
    { do: 'connect', network, aliases: [], containers },
    ...names.flatMap(({ service, names: aliases }): Instruction[] => {
      const own = release.services.find(({ name }) => name === service)?.containers ?? []
      return own.length === 0 ? [] : [{ do: 'connect', network, aliases, containers: own }]
    }),
  ]
}

/** Those that are there, and those that the run itself makes. */
function callerContainers(service: string, release: Release, observed: Observed): string[] {
  const there = containersOf(service, release, observed).map(({ name }) => name)
  return there.length > 0 ? there : [...(release.base?.[service]?.containers ?? [])]
}

/** Containers of accessories that call services of the release. */
export function callersAmong(
  { live = [] }: Pick<Release, 'live'>,
  accessories: readonly { readonly service: string; readonly names: readonly string[] }[],
): string[] {
  const callers = new Set(live.flatMap((each) => each.callers))
  return accessories.flatMap(({ service, names }) => (callers.has(service) ? names : []))
}
