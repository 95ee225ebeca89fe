import { resolve as resolvePath } from 'node:path'
import type { AppConfig } from './app-config.ts'
import { DEFAULTS } from './defaults.ts'
import { type EnvironmentParts, has } from './environment/parts.ts'
import { readEnvironmentValues } from './environment/values.ts'
import { environmentNeeded, environmentUnknown } from './failures.ts'
import type { NotifyConfig } from './pipeline/notify.ts'
import { offIn, partChannels, secretsOfChannels } from './pipeline/notify-off.ts'
import { resolve } from './settings/resolve.ts'
import { fileSchema, settingsSchema } from './schema.ts'
import type { Settings } from './schema.ts'
import { crossCheck } from './settings/cross-check.ts'
import { findComposeFiles, readConfigFile } from './source/files.ts'
import type { ConfigFile, ConfigFiles } from './source/files.ts'
import { interpolate, missingVariables, valuesUsed } from './source/interpolate.ts'
import type { Variables } from './source/interpolate.ts'
import { nearest } from './source/nearest.ts'
import { overlay } from './source/overlay.ts'
import type { Problem } from './source/problem.ts'
import { readYaml, withoutExtensions } from './source/read-yaml.ts'
import { refuseConfig } from './source/refuse.ts'
import { passwordsOf } from './pipeline/registries/registry.ts'
import { scriptProblems } from './settings/scripts.ts'
import { secretsAmong } from './settings/secrets.ts'
import { nodeAt } from './source/tree.ts'
import type { MapTree } from './source/tree.ts'
import { validate } from './source/validate.ts'

export interface LoadRequest {
  /** Absolute: where `belay.yaml` is looked for (`-C`). */
  readonly directory: string
  /** Another file, relative to the directory (`--config`). */
  readonly file?: string
  /** May be left out when there is only one. */
  readonly environment?: string
  /** The caller's environment: what `${NAME}` and required names are taken from. */
  readonly variables: Variables
  readonly files: ConfigFiles
  /** Names without a value are no failure: they are only to be shown. */
  readonly isLenient?: boolean
}

export interface LoadedConfig {
  readonly config: AppConfig
  /** Values that must be printed nowhere. */
  readonly secrets: readonly string[]
  readonly source: ConfigSource
  /** Who asks for which value, and who gives it. */
  readonly environment: EnvironmentParts
}

/** Where each setting was written, for messages that come later. */
export interface ConfigSource {
  /** As the user would name it. */
  readonly file: string
  /** The environment's settings, laid over the top level. */
  readonly tree: MapTree
}

/** Reads `belay.yaml` for one environment. Every mistake in it is told at once. */
export function loadConfig(request: LoadRequest): LoadedConfig {
  const file = readConfigFile(request)
  const grown = readYaml(file.text)
  if (grown.tree === undefined) refuseConfig(file, grown.problems)
  const tree = interpolate(withoutExtensions(grown.tree), request.variables)
  const parted = tree.kind === 'map' ? partChannels(tree) : undefined
  const problems = [...grown.problems, ...problemsOf(validate(fileSchema(), parted?.tree ?? tree))]
  if (tree.kind !== 'map' || parted === undefined) refuseConfig(file, problems)

  const environment = chooseEnvironment(tree, request.environment)
  if (environment instanceof Error) {
    if (problems.length > 0) refuseConfig(file, problems)
    throw environment
  }
  const effective = settingsOf(parted.tree, environment)
  problems.push(...missingVariables(effective, request.variables), ...missingHosts(effective))
  if (problems.length > 0) refuseConfig(file, problems)
  const settings = validate(settingsSchema(), effective)
  if (!settings.ok) refuseConfig(file, settings.problems)
  problems.push(...crossCheck(settings.data, effective))
  const about = { settings: settings.data, tree: effective, file }
  problems.push(...scriptProblems(request.files, about))
  const compose = findComposeFiles(request.files, about)
  problems.push(...compose.problems)
  if (problems.length > 0) refuseConfig(file, problems)
  return finish(request, {
    file,
    environment,
    effective,
    written: settingsOf(tree, environment),
    notifyOff: offIn(parted, effective),
    settings: settings.data,
    composeFiles: compose.paths,
  })
}

