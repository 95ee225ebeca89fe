import * as z from 'zod/mini'
import { DEFAULTS } from '../defaults.ts'
import { compact, described, optional, someOf, text } from '../source/leaves.ts'
import { textMatch, timeout } from './leaves.ts'
import type { TextMatch } from './leaves.ts'

export type CommandSettings = {
  readonly argv: readonly string[]
  readonly output?: TextMatch
  readonly timeoutMs: number
}

export function commandKeys() {
  const allowed = 'a command is a text for the shell, or a list of words for none'
  const words = someOf(text(allowed), allowed)
  return {
    command: described(z.union([text(allowed), words], { error: allowed }), {
      description:
        'Run inside a container of the service; good when it exits 0. A text goes to the ' +
        "container's `/bin/sh`; a list of words needs no shell.",
      examples: ['redis-cli ping'],
    }),
    output: optional(textMatch('PONG'), {
      description: 'What it must print: a text, or `{ regex: … }`.',
      examples: ['PONG'],
    }),
    timeout: timeout('When to give up on the command.', DEFAULTS.check.commandTimeout),
  }
}

/** What was written, after the schema has read it. */
type Written = z.output<z.ZodMiniObject<ReturnType<typeof commandKeys>>>

export function commandSettings(written: Written): CommandSettings {
  const { command, output, timeout } = written
  const argv = typeof command === 'string' ? ['/bin/sh', '-c', command] : command
  return compact({ argv, output, timeoutMs: timeout })
}
