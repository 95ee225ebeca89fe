import { formatDuration } from '../../base/duration.ts'
import type { TestConfig } from '../../config/pipeline/tests.ts'
import type { Note } from '../../plan/plan.ts'
import type { World } from '../world.ts'
import type { TestReport } from './run-tests.ts'

/** Which tests come first; that they were left out must stand in the receipt as well. */
export function testNotes(
  tests: readonly TestConfig[],
  { skipTests }: { readonly skipTests: boolean },
): Note[] {
  if (tests.length === 0) return []
  const names = tests.map(({ name }) => name).join(', ')
  if (skipTests) {
    const text = `left out, as --skip-tests asks for it: ${names}`
    return [{ level: 'warning', about: 'tests', text }]
  }
  const each = tests.map(({ name, timeoutMs }) => `${name} (at most ${formatDuration(timeoutMs)})`)
  return [
    { level: 'info', about: 'tests', text: `run here before anything else: ${each.join(', ')}` },
  ]
}

/** How the tests went, for the receipt. */
export function noteTests({ tell }: Pick<World, 'tell'>, reports: readonly TestReport[]): void {
  for (const report of reports) {
    const { name, durationMs, coverage } = report
    const reached = coverage === undefined ? '' : `, ${coverage.percent} % of the lines reached`
    const text = `${name}: passed in ${formatDuration(durationMs)}${reached}`
    tell({ type: 'noted', about: 'tests', text, details: report })
  }
}
