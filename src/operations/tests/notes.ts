import { formatDuration } from '../../base/duration.ts'
import type { TestConfig } from '../../config/pipeline/tests.ts'
import type { Note } from '../../plan/plan.ts'

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
