import { dirname, join, relative } from 'node:path'
import { DEFAULTS } from '../defaults.ts'
import { mustBeGiven, readTemplate, TEMPLATE_NAME } from '../environment/template.ts'
import { environmentNeeded, environmentUnknown } from '../failures.ts'
import { fileSchema } from '../schema.ts'
import { COMPOSE_NAMES, readConfigFile } from '../source/files.ts'
import type { ConfigFile, ConfigFiles } from '../source/files.ts'
import { interpolate, scalarsOf } from '../source/interpolate.ts'
import type { Variables } from '../source/interpolate.ts'
import { nearest } from '../source/nearest.ts'
import { overlay, widened } from '../source/overlay.ts'
import { refuseConfig } from '../source/refuse.ts'
import { readYaml, withoutExtensions } from '../source/read-yaml.ts'
import { nodeAt } from '../source/tree.ts'
import type { MapTree, Tree } from '../source/tree.ts'
import { validate } from '../source/validate.ts'
import type { Busy } from './hook.ts'

/** What `belay.yaml` says that needs no values: who writes a CI file has no secrets at hand. */
export interface Outline {
  readonly app: string
  /** Its path, as the user would name it. */
  readonly file: string
  /** Where it lies; the paths below are relative to it. */
  readonly directory: string
  readonly environments: readonly EnvironmentOutline[]
}

export interface EnvironmentOutline {
  readonly name: string
  readonly branch?: string
  readonly hosts: readonly string[]
  /** The names of all `${NAME}` that it takes from the caller. */
  readonly variables: readonly string[]
  /** `env.required`, and what the template asks for. */
  readonly required: readonly string[]
  readonly composeFiles: readonly string[]
  /** `env.file`; the `.env` beside the compose file when it is left out and there is one. */
  readonly envFile?: string
  /** A service is built from its source. */
  readonly builds: boolean
  /** `hook.busy`. */
  readonly busy: Busy
}

export interface OutlineRequest {
  readonly directory: string
  readonly file?: string
  readonly files: ConfigFiles
  /** Filled in where they have a value; none is needed. */
  readonly variables?: Variables
}

/** Reads what is written, whether or not its values are there; mistakes are told as ever. */
export function readOutline(request: OutlineRequest): Outline {
  const file = readConfigFile(request)
  const grown = readYaml(file.text)
  if (grown.tree === undefined) refuseConfig(file, grown.problems)
  const tree = interpolate(withoutExtensions(grown.tree), request.variables ?? {})
  const validated = validate(fileSchema(), tree)
  const problems = [...grown.problems, ...(validated.ok ? [] : validated.problems)]
  if (problems.length > 0 || tree.kind !== 'map') refuseConfig(file, problems)
  const environments = namesOf(tree).map((name) => outlineOf(name, { tree, file, request }))
  return {
    app: textAt(tree, ['app']) ?? '',
    file: file.shown,
    directory: file.directory,
    environments,
  }
}

/** The environment of that name; the only one, where none was named. */
export function environmentIn(
  { environments }: Outline,
  wanted: string | undefined,
): EnvironmentOutline {
  const [only, ...others] = environments
  const names = environments.map(({ name }) => name)
  if (wanted === undefined && only !== undefined && others.length === 0) return only
  if (wanted === undefined) throw environmentNeeded({ environments: names })
  const found = environments.find(({ name }) => name === wanted)
  if (found !== undefined) return found
  const near = nearest(wanted, names)
  throw environmentUnknown({
    environment: wanted,
    environments: names,
    ...(near === undefined ? {} : { near }),
  })
}

function namesOf(tree: MapTree): readonly string[] {
  const written = nodeAt(tree, ['environments'])
  const names = written?.kind === 'map' ? [...written.entries.keys()] : []
  return names.length === 0 ? [DEFAULTS.environment] : names
}

interface Whole {
  readonly tree: MapTree
  readonly file: ConfigFile
  readonly request: OutlineRequest
}

