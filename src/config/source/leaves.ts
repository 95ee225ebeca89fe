import * as z from 'zod/mini'
import { parseDuration } from '../../base/duration.ts'
import { compilePattern } from '../pattern.ts'
import { asciiDomain } from './domain.ts'
import { isNetwork } from './network.ts'

// zod's small face: as strict as the other, and a third of its time to start.

/** What is published about a setting: in the JSON Schema, in the guide, in editors. */
export interface About {
  readonly description: string
  readonly examples?: readonly unknown[]
  /** Names a part of the JSON Schema that is used in several places. */
  readonly id?: string
}

type AnySchema = z.core.$ZodType

export function described<Schema extends AnySchema>(schema: Schema, about: About): Schema {
  z.globalRegistry.add(schema, { ...about })
  return schema
}

/** A key that may be left out, and what holds then. */
export function withDefault<Schema extends AnySchema>(
  schema: Schema,
  absent: z.core.input<Schema>,
  about: About,
) {
  return described(z.prefault(schema, absent as Parameters<typeof z.prefault<Schema>>[1]), about)
}

/** A key that may be left out, for which something else is chosen or nothing holds then. */
export function optional<Schema extends AnySchema>(schema: Schema, about: About) {
  return described(z.optional(schema), about)
}

/** What was written, as the code takes it. */
export function turned<Schema extends AnySchema, Result>(
  schema: Schema,
  turn: (written: z.core.output<Schema>) => Result,
) {
  return z.pipe(schema, z.transform(turn))
}

/**
 * The single values that settings are made of. Each carries, as its `error`, the sentence that says
 * what is allowed; `issue.ts` puts the place and the wrong value before it. The error of a
 * `keyed` map is the list of its keys, of which the nearest is then proposed.
 */
export function keyed<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, { error: Object.keys(shape).join(', ') })
}

export function listOf<Item extends AnySchema>(item: Item, allowed: string) {
  return z.array(item, { error: allowed })
}

export function someOf<Item extends AnySchema>(item: Item, allowed: string) {
  return listOf(item, allowed).check(z.minLength(1, { error: allowed }))
}

const DURATION = 'a duration is a number with a unit: 500ms, 30s, 5m, 1h'

/** `30s`, as milliseconds. */
export function duration(least: string, most: string) {
  const within = `a duration from ${least} to ${most} is needed here`
  const [min, max] = [parseDuration(least) ?? 0, parseDuration(most) ?? 0]
  const written = matching(/^(\d+(\.\d+)?(ms|s|m|h|d))+$/, DURATION)
  return turned(written, (text) => parseDuration(text) ?? 0).check(
    z.refine((ms) => ms >= min && ms <= max, { error: within }),
  )
}

export function port() {
  return whole(1, 65_535, 'a port is a whole number from 1 to 65535')
}

export function whole(min: number, max: number, allowed: string) {
  const limits = [z.minimum(min, { error: allowed }), z.maximum(max, { error: allowed })]
  return z.int({ error: allowed }).check(...limits)
}

export function matching(pattern: RegExp, allowed: string) {
  // A union lets its other members speak only when this one gives up.
  return z.string({ error: allowed }).check(z.regex(pattern, { error: allowed, abort: true }))
}

/** A text that passes a test which no pattern can express. */
export function passing(test: (text: string) => boolean, allowed: string) {
  return z.string({ error: allowed }).check(z.refine(test, { error: allowed }))
}

/** A text of one line that is not empty. */
export function line(allowed: string) {
  return passing((text) => text.trim() !== '' && !/\p{Cc}/u.test(text), allowed)
}

/** Any text that is not empty, also over several lines. */
export function text(allowed: string) {
  return z.string({ error: allowed }).check(z.minLength(1, { error: allowed }))
}

export function regex() {
  const allowed = 'a regular expression is needed, such as "error|fatal"'
  return text(allowed).check(
    z.refine((source) => compilePattern(source) !== undefined, { error: allowed }),
  )
}

const DOMAIN =
  'a domain is a name such as shop.example.com, without scheme, port or path, ' +
  'or "*" for any name over plain HTTP'

/** Lower case, and in ASCII where it was written in another script. */
export function domain() {
  const written = passing((name) => name === '*' || asciiDomain(name) !== undefined, DOMAIN)
  return turned(written, (name) => (name === '*' ? name : (asciiDomain(name) ?? name)))
}

/** Addresses that are believed; `private` stands for all private ranges. */
export function networks() {
  const allowed =
    'a list of addresses and ranges is needed, such as [10.0.0.5, 192.168.1.0/24]; private in it ' +
    'stands for all private ranges'
  return listOf(
    passing((text) => text === 'private' || isNetwork(text), allowed),
    allowed,
  )
}

/** A path prefix, without the slash at its end: `/api/` and `/api` are one route. */
export function routePath() {
  const written = matching(
    /^\/[A-Za-z0-9._~@+,=:/-]*$/,
    'a path begins with / and has only letters, digits and . _ ~ @ + , = : - in it',
  )
  return turned(written, (path) => path.replace(/\/+$/, '') || '/')
}

export function urlPath() {
  return matching(
    /^\/[\x21-\x7e]*$/,
    'a path begins with /, and everything but plain ASCII in it is percent-encoded',
  )
}

export function variableName() {
  return matching(
    /^[A-Za-z_][A-Za-z0-9_]*$/,
    'the name of a variable has only letters, digits and _ in it, such as DATABASE_URL',
  )
}

/** The data without the keys that are undefined, which `exactOptionalPropertyTypes` tells apart. */
export function compact<T extends object>(data: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const kept = Object.entries(data).filter(([, value]) => value !== undefined)
  return Object.fromEntries(kept) as { [K in keyof T]: Exclude<T[K], undefined> }
}
