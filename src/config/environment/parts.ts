import type { Variables } from '../source/interpolate.ts'
import type { ComposeUses } from './compose-uses.ts'
import type { MissingName } from './missing-name.ts'
import type { TemplateName } from './template.ts'

/** Everything that gives or asks for values, for whoever explains them. */
export interface EnvironmentParts {
  readonly envFile: EnvFile | undefined
  readonly template: Template | undefined
  /** Where it is, or would be. */
  readonly templatePath: string
  readonly uses: ComposeUses
  readonly required: readonly RequiredName[]
  /** What the caller has for names that Belay takes from there. */
  readonly caller: Readonly<Record<string, string>>
  readonly variables: Variables
  readonly values: Readonly<Record<string, string>>
  readonly missing: readonly MissingName[]
  /** A path as the user would name it. */
  readonly shown: (path: string) => string
}

export interface EnvFile {
  readonly path: string
  readonly values: Readonly<Record<string, string>>
  readonly lines: ReadonlyMap<string, number>
}

export interface Template {
  readonly path: string
  readonly names: readonly TemplateName[]
}

export interface RequiredName {
  readonly name: string
  /** `belay.yaml:7`. */
  readonly at: string
}

/** An empty one counts as none. */
export function has(values: Variables, name: string): boolean {
  return Object.hasOwn(values, name) && values[name] !== undefined && values[name] !== ''
}
