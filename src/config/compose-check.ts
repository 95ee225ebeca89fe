import type { LoadedConfig } from './load.ts'
import { servicesBackedUp, volumesBackedUp } from './pipeline/backup-check.ts'
import { didYouMean } from './source/nearest.ts'
import { inOrder } from './source/problem.ts'
import type { Position, Problem } from './source/problem.ts'
import { nodeAt } from './source/tree.ts'
import type { MapTree, Tree } from './source/tree.ts'

/** As much of the canonical compose model as is looked at here. */
export interface ComposeServices {
  readonly services: Readonly<Record<string, unknown>>
  readonly volumes?: Readonly<Record<string, unknown>>
}

/** Services that `belay.yaml` names and the compose file does not have. */
export function checkAgainstCompose(
  loaded: Pick<LoadedConfig, 'source'>,
  model: ComposeServices,
): readonly Problem[] {
  const known = Object.keys(model.services)
  const { tree } = loaded.source
  const named = [
    ...servicesNamed(tree),
    ...servicesAsked(tree),
    ...servicesRun(tree),
    ...backedUp(tree),
  ]
  return inOrder([
    ...volumeProblems(tree, Object.keys(model.volumes ?? {})),
    ...named
      .filter(({ service }) => !known.includes(service))
      .map(({ service, at, path }) => ({
        at,
        path,
        text:
          `${path}: the compose file has no service ` +
          `${JSON.stringify(service)}${hint(service, known)}`,
      })),
  ])
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

/** Services that smoke checks ask, those of suites too. */
function servicesAsked(tree: MapTree): readonly Named[] {
  const suites = nodeAt(tree, ['suites'])
  const inSuites = suites?.kind === 'map' ? [...suites.entries.values()] : []
  const lists = [nodeAt(tree, ['smoke']), ...inSuites.map(({ value }) => value)]
  return lists.flatMap((list) => (list?.kind === 'list' ? list.items.flatMap(serviceAsked) : []))
}

function serviceAsked(check: Tree): readonly Named[] {
  const kinds = check.kind === 'map' ? [...check.entries.values()].map(({ value }) => value) : []
  // Each step is a request of its own.
  return kinds.flatMap((kind) =>
    kind.kind === 'list' ? kind.items.flatMap(serviceAsked) : serviceIn(kind),
  )
}

/** Services whose image the migration and the tasks run in. */
function servicesRun(tree: MapTree): readonly Named[] {
  const migrate = nodeAt(tree, ['migrate'])
  const tasks = nodeAt(tree, ['tasks'])
  const all = [
    ...(migrate === undefined ? [] : [migrate]),
    ...(tasks?.kind === 'list' ? tasks.items : []),
  ]
  return all.flatMap(serviceIn)
}

function serviceIn(value: Tree): readonly Named[] {
  const service = nodeAt(value, ['service'])
  if (service?.kind !== 'scalar' || typeof service.value !== 'string') return []
  return [{ service: service.value, at: service.at, path: service.path }]
}

/** Services whose data is backed up. */
function backedUp(tree: MapTree): readonly Named[] {
  return servicesBackedUp(tree).flatMap((node) => {
    if (node.kind !== 'scalar' || typeof node.value !== 'string') return []
    return [{ service: node.value, at: node.at, path: node.path }]
  })
}

function volumeProblems(tree: MapTree, known: readonly string[]): readonly Problem[] {
  return volumesBackedUp(tree).flatMap((node) => {
    if (node.kind !== 'scalar' || known.includes(String(node.value))) return []
    const { at, path, value } = node
    const list = known.length === 0 ? 'none' : known.join(', ')
    const near = didYouMean(String(value), known) || `; it has: ${list}`
    const text = `${path}: the compose file has no volume ${JSON.stringify(value)}${near}`
    return [{ at, path, text }]
  })
}

function hint(service: string, known: readonly string[]): string {
  const suggestion = didYouMean(service, known)
  if (suggestion !== '') return suggestion
  const list = known.length === 0 ? 'none' : known.join(', ')
  return `; it has: ${list}; one in a profile needs compose: { profiles: […] }`
}
