import { dirname, resolve } from 'node:path'
import { filesNamedIn, type Opened } from '../compose/named-files.ts'
import { variablesIn, type VariableUse } from '../compose/variables.ts'
import { parseEnvFile } from '../env-file.ts'
import { EnvSyntaxError, expandVariables, ValueDemanded, type Lookup } from '../source/expand.ts'
import type { ConfigFiles } from '../source/files.ts'
import { scalarsOf } from '../source/interpolate.ts'
import type { Position } from '../source/problem.ts'
import { readYaml } from '../source/read-yaml.ts'
import type { Tree } from '../source/tree.ts'

/** What the compose files take from their environment. */
export interface ComposeUses {
  readonly uses: readonly (VariableUse & { readonly file: string })[]
  /** Names without a value that a file demands: `${NAME:?word}`. */
  readonly demands: readonly Demand[]
}

export interface Demand {
  readonly name: string
  readonly file: string
  readonly at: Position
  readonly word: string
}

interface Reading {
  readonly files: ConfigFiles
  readonly uses: (VariableUse & { readonly file: string })[]
  readonly demands: Map<string, Demand>
  readonly opened: Set<string>
}

/** Far above what a project has. */
const FILES_MAX = 200

/** Follows the compose files as compose does; what cannot be read is left to compose to tell. */
export function readComposeUses(
  files: ConfigFiles,
  { paths, lookup }: { paths: readonly string[]; lookup: Lookup },
): ComposeUses {
  const reading: Reading = { files, uses: [], demands: new Map(), opened: new Set() }
  const directory = dirname(paths[0] ?? '.')
  for (const path of paths) {
    open(reading, path, { opened: { directory, envFiles: [], isExtended: false }, lookup })
  }
  return { uses: reading.uses, demands: [...reading.demands.values()] }
}

function open(
  reading: Reading,
  path: string,
  { opened, lookup: outer }: { opened: Opened; lookup: Lookup },
): void {
  if (reading.opened.has(path) || reading.opened.size === FILES_MAX) return
  reading.opened.add(path)
  const found = reading.files.read(path)
  const { tree } = readYaml(found.kind === 'text' ? found.text : '')
  if (tree === undefined) return
  const lookup = withEnvFiles(reading.files, opened.envFiles, outer)
  reading.uses.push(...variablesIn(tree).map((use) => ({ ...use, file: path })))
  for (const demand of demandsIn(tree, path, lookup)) {
    if (!reading.demands.has(demand.name)) reading.demands.set(demand.name, demand)
  }
  const { directory, isExtended } = opened
  for (const named of filesNamedIn(tree, { directory, isExtended, lookup })) {
    if (named.kind === 'compose') open(reading, resolve(named.path), { ...named, lookup })
  }
}

/** An include's own values give way to those that are there already. */
function withEnvFiles(files: ConfigFiles, paths: readonly string[], outer: Lookup): Lookup {
  const values: Record<string, string> = {}
  for (const path of paths) {
    const found = files.read(path)
    const parsed = parseEnvFile(found.kind === 'text' ? found.text : '', outer)
    if (parsed.ok) Object.assign(values, parsed.values)
  }
  return (name) => outer(name) ?? (Object.hasOwn(values, name) ? values[name] : undefined)
}

function demandsIn(tree: Tree, file: string, lookup: Lookup): readonly Demand[] {
  return scalarsOf(tree).flatMap(({ value, at }) =>
    typeof value === 'string' && value.includes('?')
      ? demandedBy(value, lookup).map((demanded) => ({ ...demanded, file, at }))
      : [],
  )
}

/** Each name in turn is taken for given, so that those behind it are seen too. */
function demandedBy(text: string, lookup: Lookup): readonly Pick<Demand, 'name' | 'word'>[] {
  const found = new Map<string, string>()
  for (;;) {
    try {
      expandVariables(text, (name) => (found.has(name) ? 'x' : lookup(name)))
    } catch (error) {
      if (error instanceof ValueDemanded && !found.has(error.variable)) {
        found.set(error.variable, error.word)
        continue
      }
      if (!(error instanceof EnvSyntaxError)) throw error
    }
    return [...found].map(([name, word]) => ({ name, word }))
  }
}
