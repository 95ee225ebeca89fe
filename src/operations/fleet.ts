import type { Here } from '../checks/check.ts'
import type { AppConfig, HostAddress } from '../config/app-config.ts'
import type { Host } from '../hosts/host.ts'
import type { Observed } from '../plan/observed.ts'
import { mustBeKnown, mustBeOurs } from './sound-state.ts'
import type { World } from './world.ts'

/** All hosts of an environment, connected, each with what was seen there. */
export interface Fleet {
  /** Sorted by name: the order in which leases are taken; the first is the anchor. */
  readonly names: readonly string[]
  readonly hosts: ReadonlyMap<string, Host>
  readonly observed: ReadonlyMap<string, Observed>
  /** How each is reached from this machine without ssh, as the app's clients would. */
  readonly here: ReadonlyMap<string, Here>
}

/** Connects to all hosts at once. One out of reach fails the whole, with nothing changed. */
export async function connectFleet(world: World, config: AppConfig): Promise<Fleet> {
  const { app, environment } = config
  const hosts = new Map(config.hosts.map((address) => [address.name, world.hostAt(address)]))
  const names = [...hosts.keys()].sort()
  try {
    const seen = await each(names, async (name) => {
      const host = hostNamed({ hosts }, name)
      world.tell({ type: 'progress', host: name, text: 'connecting' })
      const observed = await host.connect({ app, environment }, world.signal)
      tellProblems(world, observed)
      mustBeOurs(observed, config)
      mustBeKnown(observed, config)
      return [name, observed] as const
    })
    const here = config.hosts.map(
      (address) => [address.name, hereOf(world, config, address)] as const,
    )
    return { names, hosts, observed: new Map(seen), here: new Map(here) }
  } catch (error) {
    await closeFleet({ hosts })
    throw error
  }
}

/** This machine as a place to ask one host from. */
export function hereOf(
  { workstation }: Pick<World, 'workstation'>,
  { proxy: { httpPort, httpsPort }, directory }: AppConfig,
  { kind, destination }: HostAddress,
): Here {
  const address = kind === 'local' ? 'localhost' : destination
  return {
    address,
    httpPort,
    httpsPort,
    directory,
    ask: (question) => workstation.ask(question),
    runScript: (request) => workstation.runScript(request),
  }
}

export function hereFor({ here }: Pick<Fleet, 'here'>, name: string): Here {
  const found = here.get(name)
  if (found === undefined) throw new Error(`no host ${name}`)
  return found
}

/** What a host noticed of itself is worth knowing, and no reason to stop. */
export function tellProblems(world: World, { host, problems }: Observed): void {
  for (const problem of problems) {
    world.tell({ type: 'warning', code: 'HOST_PROBLEM', text: `${host}: ${problem}` })
  }
}

/** Looks at every host again. */
export async function observeFleet(fleet: Fleet): Promise<Fleet> {
  const seen = await each(fleet.names, async (name) => {
    const host = hostNamed(fleet, name)
    return [name, await host.observe()] as const
  })
  return { ...fleet, observed: new Map(seen) }
}

export async function closeFleet({ hosts }: Pick<Fleet, 'hosts'>): Promise<void> {
  await Promise.allSettled([...hosts.values()].map((host) => host.close()))
}

export function hostNamed({ hosts }: Pick<Fleet, 'hosts'>, name: string): Host {
  const host = hosts.get(name)
  if (host === undefined) throw new Error(`no host ${name}`)
  return host
}

export function observedOn({ observed }: Pick<Fleet, 'observed'>, name: string): Observed {
  const seen = observed.get(name)
  if (seen === undefined) throw new Error(`${name} was not looked at`)
  return seen
}

/** The first host by name: it holds the fleet's decision. */
export function anchorOf({ names }: Pick<Fleet, 'names'>): string {
  const [first] = names
  if (first === undefined) throw new Error('a fleet has at least one host')
  return first
}

/** How many exchanges with each host lay on the path so far. */
export function roundTripsOf({ hosts }: Pick<Fleet, 'hosts'>): ReadonlyMap<string, number> {
  return new Map([...hosts].map(([name, { roundTrips }]) => [name, roundTrips]))
}

/** Side by side; when some fail, waits for all and throws the first failure. */
export async function each<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const ended = await Promise.allSettled(items.map(act))
  const rejected = ended.find((end) => end.status === 'rejected')
  if (rejected !== undefined) throw rejected.reason
  return ended.map((end) => (end as PromiseFulfilledResult<R>).value)
}
