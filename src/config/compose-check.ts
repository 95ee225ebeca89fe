import type { LoadedConfig } from './load.ts'
import { didYouMean } from './source/nearest.ts'
import { inOrder } from './source/problem.ts'
import type { Position, Problem } from './source/problem.ts'
import { nodeAt } from './source/tree.ts'
import type { MapTree } from './source/tree.ts'

/** As much of the canonical compose model as is looked at here. */
export interface ComposeServices {
  readonly services: Readonly<Record<string, unknown>>
}

/** Services that `belay.yaml` names and the compose file does not have. */
export function checkAgainstCompose(
  loaded: Pick<LoadedConfig, 'source'>,
  model: ComposeServices,
): readonly Problem[] {
  const known = Object.keys(model.services)
  const named = [...servicesNamed(loaded.source.tree), ...servicesAsked(loaded.source.tree)]
  return inOrder(
    named
      .filter(({ service }) => !known.includes(service))
      .map(({ service, at, path }) => ({
        at,
        path,
        text:
          `${path}: the compose file has no service ` +
          `${JSON.stringify(service)}${hint(service, known)}`,
      })),
  )
}

interface Named {
  readonly service: string
  readonly at: Position
  readonly path: string
}

function servicesNamed(tree: MapTree): readonly Named[] {
  const services = nodeAt(tree, ['services'])
  if (services?.kind !== 'map') return []
  return [...services.entries].map(([service, { keyAt, value }]) => ({
    service,
    at: keyAt,
    path: value.path,
  }))
}

/** Services that smoke checks ask. */
function servicesAsked(tree: MapTree): readonly Named[] {
  const smoke = nodeAt(tree, ['smoke'])
  if (smoke?.kind !== 'list') return []
  return smoke.items.flatMap((check) => {
    const kinds = check.kind === 'map' ? [...check.entries.values()] : []
    return kinds.flatMap(({ value }) => {
      const service = nodeAt(value, ['service'])
      if (service?.kind !== 'scalar' || typeof service.value !== 'string') return []
      return [{ service: service.value, at: service.at, path: service.path }]
    })
  })
}

function hint(service: string, known: readonly string[]): string {
  const suggestion = didYouMean(service, known)
  if (suggestion !== '') return suggestion
  const list = known.length === 0 ? 'none' : known.join(', ')
  return `; it has: ${list}; one in a profile needs compose: { profiles: […] }`
}
