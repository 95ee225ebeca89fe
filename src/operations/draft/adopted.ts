import type { Host } from '../../hosts/host.ts'
import type { Observed } from '../../plan/observed.ts'
import type { Adopted } from '../../plan/release.ts'
import { adoptableContainers, servingRelease } from '../../rollouts/old-release.ts'
import { type Fleet, each, hostNamed, observedOn } from '../fleet.ts'

/** Docker's own names for volumes that nobody named. */
const ANONYMOUS = /^[0-9a-f]{64}$/

/** By host: where a project that was started by hand keeps its data; none where there was none. */
export async function findAdopted(
  fleet: Fleet,
  baseProject: string,
): Promise<ReadonlyMap<string, Adopted>> {
  const found = await each(fleet.names, async (name) => {
    const observed = observedOn(fleet, name)
    const kept = servingRelease(observed)?.adopted
    if (observed.current !== undefined) return kept === undefined ? [] : [[name, kept] as const]
    const adopted = await lookAt(hostNamed(fleet, name), observed, baseProject)
    return adopted === undefined ? [] : [[name, adopted] as const]
  })
  return new Map(found.flat())
}

async function lookAt(
  host: Host,
  observed: Observed,
  baseProject: string,
): Promise<Adopted | undefined> {
  const containers = adoptableContainers(observed, baseProject)
  if (containers.length === 0) return undefined
  const folder = containers.find((container) => container.workingDirectory !== undefined)
  const services = new Map(containers.map(({ name, service }) => [name, service]))
  const { code, stdout } = await host.run(['docker', 'inspect', ...services.keys()])
  const inspected = code === 0 ? (JSON.parse(stdout) as readonly Inspected[]) : []
  return {
    ...(folder?.workingDirectory === undefined
      ? {}
      : { workingDirectory: folder.workingDirectory }),
    anonymousVolumes: Object.fromEntries(
      inspected.map(({ Name, Mounts }) => [
        services.get(Name.replace(/^\//, '')) ?? Name,
        Object.fromEntries(Mounts.flatMap(anonymousMount)),
      ]),
    ),
  }
}

interface Inspected {
  readonly Name: string
  readonly Mounts: readonly Mount[]
}

interface Mount {
  readonly Type: string
  readonly Name?: string
  readonly Destination: string
}

function anonymousMount({ Type, Name, Destination }: Mount): [string, string][] {
  return Type === 'volume' && Name !== undefined && ANONYMOUS.test(Name)
    ? [[Destination, Name]]
    : []
}
