import type * as z from 'zod/mini'
import { DEFAULTS } from '../defaults.ts'
import { compact, line, matching, optional, text } from '../source/leaves.ts'
import { textMatch, timeout } from './leaves.ts'
import type { TextMatch } from './leaves.ts'

export type Engine = 'postgres' | 'mysql' | 'redis'

export type DatabaseSettings = {
  readonly engine: Engine
  /** SQL, or a command of redis; the ping alone when absent. */
  readonly query?: string
  readonly output?: TextMatch
  readonly user?: string
  readonly database?: string
  readonly timeoutMs: number
}

const ABOUT: Readonly<Record<Engine, { query: string; example: string; output: string }>> = {
  postgres: { query: 'SQL', example: 'select count(*) from orders', output: '42' },
  mysql: { query: 'SQL', example: 'select count(*) from orders', output: '42' },
  redis: { query: 'A command of redis', example: 'GET ready', output: 'yes' },
}

/** What may stand below `postgres:`, `mysql:` or `redis:`. */
export function databaseKeys(engine: Engine) {
  const { query, example, output } = ABOUT[engine]
  const plain = matching(/^[A-Za-z0-9_.@-]+$/, 'a plain name is needed, such as shop')
  return {
    query: optional(text('a text is needed'), {
      description: `${query} that must succeed, once the database takes connections.`,
      examples: [example],
    }),
    output: optional(textMatch(output), {
      description: 'What the query must print: a text, or `{ regex: … }`.',
      examples: [output],
    }),
    user: optional(plain, {
      description: "As whom. Left out: the one of the container's own environment.",
      examples: ['shop'],
    }),
    database: optional(line('the name of a database is needed'), {
      description: "Which database. Left out: the one of the container's own environment.",
      examples: [engine === 'redis' ? '0' : 'shop'],
    }),
    timeout: timeout('When to give up.', DEFAULTS.check.commandTimeout),
  }
}

type Written = z.output<z.ZodMiniObject<ReturnType<typeof databaseKeys>>>

export function databaseMistake({ query, output }: Written): string | undefined {
  return output !== undefined && query === undefined
    ? 'output is of a query: say it, too'
    : undefined
}

export function databaseSettings(engine: Engine, written: Written): DatabaseSettings {
  const { query, output, user, database, timeout } = written
  return compact({ engine, query, output, user, database, timeoutMs: timeout })
}