function outlineOf(name: string, { tree, file, request }: Whole): EnvironmentOutline {
  const above = nodeAt(tree, ['environments', name])
  const settings = overlay(tree, above?.kind === 'map' ? above : undefined)
  const branch = textAt(settings, ['branch'])
  const composeFiles = composeFilesOf(settings, file, request.files)
  const envFile = envFileOf(settings, { composeFiles, file, files: request.files })
  const variables = scalarsOf(settings).flatMap((scalar) => scalar.variables)
  return {
    name,
    hosts: textsAt(settings, ['hosts']),
    variables: [...new Set(variables)].filter((variable) => VARIABLE.test(variable)),
    required: requiredIn(settings, { composeFiles, envFile, file, files: request.files }),
    composeFiles,
    busy: textAt(settings, ['hook', 'busy']) === 'refuse' ? 'refuse' : 'wait',
    builds: composeFiles.some((path) => builds(request.files, join(file.directory, path))),
    ...(branch === undefined ? {} : { branch }),
    ...(envFile === undefined ? {} : { envFile }),
  }
}

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/

function composeFilesOf(
  settings: MapTree,
  { directory }: ConfigFile,
  files: ConfigFiles,
): readonly string[] {
  const written = nodeAt(settings, ['compose'])
  const listed = written === undefined ? undefined : nodeAt(widened('compose', written), ['files'])
  if (listed !== undefined) return textsOf(listed)
  const names = files.names(directory)
  return COMPOSE_NAMES.filter((name) => names.includes(name)).slice(0, 1)
}

function envFileOf(
  settings: MapTree,
  of: { composeFiles: readonly string[]; file: ConfigFile; files: ConfigFiles },
): string | undefined {
  const { composeFiles, file, files } = of
  const written = textAt(settings, ['env', 'file'])
  if (written !== undefined) return written
  const beside = join(dirname(composeFiles[0] ?? ''), '.env')
  const isThere = files.read(join(file.directory, beside)).kind !== 'missing'
  return isThere ? relative('.', beside) : undefined
}

function requiredIn(
  settings: MapTree,
  of: {
    composeFiles: readonly string[]
    envFile: string | undefined
    file: ConfigFile
    files: ConfigFiles
  },
): readonly string[] {
  const { composeFiles, envFile, file, files } = of
  const beside = join(dirname(envFile ?? composeFiles[0] ?? ''), TEMPLATE_NAME)
  const template = textAt(settings, ['env', 'template']) ?? beside
  const found =
    template === 'none' ? { kind: 'missing' as const } : files.read(join(file.directory, template))
  const read = found.kind === 'text' ? readTemplate(found.text, () => undefined) : undefined
  const asked = read?.ok === true ? read.names.filter((each) => mustBeGiven(each)) : []
  const listed = textsAt(settings, ['env', 'required'])
  return [...new Set([...listed, ...asked.map(({ name }) => name)])]
}

/** As far as the file itself tells: what it includes or extends is not followed. */
function builds(files: ConfigFiles, path: string): boolean {
  const found = files.read(path)
  const { tree } = readYaml(found.kind === 'text' ? found.text : '')
  const services = tree === undefined ? undefined : nodeAt(tree, ['services'])
  if (services?.kind !== 'map') return false
  return [...services.entries.values()].some(({ value }) => nodeAt(value, ['build']) !== undefined)
}

function textAt(tree: Tree, path: readonly string[]): string | undefined {
  const node = nodeAt(tree, path)
  return node === undefined ? undefined : textsOf(node)[0]
}

function textsAt(tree: Tree, path: readonly string[]): readonly string[] {
  const node = nodeAt(tree, path)
  return node === undefined ? [] : textsOf(node)
}

/** One text, or a list of them. */
function textsOf(tree: Tree): readonly string[] {
  if (tree.kind === 'list') return tree.items.flatMap(textsOf)
  return tree.kind === 'scalar' && tree.value !== null ? [String(tree.value)] : []
}
