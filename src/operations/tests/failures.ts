import { formatDuration } from '../../base/duration.ts'
import { defineFailure } from '../../base/failure.ts'

/** Expected failures of the app's own tests. Nothing was touched when one of them is told. */

export const testFailed = defineFailure<{ test: string; code: number }>({
  code: 'TEST_FAILED',
  exit: 'tests',
  message: ({ test, code }) => `${test} failed: it ended with code ${code}`,
  hint: () => 'Its last lines are above; `belay test` runs the tests alone.',
})

export const testTimedOut = defineFailure<{ test: string; limitMs: number }>({
  code: 'TEST_TIMED_OUT',
  exit: 'tests',
  message: ({ test, limitMs }) =>
    `${test} took longer than ${formatDuration(limitMs)}, and was ended with all that it started`,
  hint: () => 'Its last lines are above. Does it wait for something? Else give it more `timeout`.',
})

export const testKilled = defineFailure<{ test: string; signal: string }>({
  code: 'TEST_KILLED',
  exit: 'tests',
  message: ({ test, signal }) => `${test} was ended by ${signal}, which Belay did not send`,
  hint: ({ signal }) =>
    signal === 'SIGKILL'
      ? 'Mostly that is the kernel, out of memory: run fewer at once, or give the machine more.'
      : 'Its last lines are above; `belay test` runs the tests alone.',
})

export const testCommandMissing = defineFailure<{ test: string; directory: string; code: number }>({
  code: 'TEST_COMMAND_MISSING',
  exit: 'tests',
  message: ({ test, directory, code }) =>
    code === 126
      ? `${test} cannot be run in ${directory}: a command of it is not executable`
      : `${test} cannot be run in ${directory}: the shell does not find a command of it`,
  hint: () => "The shell's own words are above. Is it installed here, and is `directory` right?",
})

export const testFolderMissing = defineFailure<{ test: string; directory: string }>({
  code: 'TEST_FOLDER_MISSING',
  exit: 'input',
  message: ({ test, directory }) => `${test} is to run in ${directory}, which is no folder`,
  hint: () => 'Correct `directory`: it is taken from the folder of belay.yaml.',
})

export const coverageTooLow = defineFailure<{
  test: string
  file: string
  percent: string
  atLeast: number
}>({
  code: 'COVERAGE_TOO_LOW',
  exit: 'tests',
  message: ({ test, percent, atLeast }) =>
    `${test} reached ${percent} % of the lines, and ${atLeast} % are needed`,
  hint: ({ file }) => `By ${file}. Write the tests that are missing, or lower \`at-least\`.`,
})

export const coverageUnusable = defineFailure<{ test: string; file: string; reason: string }>({
  code: 'COVERAGE_UNUSABLE',
  exit: 'tests',
  message: ({ test, file, reason }) => `the coverage of ${test} is not known: ${file}: ${reason}`,
  hint: () =>
    'Let the test write Istanbul coverage-summary.json, LCOV or Cobertura XML, and correct ' +
    '`coverage.file`: it is taken from the folder in which the test runs.',
})
