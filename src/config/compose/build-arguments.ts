import type { Lookup } from '../source/expand.ts'
import type { Position } from '../source/problem.ts'
import type { Tree } from '../source/tree.ts'
import { isPlainName } from './caller-secrets.ts'
import { at, entriesOf, itemsOf, textOf } from './parts.ts'
import { isOrdinary } from '../settings/secrets.ts'
import { referencesIn } from './variables.ts'

/** A build argument that takes a value from outside, which may be a secret. */
export interface OutsideArgument {
  readonly service: string
  readonly name: string
  readonly variable: string
  readonly at: Position
}

/** Arguments whose value comes from the env file or the caller, and is no word that many use. */
export function outsideArguments(tree: Tree, lookup: Lookup): readonly OutsideArgument[] {
  return entriesOf(at(tree, 'services')).flatMap(([service, written]) => {
    const args = at(at(written, 'build'), 'args')
    return [...fromMap(args), ...fromList(args)].flatMap(({ name, names, at: place }) => {
      const variable = names.find((each) => isTaken(each, lookup))
      return variable === undefined ? [] : [{ service, name, variable, at: place }]
    })
  })
}

interface Argument {
  readonly name: string
  /** Variables that go into its value. */
  readonly names: readonly string[]
  readonly at: Position
}

/** A name without a value is the caller's own. */
function fromMap(args: Tree | undefined): Argument[] {
  return entriesOf(args).map(([name, value]) => {
    const text = textOf(value)
    return { name, names: text === undefined ? [name] : referencesIn(text), at: value.at }
  })
}

function fromList(args: Tree | undefined): Argument[] {
  if (args?.kind !== 'list') return []
  return itemsOf(args).flatMap((item) => {
    const [, name, equals, text = ''] = /^([^=]+)(=?)(.*)$/s.exec(textOf(item) ?? '') ?? []
    if (name === undefined) return []
    return [{ name, names: equals === '' ? [name] : referencesIn(text), at: item.at }]
  })
}

/** One without a value leaves the file's own default, which everybody can read anyway. */
function isTaken(name: string, lookup: Lookup): boolean {
  const value = lookup(name)
  return value !== undefined && value !== '' && !isPlainName(name) && !isOrdinary(value)
}
