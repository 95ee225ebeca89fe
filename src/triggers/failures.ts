import { defineFailure } from '../base/failure.ts'

export const ciSystemUnknown = defineFailure<{
  system: string
  systems: readonly string[]
  near: string | undefined
}>({
  code: 'CI_SYSTEM_UNKNOWN',
  exit: 'input',
  message: ({ system }) => `no file can be written for ${JSON.stringify(system)}`,
  hint: ({ systems, near }) =>
    `${near === undefined ? '' : `Did you mean ${near}? `}There are: ${systems.join(', ')}.`,
})

export const outsideGit = defineFailure<{ directory: string }>({
  code: 'OUTSIDE_GIT',
  exit: 'input',
  message: ({ directory }) =>
    `${directory} is in no git repository, so that no push could start it`,
  hint: () => 'Run git init there first, or go to the folder that is under git.',
})

export const ciBranchOdd = defineFailure<{ environment: string; branch: string }>({
  code: 'CI_BRANCH_ODD',
  exit: 'input',
  message: ({ environment, branch }) =>
    `the branch of ${environment}, ${JSON.stringify(branch)}, has characters that CI files read ` +
    'as something else',
  hint: () => 'Use a branch of letters, digits and . _ / + @ # = , - only.',
})

export const ciFileDiffers = defineFailure<{ file: string; isOurs: boolean }>({
  code: 'CI_FILE_DIFFERS',
  exit: 'unavailable',
  message: ({ file, isOurs }) =>
    isOurs
      ? `${file} is there already and differs, and there is nobody here to ask`
      : `${file} is there already, and belay ci init did not write it; it is left as it is`,
  hint: ({ isOurs }) =>
    isOurs
      ? 'Look at the difference above; --force writes it.'
      : 'Write to another file with --file, or over it with --force.',
})
