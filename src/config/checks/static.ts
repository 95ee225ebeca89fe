import type * as z from 'zod/mini'
import { DEFAULTS } from '../defaults.ts'
import { compact, optional, port, someOf, urlPath } from '../source/leaves.ts'
import { fromKeys, fromMistake, fromSettings } from './from.ts'
import type { FromSettings } from './from.ts'
import { timeout } from './leaves.ts'

export type StaticSettings = {
  readonly paths: readonly string[]
  /** A page whose own scripts, styles and images are asked for as well. */
  readonly page?: string
  readonly port?: number
  readonly timeoutMs: number
} & FromSettings

/** What may stand below `static:`. */
export function staticKeys() {
  const some = 'a list of paths is needed, such as [/favicon.ico]'
  return {
    paths: optional(someOf(urlPath(), some), {
      description: 'Files that must be there, and not be empty.',
      examples: [['/favicon.ico', '/robots.txt']],
    }),
    page: optional(urlPath(), {
      description:
        'A page: every script, style, font and image that it names must be there, as far as it ' +
        'is of the same origin (the first 50).',
      examples: ['/'],
    }),
    port: optional(port(), { description: "The container's port, as for `http`.", examples: [80] }),
    ...fromKeys(['host', 'network', 'here']),
    timeout: timeout('When to give up on each.', DEFAULTS.check.timeout),
  }
}

type Written = z.output<z.ZodMiniObject<ReturnType<typeof staticKeys>>>

export function staticMistake(written: Written): string | undefined {
  const { paths, page } = written
  return paths === undefined && page === undefined
    ? 'paths or page is needed'
    : fromMistake(written)
}

export function staticSettings(written: Written): StaticSettings {
  const { paths = [], page, port, timeout } = written
  return compact({ paths, page, port, timeoutMs: timeout, ...fromSettings(written) })
}
