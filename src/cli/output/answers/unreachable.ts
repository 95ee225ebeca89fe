import type { Unseen } from '../../../operations/look/survey.ts'
import type { Style } from '../style.ts'

/** What could not be looked at, at the end of an answer, with what to do. */
export function unreachableLines(unreachable: readonly Unseen[], style: Style): string[] {
  return unreachable.flatMap(({ host, message, hint }) => [
    '',
    `${style.bad('not reached:')} ${host}: ${message}`,
    `  ${hint}`,
  ])
}
