import type { RegistryConfig } from '../../config/pipeline/registries/registry.ts'
import type { Draft } from '../draft/draft.ts'

/** Where an image is pushed to. */
export interface PushTarget {
  readonly registry: RegistryConfig
  readonly target: string
}

/** Of the images that are built: the registry's names for them, by our own. */
export function pushTargets(
  { images, source }: Pick<Draft, 'images' | 'source'>,
  registries: readonly RegistryConfig[],
): ReadonlyMap<string, PushTarget> {
  const registry = registries.find(({ repository }) => repository !== undefined)
  if (registry === undefined) return new Map()
  const built = images.filter(({ build }) => build !== undefined)
  const isAlone = new Set(built.map(({ reference }) => reference)).size === 1
  const targets = built.map(({ service, reference, build }) => {
    const name = service.toLowerCase()
    const contexts = [...(build?.contexts.values() ?? [])]
    const isClean = contexts.every(
      ({ from, dirty }) => from.kind === 'commit' && dirty.length === 0,
    )
    // What is not of a commit is called by what went into it.
    const version =
      isClean && source.commit !== undefined
        ? source.commit.id.slice(0, 7)
        : reference.slice(reference.lastIndexOf(':') + 1)
    const written = registry.repository ?? ''
    const isNamed = written.includes('{service}') || isAlone
    const repository = written.replaceAll('{service}', name)
    const tag = isNamed ? version : `${name}-${version}`
    return [reference, { registry, target: `${registry.server}/${repository}:${tag}` }] as const
  })
  return new Map(targets)
}
