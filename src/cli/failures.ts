import { defineFailure } from '../base/failure.ts'

/** Expected failures of the command line itself. */

export const notUnderstood = defineFailure<{ problem: string; near: string | undefined }>({
  code: 'NOT_UNDERSTOOD',
  exit: 'input',
  message: ({ problem }) => `not understood: ${problem}`,
  hint: ({ near }) =>
    near === undefined ? 'belay --help lists the commands.' : `Did you mean ${near}?`,
})

export const wordMissing = defineFailure<{ command: string; what: string }>({
  code: 'WORD_MISSING',
  exit: 'input',
  message: ({ command, what }) => `belay ${command} needs ${what}`,
  hint: ({ command }) => `belay ${command} --help shows how it is called.`,
})

export const badFlagValue = defineFailure<{ flag: string; value: string; expected: string }>({
  code: 'BAD_FLAG_VALUE',
  exit: 'input',
  message: ({ flag, value }) => `--${flag} cannot be ${JSON.stringify(value)}`,
  hint: ({ flag, expected }) => `Give --${flag} ${expected}.`,
})

export const flagsExclude = defineFailure<{ flags: readonly [string, string] }>({
  code: 'FLAGS_EXCLUDE',
  exit: 'input',
  message: ({ flags: [one, other] }) => `${one} and ${other} do not go together`,
  hint: ({ flags: [one, other] }) => `Give ${one} or ${other}.`,
})

export const directoryMissing = defineFailure<{ directory: string }>({
  code: 'DIRECTORY_MISSING',
  exit: 'input',
  message: ({ directory }) => `there is no folder ${directory}`,
  hint: () => 'Check what follows -C: it is the folder that belay.yaml lies in.',
})

export const logFileUnwritable = defineFailure<{ file: string; reason: string }>({
  code: 'LOG_FILE_UNWRITABLE',
  exit: 'input',
  message: ({ file, reason }) => `the log ${file} cannot be written (${reason})`,
  hint: () => 'Nothing was begun. Give --log a file in a folder that is there and yours.',
})

export const consentNeeded = defineFailure<{ command: string; what: string }>({
  code: 'CONSENT_NEEDED',
  exit: 'unavailable',
  message: ({ command, what }) =>
    `belay ${command} asks before it ${what}, and there is nobody here to answer`,
  hint: () => 'Run it at a terminal, or say yes beforehand with --yes.',
})

export const notAgreed = defineFailure<{ command: string }>({
  code: 'NOT_AGREED',
  exit: 'unavailable',
  message: ({ command }) => `belay ${command} was not agreed to; nothing was touched`,
  hint: () => 'Run it again when you are ready.',
})

export const fingerprintNeeded = defineFailure<{ host: string; shown: string }>({
  code: 'FINGERPRINT_NEEDED',
  exit: 'unavailable',
  message: ({ host }) => `the key of ${host} has changed, and --yes is not enough to replace it`,
  hint: ({ shown }) =>
    `If you have compared it with the server's own, give it: --fingerprint ${shown}`,
})

export const fingerprintDiffers = defineFailure<{ host: string; shown: string; wanted: string }>({
  code: 'FINGERPRINT_DIFFERS',
  exit: 'unavailable',
  message: ({ host, shown, wanted }) => `${host} shows ${shown}, and not ${wanted}; it is not kept`,
  hint: () =>
    'Compare both with what the server itself says. If neither is its own, somebody is in between.',
})

export const interruptedEarly = defineFailure<{ command: string }>({
  code: 'COMMAND_INTERRUPTED',
  exit: 'interrupted',
  message: ({ command }) => `belay ${command} was interrupted`,
  hint: () =>
    'If a release was not confirmed yet, the servers put the old one back; belay status tells.',
})
