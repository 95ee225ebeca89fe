import { isPlainName } from '../compose/caller-secrets.ts'
import { hostNameOf } from '../hosts-address.ts'
import type { Settings } from '../schema.ts'
import { didYouMean } from '../source/nearest.ts'
import type { Problem } from '../source/problem.ts'
import { nodeAt } from '../source/tree.ts'
import type { MapTree, Tree } from '../source/tree.ts'

/** A host that is none, and values from outside in arguments: they would stay in the image. */
export function buildProblems(settings: Settings, tree: MapTree): readonly Problem[] {
  const services = Object.keys(settings.services)
  return [
    ...placeProblems(settings, tree),
    ...argProblems(nodeAt(tree, ['build']), settings.build),
    ...services.flatMap((name) => {
      const own = settings.services[name]?.build
      const names = [...(settings.build['public-args'] ?? []), ...(own?.['public-args'] ?? [])]
      return argProblems(nodeAt(tree, ['services', name, 'build']), { 'public-args': names })
    }),
  ]
}

function placeProblems({ build, hosts }: Settings, tree: MapTree): readonly Problem[] {
  const names = (hosts ?? []).map(hostNameOf)
  const written = nodeAt(tree, ['build', 'on'])
  if (written === undefined || build.on === 'here' || names.includes(build.on)) return []
  const allowed = `allowed: ${['here', ...names].join(', ')}${didYouMean(build.on, ['here', ...names])}`
  const text = `${written.path} is ${JSON.stringify(build.on)}, which is no host here; ${allowed}`
  return [{ at: written.at, path: written.path, text }]
}

function argProblems(
  build: Tree | undefined,
  { 'public-args': allowed = [] }: { readonly 'public-args'?: readonly string[] | undefined },
): readonly Problem[] {
  const args = build === undefined ? undefined : nodeAt(build, ['args'])
  if (args?.kind !== 'map') return []
  return [...args.entries].flatMap(([name, { value }]) => {
    if (value.kind !== 'scalar' || allowed.includes(name)) return []
    const secret = value.variables.find((variable) => !isPlainName(variable))
    if (secret === undefined) return []
    const { at, path } = value
    return [{ at, path, text: `${path} comes from \${${secret}}: ${SECRET_ARGUMENT}` }]
  })
}

/** What to do instead of putting a value from outside into an argument. */
export const INSTEAD_OF_ARGUMENT =
  'Hand a secret over by build.secrets of the compose file and RUN --mount=type=secret; if it is ' +
  'none, name it in build.public-args'

const SECRET_ARGUMENT = `a build argument stays readable in the image. ${INSTEAD_OF_ARGUMENT}`
