import { basename, dirname, isAbsolute, join, relative } from 'node:path'
import { envFileLines, parseEnvFile } from '../env-file.ts'
import { envFileInvalid, envFileMissing, envTemplateMissing } from '../failures.ts'
import type { ConfigFiles } from '../source/files.ts'
import type { Variables } from '../source/interpolate.ts'
import { readComposeUses } from './compose-uses.ts'
import { demand, missingOf } from './demand.ts'
import {
  type EnvFile,
  type EnvironmentParts,
  has,
  type RequiredName,
  type Template,
} from './parts.ts'
import { readTemplate, TEMPLATE_NAME } from './template.ts'
import { unknownNames } from './unknown.ts'

export interface ValuesRequest {
  readonly files: ConfigFiles
  readonly variables: Variables
  /** Where `belay.yaml` lies. */
  readonly directory: string
  readonly composeFiles: readonly string[]
  /** The file that was set: its path, and where that is written. */
  readonly file?: SetFile
  /** The template that was set; looked for beside the env file when absent. */
  readonly template?: SetFile | 'none'
  readonly required: readonly RequiredName[]
  /** Names without a value stop nothing: they are only to be shown. */
  readonly isLenient: boolean
}

interface SetFile {
  readonly path: string
  readonly setAt: string
}

export interface EnvironmentValues {
  readonly envFile?: string
  readonly values: Readonly<Record<string, string>>
  /** What is hardly meant: a name in the env file that nothing knows. */
  readonly warnings: readonly string[]
  readonly parts: EnvironmentParts
}

/** The env file's values; what of the names that are asked for the caller or the template has. */
export function readEnvironmentValues(request: ValuesRequest): EnvironmentValues {
  const { variables, required, directory, composeFiles, files } = request
  const envFile = readEnvFile(request)
  const fromFile = envFile?.values ?? {}
  const template = readTemplateOf(request, fromFile)
  const asked = [...required, ...(template?.names.filter(({ isOptional }) => !isOptional) ?? [])]
  const caller = fromCaller(asked, fromFile, variables)
  const values = { ...fromFile, ...fromTemplate(template, { ...fromFile, ...caller }), ...caller }
  const uses = readComposeUses(files, {
    paths: composeFiles,
    lookup: (name) => (Object.hasOwn(values, name) ? values[name] : ownOf(variables, name)),
  })
  const shown = (path: string): string => shownFrom(directory, path)
  const templatePath = templatePathOf(request)
  const asking = { template, templatePath, uses, required, shown }
  const found = { ...asking, envFile, caller, variables, values }
  const parts = { ...found, missing: missingOf(found) }
  if (!request.isLenient) demand(parts)
  const warnings = unknownNames(parts)
  return { ...(envFile === undefined ? {} : { envFile: envFile.path }), values, warnings, parts }
}

function readEnvFile(request: ValuesRequest): EnvFile | undefined {
  const { files, variables, file } = request
  const path = envFilePath(request)
  const found = files.read(path)
  if (found.kind === 'unreadable') {
    throw envFileInvalid({ file: path, line: 1, reason: found.reason })
  }
  if (found.kind === 'text') {
    const parsed = parseEnvFile(found.text, (name) => ownOf(variables, name))
    if (!parsed.ok) throw envFileInvalid({ file: path, line: parsed.line, reason: parsed.reason })
    return { path, values: parsed.values, lines: envFileLines(found.text) }
  }
  if (file === undefined) return undefined
  throw envFileMissing({ file: path, setAt: file.setAt, nearby: envFilesNear(files, path) })
}

/** `.env` beside the compose file, when no file is set. */
function envFilePath({ file, composeFiles, directory }: ValuesRequest): string {
  return file?.path ?? join(dirname(composeFiles[0] ?? join(directory, 'x')), '.env')
}

function templatePathOf(request: ValuesRequest): string {
  const { template } = request
  return typeof template === 'object'
    ? template.path
    : join(dirname(envFilePath(request)), TEMPLATE_NAME)
}

function readTemplateOf(
  request: ValuesRequest,
  fromFile: Readonly<Record<string, string>>,
): Template | undefined {
  const { files, variables, template } = request
  if (template === 'none') return undefined
  const path = templatePathOf(request)
  const found = files.read(path)
  if (found.kind === 'unreadable') {
    throw envFileInvalid({ file: path, line: 1, reason: found.reason })
  }
  if (found.kind === 'missing') {
    if (template === undefined) return undefined
    const nearby = envFilesNear(files, path)
    throw envTemplateMissing({ file: path, setAt: template.setAt, nearby })
  }
  const read = readTemplate(found.text, (name) =>
    has(fromFile, name) ? fromFile[name] : ownOf(variables, name),
  )
  if (!read.ok) throw envFileInvalid({ file: path, line: read.line, reason: read.reason })
  return { path, names: read.names }
}

/** The file wins: what a laptop's shell happens to hold must not change what a server gets. */
function fromCaller(
  asked: readonly { readonly name: string }[],
  fromFile: Readonly<Record<string, string>>,
  variables: Variables,
): Readonly<Record<string, string>> {
  const left = asked.filter(({ name }) => !has(fromFile, name) && has(variables, name))
  return Object.fromEntries(left.map(({ name }) => [name, variables[name] ?? '']))
}

function fromTemplate(
  template: Template | undefined,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const left = template?.names.filter(
    ({ name, default: value }) => value !== '' && !has(given, name),
  )
  return Object.fromEntries((left ?? []).map(({ name, default: value }) => [name, value]))
}

function ownOf(variables: Variables, name: string): string | undefined {
  return Object.hasOwn(variables, name) ? variables[name] : undefined
}

function shownFrom(directory: string, path: string): string {
  const inside = relative(directory, path)
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside
}

const NEARBY_MAX = 8

function envFilesNear(files: ConfigFiles, path: string): readonly string[] {
  const names = files.names(dirname(path)).filter((name) => /(^|\.)env(\.|$)/i.test(name))
  return names
    .filter((name) => name !== basename(path))
    .sort()
    .slice(0, NEARBY_MAX)
}
