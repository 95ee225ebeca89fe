import { formatDuration } from '../../../base/duration.ts'
import type { TestReport } from '../../../operations/tests/run-tests.ts'
import type { Page } from '../reporter.ts'

interface Tests {
  readonly environment: string
  readonly tests: readonly TestReport[]
}

/** One line: what failed was told as it happened. */
export function renderTests({ environment, tests }: Tests, { style }: Page): string[] {
  if (tests.length === 0)
    return [`belay.yaml has no tests for ${environment}: add them as \`test\``]
  const took = tests.reduce((sum, { durationMs }) => sum + durationMs, 0)
  const count = tests.length === 1 ? 'the test' : `all ${tests.length} tests`
  return [`${style.good('passed')}: ${count} of ${environment}, in ${formatDuration(took)}`]
}
