import * as z from 'zod/mini'
import { DEFAULTS } from '../defaults.ts'
import { duration, keyed, matching, optional, regex, someOf, text } from '../source/leaves.ts'
import { turned, whole, withDefault } from '../source/leaves.ts'

/** Values that several kinds of checks are told, and their types. All of it is plain data. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue }

/** `regex` is for `compilePattern`. */
export type TextMatch = { readonly contains: string } | { readonly regex: string }

export function timeout(description: string, absent: string) {
  return withDefault(duration('1ms', '10m'), absent, { description, examples: ['2s'] })
}

export function statusCodes() {
  const allowed = 'a status is a whole number from 100 to 599, or a list of them'
  const code = whole(100, 599, allowed)
  const written = z.union([code, someOf(code, allowed)], { error: allowed })
  const codes = turned(written, (status) => (typeof status === 'number' ? [status] : status))
  return withDefault(codes, DEFAULTS.check.status, {
    description: "The answer's status, or a list of good ones.",
    examples: [[200, 204]],
  })
}

export function headerName() {
  return matching(
    /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/,
    'the name of a header has only letters, digits and - in it',
  )
}

export function textMatch(example: string) {
  const allowed = 'a text, {contains: …} or {regex: …} is needed'
  const either = keyed({
    contains: optional(text(allowed), {
      description: 'The text that is there.',
      examples: [example],
    }),
    regex: optional(regex(), {
      description: 'A regular expression that matches; a leading `(?i)` ignores case.',
      examples: ['v[0-9]+'],
    }),
  }).check(
    z.refine((match) => (match.contains === undefined) !== (match.regex === undefined), {
      error: 'exactly one of contains and regex is needed',
    }),
  )
  const contains = turned(text(allowed), (text): TextMatch => ({ contains: text }))
  const chosen = turned(
    either,
    ({ contains, regex }): TextMatch =>
      regex === undefined ? { contains: contains ?? '' } : { regex },
  )
  return z.union([contains, chosen], { error: allowed })
}
