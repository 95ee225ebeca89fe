import { parseDuration } from '../../base/duration.ts'
import { badFlagValue } from '../failures.ts'

/** A flag: how it reads, and what a command gets from it. */
export interface Flag<Value> {
  readonly short?: string
  /** What stands for its value in the help; a switch has none. */
  readonly value?: string
  readonly summary: string
  /** From what was typed (`true` for a switch); throws `badFlagValue`. */
  readonly read: (given: string | true | undefined, name: string) => Value
}

export type Flags = Readonly<Record<string, Flag<unknown>>>

export type FlagValues<Given extends Flags> = {
  readonly [Name in keyof Given]: Given[Name] extends Flag<infer Value> ? Value : never
}

export function toggle(summary: string, short?: string): Flag<boolean> {
  return {
    summary,
    ...(short === undefined ? {} : { short }),
    read: (given) => given === true,
  }
}

export function text(value: string, summary: string): Flag<string | undefined> {
  return {
    value,
    summary,
    read: (given, flag) => {
      if (given === '') throw badFlagValue({ flag, value: '', expected: 'a value' })
      return given === true ? undefined : given
    },
  }
}

export function count(byDefault: number, summary: string, short?: string): Flag<number> {
  return {
    value: 'n',
    summary: `${summary} (${byDefault} when not given)`,
    ...(short === undefined ? {} : { short }),
    read: (given, flag) => {
      if (given === undefined) return byDefault
      const value = Number(given)
      if (Number.isInteger(value) && value > 0 && value <= COUNT_MAX) return value
      throw badFlagValue({
        flag,
        value: String(given),
        expected: `a number from 1 to ${COUNT_MAX}`,
      })
    },
  }
}

const COUNT_MAX = 10_000

/** One word of a list; the first where none is given. */
export function choice<Word extends string>(
  words: readonly [Word, ...Word[]],
  summary: string,
): Flag<Word> {
  return {
    value: 'word',
    summary: `${summary} (${words[0]} when not given)`,
    read: (given, flag) => {
      if (given === undefined) return words[0]
      const found = words.find((word) => word === given)
      if (found !== undefined) return found
      throw badFlagValue({ flag, value: String(given), expected: `one of ${words.join(', ')}` })
    },
  }
}

export function duration(byDefaultMs: number, summary: string): Flag<number> {
  return {
    value: 'time',
    summary,
    read: (given, flag) => {
      if (given === undefined) return byDefaultMs
      const ms = parseDuration(String(given))
      if (ms !== undefined) return ms
      throw badFlagValue({ flag, value: String(given), expected: 'a time like 30s, 5m or 1h' })
    },
  }
}

/** Accepted by every command, before or after its name. */
export const GLOBAL_FLAGS = {
  directory: { ...text('dir', 'work in this folder instead of the current one'), short: 'C' },
  config: text('file', 'read this file instead of belay.yaml'),
  json: toggle('one JSON event per line on standard output'),
  yes: toggle('answer yes to whatever would be asked'),
  quiet: toggle('only warnings, failures and the end'),
  verbose: toggle('every step as it starts, and why'),
  noColor: toggle('no colours (also: NO_COLOR in the environment)'),
} as const

export type Globals = {
  readonly [Name in keyof typeof GLOBAL_FLAGS]: ReturnType<(typeof GLOBAL_FLAGS)[Name]['read']>
}

/** `dryRun` → `dry-run`. */
export function flagName(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
