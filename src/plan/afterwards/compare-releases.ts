import type { ComposeModel } from '../compose-model.ts'
import { renumber } from '../render/renumber.ts'
import type { Release } from '../release.ts'

/** A release as a host keeps it. */
export interface KeptFiles {
  readonly release: Release
  readonly compose: ComposeModel
  readonly base: ComposeModel
  /** Mounted files: path → hash. */
  readonly files: Readonly<Record<string, string>>
}

export type Difference = 'added' | 'removed' | 'changed'

/** What differs between two releases; values of the environment only as keyed hashes. */
export interface Comparison {
  readonly images: readonly ImageDifference[]
  readonly values: readonly ValueDifference[]
  /** Places in what compose is given: `web.mem_limit`. */
  readonly compose: readonly PlaceDifference[]
  readonly files: readonly PlaceDifference[]
}

export interface ImageDifference {
  readonly service: string
  readonly difference: Difference
  readonly from: string | null
  readonly to: string | null
}

export interface ValueDifference {
  readonly service: string
  readonly name: string
  readonly difference: Difference
  /** Equal values have equal hashes on one host, today and next year. */
  readonly from: string | null
  readonly to: string | null
}

export interface PlaceDifference {
  readonly place: string
  readonly difference: Difference
}

export type Digest = (value: string) => string

/** Compares what the two are made of, their own numbers left out. */
export function compareReleases(a: KeptFiles, b: KeptFiles, digest: Digest): Comparison {
  const [from, to] = [partsOf(a), partsOf(b)]
  return {
    images: changes(from.images, to.images).map(({ key, ...rest }) => ({ service: key, ...rest })),
    values: changes(from.environment, to.environment).map((change) => {
      const [service = '', name = ''] = change.key.split('\0')
      const hash = (value: string | null) => (value === null ? null : digest(value))
      const { difference } = change
      return { service, name, difference, from: hash(change.from), to: hash(change.to) }
    }),
    compose: changes(from.compose, to.compose).map(placeOf),
    files: changes(a.files, b.files).map(({ key, difference }) => ({
      place: key.replace(/^files\//, ''),
      difference,
    })),
  }
}

interface Change {
  readonly key: string
  readonly difference: Difference
  readonly from: string | null
  readonly to: string | null
}

type Words = Readonly<Record<string, string>>

function changes(from: Words, to: Words): readonly Change[] {
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort()
  return keys.flatMap((key): Change[] => {
    const before = Object.hasOwn(from, key) ? (from[key] ?? '') : null
    const after = Object.hasOwn(to, key) ? (to[key] ?? '') : null
    if (before === after) return []
    const difference = before === null ? 'added' : after === null ? 'removed' : 'changed'
    return [{ key, difference, from: before, to: after }]
  })
}

function placeOf({ key, difference }: Change): PlaceDifference {
  return { place: key.replaceAll('\0', '.'), difference }
}

interface Parts {
  readonly images: Words
  readonly environment: Words
  readonly compose: Words
}

/** Any number will do, as long as both have the same. */
const SAME = 'r1'

function partsOf({ release, compose, base }: KeptFiles): Parts {
  const same = renumber(release, compose, SAME)
  const names = new Map(same.release.services.map(({ name, key }) => [key, name]))
  const services = [
    ...Object.entries(same.compose.services).map(
      ([key, each]) => [names.get(key) ?? key, each] as const,
    ),
    ...Object.entries(base.services),
  ]
  const images = release.services.map(({ name, image }) => [name, imageWords(image)])
  const ofBase = Object.entries(base.services).map(([name, { image = '' }]) => [name, image])
  const values = services.flatMap(([service, { environment }]) =>
    Object.entries(environment ?? {}).map(([name, value]) => [`${service}\0${name}`, value ?? '']),
  )
  const { services: _, name: __, ...around } = same.compose
  const rest = services.flatMap(([service, { environment: ___, image: ____, ...definition }]) =>
    leavesOf(definition, service),
  )
  return {
    images: Object.fromEntries([...images, ...ofBase]) as Words,
    environment: Object.fromEntries(values) as Words,
    compose: Object.fromEntries([
      ...rest,
      ...leavesOf(around, ''),
      ...leavesOf({ volumes: base.volumes ?? {} }, 'base'),
    ]),
  }
}

function imageWords({ reference, id }: Release['services'][number]['image']): string {
  return `${reference} (${id.replace(/^sha256:/, '').slice(0, 12)})`
}

/** Each single value with the way to it; lists as a whole, as their order means something. */
function leavesOf(data: unknown, way: string): [string, string][] {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    return [[way, JSON.stringify(data) ?? '']]
  }
  return Object.entries(data).flatMap(([key, value]) =>
    leavesOf(value, way === '' ? key : `${way}\0${key}`),
  )
}
