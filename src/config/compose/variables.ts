import type { Tree } from '../source/tree.ts'
import { entriesOf, textOf } from './parts.ts'

/** A variable that a compose file takes from compose's own environment, and where. */
export interface VariableUse {
  readonly name: string
  /** Keys on the way to it: `services`, `web`, `image`. */
  readonly keys: readonly string[]
}

const REFERENCE = /\$(?:\$|\{?([A-Za-z_]\w*))/g

/** `$NAME`, `${NAME…}` in any text, and names that stand for their own value. */
export function variablesIn(tree: Tree, keys: readonly string[] = []): readonly VariableUse[] {
  if (tree.kind === 'map') {
    return entriesOf(tree).flatMap(([key, value]) => [
      ...(isPassedOn(value, keys) ? [{ name: key, keys }] : []),
      ...variablesIn(value, [...keys, key]),
    ])
  }
  if (tree.kind === 'list') {
    return tree.items.flatMap((item) => [
      ...bareName(item, keys).map((name) => ({ name, keys })),
      ...variablesIn(item, keys),
    ])
  }
  const text = textOf(tree) ?? ''
  const named = isVariablesName(keys) ? [text] : []
  return [...named, ...referencesIn(text)].map((name) => ({ name, keys }))
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
