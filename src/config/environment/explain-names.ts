import { isPlainName } from '../compose/caller-secrets.ts'
import type { LoadedConfig } from '../load.ts'
import { type EnvironmentParts, has } from './parts.ts'

/** One name, and where its value comes from; never the value. */
export interface ExplainedName {
  readonly name: string
  readonly state: 'given' | 'default' | 'missing' | 'none'
  /** `.env:3`, `the caller`, `.env.example:4`, `compose.yaml:7`; what is wrong with it, else. */
  readonly from: string
  /** What it is for, as the template says. */
  readonly about: string
}

/** What `belay env check` answers. */
export interface EnvironmentReport {
  readonly app: string
  readonly environment: string
  readonly names: readonly ExplainedName[]
  /** How many of them must have a value and have none. */
  readonly missing: number
  readonly warnings: readonly string[]
}

export function explainEnvironment({
  config,
  environment,
}: Pick<LoadedConfig, 'config' | 'environment'>): EnvironmentReport {
  return {
    app: config.app,
    environment: config.environment,
    names: explainNames(environment),
    missing: environment.missing.length,
    warnings: config.env.warnings ?? [],
  }
}

/** Every name that anything asks for or gives, in the order of the alphabet. */
export function explainNames(parts: EnvironmentParts): readonly ExplainedName[] {
  const { envFile, template, uses, required } = parts
  const names = new Set([
    ...(template?.names ?? []).map(({ name }) => name),
    ...required.map(({ name }) => name),
    ...uses.uses.filter(({ name }) => !isOfSystem(name, parts)).map(({ name }) => name),
    ...(envFile?.lines.keys() ?? []),
  ])
  return [...names].sort().map((name) => ({
    name,
    ...originOf(name, parts),
    about: template?.names.find((each) => each.name === name)?.about ?? '',
  }))
}

/** `${HOME}` and the like are no settings of the app. */
function isOfSystem(name: string, { variables }: EnvironmentParts): boolean {
  return /^(HOME|PWD|PATH|USER|UID|GID)$/.test(name) && isPlainName(name) && has(variables, name)
}

function originOf(name: string, parts: EnvironmentParts): Pick<ExplainedName, 'state' | 'from'> {
  const { envFile, template, uses, caller, variables, missing, shown } = parts
  const line = envFile?.lines.get(name)
  const lost = missing.find((each) => each.name === name)
  if (lost !== undefined) {
    const what = { placeholder: 'only a placeholder, ', empty: 'empty, ', missing: '' }[lost.why]
    return { state: 'missing', from: `${what}asked for by ${lost.at}` }
  }
  if (envFile !== undefined && line !== undefined && has(envFile.values, name)) {
    return { state: 'given', from: `${shown(envFile.path)}:${line}` }
  }
  if (has(caller, name)) return { state: 'given', from: 'the caller' }
  const written = template?.names.find((each) => each.name === name)
  if (template !== undefined && written !== undefined && written.default !== '') {
    return { state: 'default', from: `${shown(template.path)}:${written.line}` }
  }
  if (envFile !== undefined && line !== undefined) {
    return { state: 'none', from: `empty in ${shown(envFile.path)}:${line}` }
  }
  const used = uses.uses.filter((use) => use.name === name)
  if (used.length > 0 && has(variables, name)) return { state: 'given', from: 'the caller' }
  const own = used.find(({ otherwise }) => otherwise.kind === 'default')
  if (own !== undefined) return { state: 'default', from: `${shown(own.file)}:${own.at.line}` }
  return { state: 'none', from: 'not set' }
}
