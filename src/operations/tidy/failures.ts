import { defineFailure } from '../../base/failure.ts'

/** Expected failures of tidying up. */

export const tidyUnsettled = defineFailure<{ host: string; run: string }>({
  code: 'TIDY_UNSETTLED',
  exit: 'unavailable',
  message: ({ host, run }) =>
    `the run ${run} on ${host} is not finished, so that nothing is tidied`,
  hint: () => '`belay resume` finishes or undoes it; tidy up after that.',
})

export const tidyFailed = defineFailure<{ host: string }>({
  code: 'TIDY_FAILED',
  exit: 'unavailable',
  message: ({ host }) => `${host} could not be tidied up`,
  hint: () => 'What serves is not concerned. Correct what it says, and run it again.',
})
