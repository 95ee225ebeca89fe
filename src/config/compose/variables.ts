import type { Position } from '../source/problem.ts'
import type { Tree } from '../source/tree.ts'
import { entriesOf, textOf } from './parts.ts'

/** A variable that a compose file takes from compose's own environment, and where. */
export interface VariableUse {
  readonly name: string
  /** Keys on the way to it: `services`, `web`, `image`. */
  readonly keys: readonly string[]
  readonly at: Position
  /** What the file itself says for the case that it has no value. */
  readonly otherwise: Otherwise
}

/** `blank`: plain `${NAME}`. `passed`: a name alone, which stands for the caller's value, if any. */
export type Otherwise =
  | { readonly kind: 'blank' | 'passed' | 'extra' }
  /** `${NAME:-word}` and `${NAME:?word}`. */
  | { readonly kind: 'default' | 'demand'; readonly word: string }

const REFERENCE = /\$(?:\$|\{?([A-Za-z_]\w*))/g
const BRACED = /^\$\{\w+:?([-?+])/

/** `$NAME`, `${NAME…}` in any text, and names that stand for their own value. */
export function variablesIn(tree: Tree, keys: readonly string[] = []): readonly VariableUse[] {
  if (tree.kind === 'map') {
    return entriesOf(tree).flatMap(([key, value]) => [
      ...(isPassedOn(value, keys) ? [{ name: key, keys, at: value.at, otherwise: PASSED }] : []),
      ...variablesIn(value, [...keys, key]),
    ])
  }
  if (tree.kind === 'list') {
    return tree.items.flatMap((item) => [
      ...bareName(item, keys).map((name) => ({ name, keys, at: item.at, otherwise: PASSED })),
      ...variablesIn(item, keys),
    ])
  }
  const text = textOf(tree) ?? ''
  const named = isVariablesName(keys) ? [{ name: text, otherwise: BLANK }] : []
  return [...named, ...usesIn(text)].map((use) => ({ ...use, keys, at: tree.at }))
}

const PASSED: Otherwise = { kind: 'passed' }
const BLANK: Otherwise = { kind: 'blank' }

/** The same with what stands behind each name. */
function usesIn(text: string): readonly Pick<VariableUse, 'name' | 'otherwise'>[] {
  return [...text.matchAll(REFERENCE)].flatMap(({ 1: name, index }) =>
    name === undefined ? [] : [{ name, otherwise: otherwiseIn(text.slice(index)) }],
  )
}

function otherwiseIn(text: string): Otherwise {
  const [begin = '', operator] = BRACED.exec(text) ?? []
  const word = text.slice(begin.length).split('}', 1)[0] ?? ''
  if (operator === '-') return { kind: 'default', word }
  if (operator === '?') return { kind: 'demand', word }
  return operator === '+' ? { kind: 'extra' } : BLANK
}

/** Names that a text refers to. */
export function referencesIn(text: string): readonly string[] {
  return [...text.matchAll(REFERENCE)].flatMap(([, name]) => name ?? [])
}

/** `environment: { TOKEN: }` */
function isPassedOn(value: Tree, keys: readonly string[]): boolean {
  return isEnvironment(keys) && value.kind === 'scalar' && value.value === null
}

/** `environment: [TOKEN]` */
function bareName(item: Tree, keys: readonly string[]): string[] {
  const text = textOf(item)
  return isEnvironment(keys) && text !== undefined && /^[A-Za-z_]\w*$/.test(text) ? [text] : []
}

/** Where a name without a value stands for the caller's. */
function isEnvironment(keys: readonly string[]): boolean {
  const last = keys.at(-1)
  if (keys[0] !== 'services') return false
  return (last === 'environment' && keys.length === 3) || (last === 'args' && keys.length === 4)
}

/** `secrets: { token: { environment: TOKEN } }` */
function isVariablesName(keys: readonly string[]): boolean {
  const [top, , key] = keys
  return (top === 'secrets' || top === 'configs') && key === 'environment' && keys.length === 3
}
