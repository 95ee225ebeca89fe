import type { Problem } from '../source/problem.ts'
import { scalarsOf } from '../source/interpolate.ts'
import { type MapTree, type Tree, nodeAt } from '../source/tree.ts'
import { plainData, validate } from '../source/validate.ts'
import { CHANNEL_SECRETS, CHANNELS } from './notify-channels.ts'
import { channelTitle, notifyItem, type NotifyConfig } from './notify.ts'

type Off = Extract<NotifyConfig, { state: 'off' }>

export interface PartedChannels {
  /** The file without the channels that cannot be used from here. */
  readonly tree: MapTree
  /** Those, by the path of the list that they stood in. */
  readonly off: ReadonlyMap<string, readonly Off[]>
}

/**
 * A token that is missing here must not stop a rollback: a channel whose `${NAME}` has no value, or
 * one that makes no sense, is taken out and told as off. What is wrong in the file itself stays in,
 * and is a mistake as everywhere.
 */
export function partChannels(file: MapTree): PartedChannels {
  const off = new Map<string, readonly Off[]>()
  const part = (map: MapTree): MapTree => {
    const entry = map.entries.get('notify')
    if (entry?.value.kind !== 'list') return map
    const judged = entry.value.items.map((item) => ({ item, because: whyOff(item) }))
    off.set(
      entry.value.path,
      judged.flatMap(({ item, because }) => (because === undefined ? [] : [offOf(item, because)])),
    )
    const items = judged.flatMap(({ item, because }) => (because === undefined ? [item] : []))
    return withEntry(map, 'notify', { ...entry.value, items })
  }
  const top = part(file)
  const environments = top.entries.get('environments')?.value
  if (environments?.kind !== 'map') return { tree: top, off }
  const parted = [...environments.entries.keys()].reduce((all, name) => {
    const one = all.entries.get(name)?.value
    return one?.kind === 'map' ? withEntry(all, name, part(one)) : all
  }, environments)
  return { tree: withEntry(top, 'environments', parted), off }
}

/** Those of the list that the environment's settings took. */
export function offIn({ off }: PartedChannels, settings: MapTree): readonly Off[] {
  return off.get(nodeAt(settings, ['notify'])?.path ?? '') ?? []
}

/** Tokens and the like, however they came into the file. */
export function secretsOfChannels(settings: MapTree): readonly string[] {
  const list = nodeAt(settings, ['notify'])
  if (list?.kind !== 'list') return []
  return list.items.flatMap((item) =>
    CHANNEL_SECRETS.flatMap(([kind, key]) => {
      const node = nodeAt(item, [kind, key])
      return node?.kind === 'scalar' && typeof node.value === 'string' ? [node.value] : []
    }),
  )
}

function withEntry(map: MapTree, key: string, value: Tree): MapTree {
  const entry = map.entries.get(key)
  if (entry === undefined) return map
  return { ...map, entries: new Map(map.entries).set(key, { ...entry, value }) }
}

/** Undefined for a channel that can be used, and for one that is a mistake of the file's own. */
function whyOff(item: Tree): string | undefined {
  const scalars = scalarsOf(item)
  const filled = scalars.filter(({ variables }) => variables.length > 0)
  if (filled.length === 0) return undefined
  const missing = scalars.flatMap((scalar) => scalar.missing)
  if (!missing.every((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name))) return undefined
  const validated = validate(notifyItem(), item)
  const problems = validated.ok ? [] : validated.problems
  const blamed = problems.map((problem) => filled.find(({ path }) => concerns(problem, path)))
  if (blamed.includes(undefined)) return undefined
  if (missing.length > 0) return `${listed(missing)} ${missing.length > 1 ? 'are' : 'is'} not set`
  const [first] = blamed
  if (first === undefined) return undefined
  return `the value of ${listed(first.variables)} cannot be used for ${first.path}`
}

/** Also where a union speaks for its whole: the value stands below it. */
function concerns({ path }: Problem, scalar: string): boolean {
  return path === scalar
}

function listed(names: readonly string[]): string {
  return [...new Set(names)].join(', ')
}

function offOf(item: Tree, because: string): Off {
  const data = plainData(item, new Set()) as Record<string, unknown>
  const kind = CHANNELS.find((each) => Object.hasOwn(data, each)) ?? 'a channel'
  const name = typeof data['name'] === 'string' ? data['name'] : undefined
  return { state: 'off', title: channelTitle(kind, name), because }
}
