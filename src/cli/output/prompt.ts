import { confirm, isCancel, select, text } from '@clack/prompts'
import type { Readable, Writable } from 'node:stream'
import type { Prompt } from '../consent.ts'

/** Questions go to stderr: stdout is for answers, and may be a file. */
export function terminalPrompt(streams: {
  readonly input: Readable
  readonly output: Writable
  readonly signal: AbortSignal
}): Prompt {
  const common = { ...streams, withGuide: false }
  return {
    yesOrNo: async (message) =>
      answered(await confirm({ ...common, message, initialValue: false })),
    line: async (message, { offered, check } = {}) => {
      const shown = offered === undefined ? {} : { placeholder: offered, defaultValue: offered }
      const validate = (answer: string | undefined) => check?.(answer || (offered ?? ''))
      return answered(await text({ ...common, ...shown, message, validate }))
    },
    choose: async (message, options) => {
      const listed = options.map((value) => ({ value, label: value }))
      return answered(await select({ ...common, message, options: listed }))
    },
  }
}

function answered<T>(answer: T): Exclude<T, symbol> | undefined {
  return isCancel(answer) ? undefined : (answer as Exclude<T, symbol>)
}
