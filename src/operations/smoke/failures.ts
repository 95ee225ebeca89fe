import { defineFailure } from '../../base/failure.ts'

/** Expected failures of asking smoke checks by hand. */

export const nothingToAsk = defineFailure<{ environment: string; suite: string | undefined }>({
  code: 'NO_SMOKE_CHECKS',
  exit: 'input',
  message: ({ environment, suite }) =>
    suite === undefined
      ? `belay.yaml has no smoke checks for ${environment}`
      : `the suite ${suite} has no checks`,
  hint: () => 'Write some: smoke: [{ http: { path: /health } }].',
})

export const noSuchSuite = defineFailure<{
  suite: string
  known: readonly string[]
  near: string | undefined
}>({
  code: 'NO_SUCH_SUITE',
  exit: 'input',
  message: ({ suite }) => `belay.yaml has no suite ${JSON.stringify(suite)}`,
  hint: ({ known, near }) => {
    if (known.length === 0) return 'It has none: suites: { api: [{ http: { path: /api } }] }.'
    return `${near === undefined ? '' : `Did you mean ${near}? `}There are: ${known.join(', ')}.`
  },
})
