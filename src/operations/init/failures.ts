import { defineFailure } from '../../base/failure.ts'

export const configExists = defineFailure<{ file: string }>({
  code: 'CONFIG_EXISTS',
  exit: 'input',
  message: ({ file }) => `${file} is there already, and is left as it is`,
  hint: () =>
    'Change it by hand; `belay check` says whether it is right. Or write another: --config.',
})

export const noComposeFile = defineFailure<{ directory: string; names: readonly string[] }>({
  code: 'NO_COMPOSE_FILE',
  exit: 'input',
  message: ({ directory, names }) =>
    `there is no compose file in ${directory} (${names.join(', ')})`,
  hint: () => 'Go to the folder of the app, or name it with -C; another file with --compose.',
})

export const composeUnreadable = defineFailure<{ file: string; reason: string }>({
  code: 'COMPOSE_UNREADABLE',
  exit: 'input',
  message: ({ file, reason }) => `${file} cannot be read: ${reason}`,
  hint: ({ file }) => `docker compose -f ${file} config shows what compose makes of it.`,
})

export const answersNeeded = defineFailure<{ flags: readonly string[] }>({
  code: 'ANSWERS_NEEDED',
  exit: 'unavailable',
  message: () => 'belay init asks what it cannot see, and there is nobody here to answer',
  hint: ({ flags }) => `Run it at a terminal, or give: ${flags.join(', ')}.`,
})

export const badAnswer = defineFailure<{ flag: string; answer: string; allowed: string }>({
  code: 'BAD_ANSWER',
  exit: 'input',
  message: ({ flag, answer }) => `${flag} cannot be ${JSON.stringify(answer)}`,
  hint: ({ flag, allowed }) => `Give ${flag} ${allowed}.`,
})
