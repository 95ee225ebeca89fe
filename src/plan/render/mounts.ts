import type { ComposeModel, ComposeMount, ComposeService } from '../compose-model.ts'
import type { BaseObject } from '../release.ts'
import type { RenderContext } from './context.ts'
import { readModel } from './dollars.ts'
import type { ShippedFile } from './rendered.ts'
import { bindPlace, settleBind } from './files/binds.ts'
import type { Place } from './files/paths.ts'
import type { SettledMount } from './files/settled.ts'
import { imageVolumes, settleAnonymous, settleVolume } from './files/volumes.ts'

/** What a service of the release mounts, everything with its place on the server. */
export interface Mounts {
  readonly mounts: readonly ComposeMount[]
  readonly shipped: readonly ShippedFile[]
  /** What it may change and what outlives it, in words. */
  readonly writes: readonly string[]
  /** Volumes of the base that it uses. */
  readonly volumes: readonly BaseObject[]
}

export function mountsOf(name: string, service: ComposeService, context: RenderContext): Mounts {
  const placed = (service.volumes ?? []).map(
    (mount): Placed => [mount, bindPlace(mount, service, context)],
  )
  // A folder that no development mount covers any more shows what the image has there.
  const uncovered = placed.flatMap(([{ target }, place]) =>
    place?.kind === 'development' ? [target] : [],
  )
  return collect([
    ...placed.map((each) => settle(each)),
    ...imageVolumes({ name, service, context }),
  ])

  function settle([mount, place]: Placed): SettledMount {
    const question = { name, mount, context }
    if (place !== undefined) return settleBind(question, place)
    if (mount.type !== 'volume') return { mounts: [mount] }
    if (mount.source === undefined) return settleAnonymous(question, uncovered)
    return settleVolume(question, mount.source)
  }
}

type Placed = readonly [ComposeMount, Place | undefined]

function collect(settled: readonly SettledMount[]): Mounts {
  return {
    mounts: settled.flatMap(({ mounts }) => mounts),
    shipped: settled.flatMap(({ shipped }) => shipped ?? []),
    writes: settled.flatMap(({ writes }) => writes ?? []),
    volumes: settled.flatMap(({ volume }) => volume ?? []),
  }
}

/** Paths of this machine in a model: `RenderRequest.files` must know those of the project. */
export function hostPathsOf(model: ComposeModel): readonly string[] {
  const { services, secrets, configs } = readModel(model)
  const mounted = Object.values(services).flatMap(({ volumes }) =>
    (volumes ?? []).flatMap(({ type, source }) => (type === 'bind' ? (source ?? []) : [])),
  )
  const named = [...Object.values(secrets ?? {}), ...Object.values(configs ?? {})]
  return [...new Set([...mounted, ...named.flatMap(({ file }) => file ?? [])])]
}
