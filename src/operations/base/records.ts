import type { Host } from '../../hosts/host.ts'
import type { ComposeModel } from '../../plan/compose-model.ts'
import type { Observed, ObservedContainer } from '../../plan/observed.ts'
import type { Release } from '../../plan/release.ts'

/** A volume of a container that has no name but Docker's, and where it is mounted. */
export interface AnonymousVolume {
  readonly name: string
  readonly target: string
}

const ANONYMOUS = /^[0-9a-f]{64}$/

/** The base from which a container was made; undefined where its record cannot be read. */
export async function readRecord(
  host: Host,
  { facts: { stateRoot } }: Observed,
  { release, container }: { release: Release; container: ObservedContainer },
): Promise<ComposeModel | undefined> {
  const { app, environment } = release
  const path = `${stateRoot}/${app}/${environment}/base/${container.id}`
  const { code, stdout } = await host.run(['cat', path])
  if (code !== 0) return undefined
  try {
    return JSON.parse(stdout.slice(stdout.indexOf('\n') + 1)) as ComposeModel
  } catch {
    return undefined
  }
}

/** By container: what compose would carry over to the next one, and a new container would not see. */
export async function anonymousVolumes(
  host: Host,
  containers: readonly ObservedContainer[],
): Promise<ReadonlyMap<string, readonly AnonymousVolume[]>> {
  if (containers.length === 0) return new Map()
  const ids = containers.map(({ id }) => id)
  const { code, stdout } = await host.run(['docker', 'inspect', ...ids])
  const inspected = code === 0 ? (JSON.parse(stdout) as readonly Inspected[]) : []
  return new Map(inspected.map(({ Id, Mounts }) => [Id, Mounts.flatMap(anonymous)]))
}

interface Inspected {
  readonly Id: string
  readonly Mounts: readonly {
    readonly Type: string
    readonly Name?: string
    readonly Destination: string
  }[]
}

function anonymous({ Type, Name, Destination }: Inspected['Mounts'][number]): AnonymousVolume[] {
  if (Type !== 'volume' || Name === undefined || !ANONYMOUS.test(Name)) return []
  return [{ name: Name, target: Destination }]
}
