import type * as z from 'zod/mini'
import {
  compact,
  described,
  line,
  listOf,
  optional,
  turned,
  withDefault,
} from '../source/leaves.ts'
import { textMatch, timeout } from './leaves.ts'
import type { TextMatch } from './leaves.ts'

export type ScriptSettings = {
  /** Relative to `belay.yaml`. */
  readonly path: string
  readonly args: readonly string[]
  readonly output?: TextMatch
  readonly timeoutMs: number
}

const PATH = 'the path of a program is needed, such as ./smoke.sh'

/** What may stand below `script:`. */
export function scriptKeys() {
  return {
    path: described(line(PATH), {
      description: 'A program of yours, relative to `belay.yaml`; good when it exits 0.',
      examples: ['./checks/smoke.sh'],
    }),
    args: withDefault(listOf(line('a text of one line is needed'), 'a list is needed'), [], {
      description: 'Words for it.',
      examples: [['--quick']],
    }),
    output: optional(textMatch('ok'), {
      description: 'What it must print: a text, or `{ regex: … }`.',
      examples: ['ok'],
    }),
    timeout: timeout('When to give up on it.', '30s'),
  }
}

/** `script: ./smoke.sh` is short for `script: { path: ./smoke.sh }`. */
export function shortScript() {
  return turned(line(PATH), (path) => ({ path }))
}

type Written = z.output<z.ZodMiniObject<ReturnType<typeof scriptKeys>>>

export function scriptSettings({ path, args, output, timeout }: Written): ScriptSettings {
  return compact({ path, args, output, timeoutMs: timeout })
}
