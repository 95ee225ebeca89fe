import { relative } from 'node:path'
import { configJsonSchema } from './json-schema.ts'
import type { JsonSchema } from './json-schema.ts'
import type { LoadedConfig } from './load.ts'
import { widened } from './source/overlay.ts'
import { childPath } from './source/tree.ts'
import type { Tree } from './source/tree.ts'

/** One setting, what it is, and why. Values from the environment show as `${NAME}`. */
export interface ExplainedSetting {
  readonly setting: string
  readonly value: string
  /** `default`, `belay.yaml:12`, or `belay.yaml:7 (environment production)`. */
  readonly from: string
}

/** Every setting of the chosen environment, also those that nobody wrote down. */
export function explain(loaded: LoadedConfig): readonly ExplainedSetting[] {
  const schema = configJsonSchema()
  const { environment } = loaded.config
  const walk: Walk = { loaded, definitions: schema.definitions ?? {} }
  const chosen = { setting: 'environment', value: environment, from: 'chosen' }
  return [chosen, ...settingsOf(walk, { schema, tree: loaded.source.tree, path: '' })]
}

/** The same as lines of three columns. */
export function explainLines(settings: readonly ExplainedSetting[]): readonly string[] {
  const nameWidth = Math.max(...settings.map(({ setting }) => setting.length))
  const valueWidth = Math.min(40, Math.max(...settings.map(({ value }) => value.length)))
  return settings.map(
    ({ setting, value, from }) =>
      `${setting.padEnd(nameWidth)}  ${value.padEnd(valueWidth)}  ${from}`,
  )
}

interface Walk {
  readonly loaded: LoadedConfig
  readonly definitions: Readonly<Record<string, JsonSchema>>
}

interface At {
  readonly schema: JsonSchema
  /** Absent where nobody wrote anything. */
  readonly tree: Tree | undefined
  readonly path: string
}

/** Maps whose keys are settings of their own. */
const GROUPS: ReadonlySet<string> = new Set('compose env proxy proof hook setup backups'.split(' '))

function settingsOf(walk: Walk, { schema, tree, path }: At): readonly ExplainedSetting[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
    const written = tree?.kind === 'map' ? tree.entries.get(key)?.value : undefined
    const node = written === undefined ? undefined : widened(key, written)
    const at: At = { schema: inner, tree: node, path: childPath(path, key) }
    if (path === '' && key === 'environments') return []
    if (path === '' && key === 'services') return servicesOf(walk, at)
    if (path !== '' || !GROUPS.has(key) || (node !== undefined && node.kind !== 'map')) {
      return [oneSetting(walk, at)]
    }
    const group = [inner, ...(inner.anyOf ?? [])].find((branch) => branch.properties !== undefined)
    return group === undefined ? [] : settingsOf(walk, { ...at, schema: group })
  })
}

function servicesOf(walk: Walk, { tree, path }: At): readonly ExplainedSetting[] {
  const schema = walk.definitions['service'] ?? {}
  if (tree?.kind !== 'map') return []
  return [...tree.entries].flatMap(([name, { value }]) =>
    settingsOf(walk, { schema, tree: value, path: childPath(path, name) }),
  )
}

function oneSetting({ loaded }: Walk, { schema, tree, path }: At): ExplainedSetting {
  if (tree !== undefined) {
    return { setting: path, value: flow(tree), from: placeOf(loaded, tree) }
  }
  const found = foundAround(loaded, path)
  if (found !== undefined) return { setting: path, value: found, from: 'default' }
  const { default: absent } = schema
  if (absent !== undefined) return { setting: path, value: plain(absent), from: 'default' }
  const key = path.slice(path.lastIndexOf('.') + 1)
  return { setting: path, value: CHOSEN_LATER[key] ?? '-', from: 'not set' }
}

const CHOSEN_LATER: Readonly<Record<string, string>> = {
  role: 'guessed (see `belay plan`)',
  rollout: 'chosen (see `belay plan`)',
  calls: 'found (see `belay plan`)',
  hold: 'as long as a hand-over may take',
  'stop-grace': 'as the compose file says',
}

/** Defaults that depend on which files are there. */
function foundAround({ config, environment }: LoadedConfig, path: string): string | undefined {
  const shown = (file: string): string => relative(config.directory, file) || file
  if (path === 'compose.files') return list(config.compose.files.map(shown))
  if (path === 'env.template' && environment.template !== undefined) {
    return shown(environment.template.path)
  }
  if (path === 'env.file' && config.compose.envFile !== undefined) {
    return shown(config.compose.envFile)
  }
  return undefined
}

function placeOf({ source, config }: LoadedConfig, tree: Tree): string {
  const isOverride = tree.path.startsWith('environments.')
  return `${source.file}:${tree.at.line}${isOverride ? ` (environment ${config.environment})` : ''}`
}

/** A tree on one line, the values as they were written. */
function flow(tree: Tree): string {
  if (tree.kind === 'list') return list(tree.items.map(flow))
  if (tree.kind === 'map') {
    const pairs = [...tree.entries].map(([key, { value }]) => `${key}: ${flow(value)}`)
    return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`
  }
  return /[\p{Cc}]/u.test(tree.written) ? JSON.stringify(tree.written) : tree.written
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return list(value.map(plain))
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function list(items: readonly string[]): string {
  return `[${items.join(', ')}]`
}
