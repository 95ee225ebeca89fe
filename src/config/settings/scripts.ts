import { basename, dirname, resolve } from 'node:path'
import type { Settings } from '../schema.ts'
import type { ConfigFile, ConfigFiles } from '../source/files.ts'
import { didYouMean } from '../source/nearest.ts'
import type { Problem } from '../source/problem.ts'
import { nodeAt } from '../source/tree.ts'
import type { MapTree } from '../source/tree.ts'
import { type Place, placeOf } from './place.ts'
import { type PlacedCheck, placedChecks } from './smoke-check.ts'

/** Programs that checks name must be there and executable before anything begins. */
export function scriptProblems(
  files: ConfigFiles,
  { settings, tree, file }: { settings: Settings; tree: MapTree; file: ConfigFile },
): readonly Problem[] {
  const below = Object.entries(settings.services).flatMap(([name, { checks }]) =>
    checks.map((check, n) => ({ check, at: placeOf(tree, ['services', name, 'checks', n]) })),
  )
  const all: readonly PlacedCheck[] = [...placedChecks(settings, tree), ...below]
  return all.flatMap(({ check: { kind, settings }, at }) => {
    if (kind !== 'script') return []
    const path = String(settings.path)
    const wrong = whyNot(files, resolve(file.directory, path), path)
    const missing = wrong === undefined ? [] : [{ ...at, text: `${at.path}: ${wrong}` }]
    return [...missing, ...secretWords(at)]
  })
}

/** Everybody on a machine can read the words of a program. */
function secretWords({ node }: Place): readonly Problem[] {
  const args = nodeAt(node, ['script', 'args'])
  if (args?.kind !== 'list') return []
  return args.items.flatMap((word) => {
    const [name] = word.kind === 'scalar' ? word.variables : []
    if (name === undefined) return []
    const why = `everybody on this machine can read it; the program finds ${name} in its environment`
    return [{ at: word.at, path: word.path, text: `${word.path}: ${why}` }]
  })
}

function whyNot(files: ConfigFiles, path: string, written: string): string | undefined {
  if (files.isExecutable(path)) return undefined
  const names = files.names(dirname(path))
  if (names.includes(basename(path))) {
    return `${written} is not executable: chmod +x ${written}, and commit that`
  }
  return `there is no ${written}${didYouMean(basename(path), names)}`
}
