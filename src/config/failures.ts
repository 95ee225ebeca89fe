import { defineFailure } from '../base/failure.ts'
import type { MissingName } from './environment/missing-name.ts'
import type { Problem } from './source/problem.ts'

/** Every mistake of the file at once; the lines that show them are the evidence. */
export const configInvalid = defineFailure<{
  readonly file: string
  readonly problems: readonly Problem[]
}>({
  code: 'CONFIG_INVALID',
  exit: 'input',
  message: ({ file, problems }) =>
    problems.length === 1 ? `${file} has a mistake` : `${file} has ${problems.length} mistakes`,
  hint: ({ file }) => `Correct ${file}; docs/guide/configuration.md has every key with an example.`,
})

export const configMissing = defineFailure<{
  readonly directory: string
  readonly file?: string
  /** A file that was probably meant, or one in a folder above. */
  readonly near?: string
}>({
  code: 'CONFIG_MISSING',
  exit: 'input',
  message: ({ directory, file }) =>
    file === undefined ? `There is no belay.yaml in ${directory}` : `There is no file ${file}`,
  hint: ({ near }) =>
    near === undefined
      ? 'Write one with `belay init`, or name another folder with -C.'
      : `Did you mean ${near}? Name it with --config, or write a new one with \`belay init\`.`,
})

export const configUnreadable = defineFailure<{ readonly file: string; readonly reason: string }>({
  code: 'CONFIG_UNREADABLE',
  exit: 'input',
  message: ({ file, reason }) => `${file} cannot be read: ${reason}`,
  hint: ({ file }) => `Make ${file} a UTF-8 text file that you may read.`,
})

export const environmentUnknown = defineFailure<{
  readonly environment: string
  readonly environments: readonly string[]
  readonly near?: string
}>({
  code: 'ENVIRONMENT_UNKNOWN',
  exit: 'input',
  message: ({ environment }) => `There is no environment ${JSON.stringify(environment)}`,
  hint: ({ environments, near }) =>
    near === undefined
      ? `There are: ${environments.join(', ')}.`
      : `Did you mean ${near}? There are: ${environments.join(', ')}.`,
})

export const environmentNeeded = defineFailure<{ readonly environments: readonly string[] }>({
  code: 'ENVIRONMENT_NEEDED',
  exit: 'input',
  message: () => 'Which environment? There are several',
  hint: ({ environments }) => `Add one of them to the command: ${environments.join(', ')}.`,
})

export const envFileMissing = defineFailure<{
  readonly file: string
  readonly setAt: string
  /** Files beside it that look like env files. */
  readonly nearby: readonly string[]
}>({
  code: 'ENV_FILE_MISSING',
  exit: 'input',
  message: ({ file, setAt }) => `The env file ${file} is missing (${setAt})`,
  hint: ({ nearby }) =>
    nearby.length === 0
      ? 'Write it, or correct env.file.'
      : `Write it, or correct env.file. Beside it there are: ${nearby.join(', ')}.`,
})

export const envTemplateMissing = defineFailure<{
  readonly file: string
  readonly setAt: string
  /** Files beside it that look like env files. */
  readonly nearby: readonly string[]
}>({
  code: 'ENV_TEMPLATE_MISSING',
  exit: 'input',
  message: ({ file, setAt }) => `The template ${file} is missing (${setAt})`,
  hint: ({ nearby }) =>
    'Write it with `belay env template`, or correct env.template.' +
    (nearby.length === 0 ? '' : ` Beside it there are: ${nearby.join(', ')}.`),
})

export const envTemplateExists = defineFailure<{
  readonly file: string
  /** Names that are used and that it does not have. */
  readonly lacks: readonly string[]
}>({
  code: 'ENV_TEMPLATE_EXISTS',
  exit: 'input',
  message: ({ file }) => `${file} is there already, and is not overwritten`,
  hint: ({ lacks }) =>
    lacks.length === 0
      ? 'It has every name that is used. --dry-run shows what would be written.'
      : `It lacks: ${lacks.join(', ')}. --dry-run shows what would be written.`,
})

export const envFileInvalid = defineFailure<{
  readonly file: string
  readonly line: number
  readonly reason: string
}>({
  code: 'ENV_FILE_INVALID',
  exit: 'input',
  message: ({ file, line, reason }) => `${file}:${line} cannot be read: ${reason}`,
  hint: () => "Compose would refuse the file too. A value with special characters goes in '…'.",
})

export const envMissing = defineFailure<{
  readonly names: readonly MissingName[]
  readonly file?: string
}>({
  code: 'ENV_MISSING',
  exit: 'input',
  message: ({ names }) => {
    const shown = names.map(({ name, why }) => (why === 'missing' ? name : `${name} (${why})`))
    const what = names.length === 1 ? 'Required variable has' : 'Required variables have'
    return `${what} no value: ${shown.join(', ')}`
  },
  hint: ({ file }) =>
    file === undefined
      ? 'Set them in the environment of this command, or name a file with env.file.'
      : `Set them in ${file}, or in the environment of this command.`,
})