function problemsOf(validated: ReturnType<typeof validate>): readonly Problem[] {
  return validated.ok ? [] : validated.problems
}

/** The environment's settings, laid over the top level; a file may name no environments at all. */
function settingsOf(file: MapTree, environment: string): MapTree {
  const tree = nodeAt(file, ['environments', environment])
  return overlay(file, tree?.kind === 'map' ? tree : undefined)
}

function chooseEnvironment(file: MapTree, wanted: string | undefined): string | Error {
  const written = nodeAt(file, ['environments'])
  const trees = written?.kind === 'map' ? written.entries : new Map()
  const names = trees.size === 0 ? [DEFAULTS.environment] : [...trees.keys()]
  const [only] = names
  const name = wanted ?? (names.length === 1 ? only : undefined)
  if (name === undefined) return environmentNeeded({ environments: names })
  if (!names.includes(name)) {
    const near = nearest(name, names)
    return environmentUnknown({
      environment: name,
      environments: names,
      ...(near !== undefined && { near }),
    })
  }
  return name
}

function missingHosts(effective: MapTree): readonly Problem[] {
  if (effective.entries.has('hosts')) return []
  const text =
    'hosts is missing; set it at the top level or in the environment: [deploy@example.com]'
  return [{ at: effective.at, path: 'hosts', text }]
}

interface Finish {
  readonly file: ConfigFile
  readonly environment: string
  readonly effective: MapTree
  /** The same with the channels that are off. */
  readonly written: MapTree
  readonly notifyOff: readonly NotifyConfig[]
  readonly settings: Settings
  readonly composeFiles: readonly string[]
}

function finish(request: LoadRequest, loaded: Finish): LoadedConfig {
  const { file, environment, written, settings, composeFiles } = loaded
  const { GITHUB_STEP_SUMMARY, GITLAB_CI } = request.variables
  const { parts, warnings, ...values } = readEnvironmentValues({
    files: request.files,
    variables: request.variables,
    isLenient: request.isLenient === true,
    directory: file.directory,
    composeFiles,
    ...environmentIn(loaded),
  })
  const config = resolve(settings, {
    environment,
    directory: file.directory,
    file: file.path,
    composeFiles,
    notifyOff: loaded.notifyOff,
    githubSummary: GITHUB_STEP_SUMMARY || undefined,
    isGitlab: (GITLAB_CI ?? '') !== '',
    ...values,
    warnings,
  })
  const secret = [...valuesUsed(written, request.variables), ...secretValues(parts)]
  return {
    config,
    secrets: [
      ...secretsAmong(secret, written),
      ...secretsOfChannels(written),
      ...passwordsOf(settings.registry),
    ],
    source: { file: file.shown, tree: written },
    environment: parts,
  }
}

const NONE = 'none' as const

/** What `env` says, with its places. */
function environmentIn({ file, effective, settings }: Finish) {
  const { env } = settings
  const placed = (key: 'file' | 'template', path: string) => {
    const line = nodeAt(effective, ['env', key])?.at.line ?? 1
    return { path: resolvePath(file.directory, path), setAt: `${file.shown}:${line}` }
  }
  const required = env.required.map((name, index) => {
    const line = nodeAt(effective, ['env', 'required', index])?.at.line ?? 1
    return { name, at: `${file.shown}:${line}` }
  })
  const { template } = env
  return {
    required,
    ...(env.file === undefined ? {} : { file: placed('file', env.file) }),
    ...(template === undefined
      ? {}
      : { template: template === 'none' ? NONE : placed('template', template) }),
  }
}

/** What the template says is in the open already. */
function secretValues({ values, envFile, caller }: EnvironmentParts): readonly string[] {
  const given = { ...envFile?.values, ...caller }
  return Object.entries(values).flatMap(([name, value]) => (has(given, name) ? [value] : []))
}
