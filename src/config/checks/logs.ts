import type * as z from 'zod/mini'
import { compact, optional, regex } from '../source/leaves.ts'

/** At least one of the two; both are for `compilePattern`. */
export type LogsSettings = { readonly not?: string; readonly must?: string }

export function logsKeys() {
  return {
    not: optional(regex(), {
      description: 'No line since the start matches this. A leading `(?i)` ignores case.',
      examples: ['(?i)panic|unhandled'],
    }),
    must: optional(regex(), {
      description: 'At least one line matches this.',
      examples: ['listening on'],
    }),
  }
}

/** What was written, after the schema has read it. */
type Written = z.output<z.ZodMiniObject<ReturnType<typeof logsKeys>>>

export function logsSettings({ not, must }: Written): LogsSettings {
  return compact({ not, must })
}
