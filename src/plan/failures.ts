import { type DefinedFailure, defineFailure } from '../base/failure.ts'
import type { Problem } from './render/rendered.ts'

interface Unsupported {
  readonly problems: readonly Problem[]
}

const unsupported = defineFailure<Unsupported>({
  code: 'COMPOSE_UNSUPPORTED',
  exit: 'input',
  message: ({ problems: [first, ...others] }) => {
    if (first === undefined) return 'the compose file cannot be deployed as it stands'
    if (others.length === 0) return `${first.path}: ${first.text}`
    return `the compose file cannot be deployed as it stands, for ${others.length + 1} reasons`
  },
  hint: ({ problems: [first, ...others] }) =>
    first !== undefined && others.length === 0
      ? first.hint
      : 'Change what each line says; all of them are listed, so once is enough.',
})

/** Parts of the compose file that cannot be honoured, each a line of the evidence. */
export const composeUnsupported: DefinedFailure<Unsupported> = Object.assign(
  (details: Unsupported, extras: Parameters<typeof unsupported>[1] = {}) =>
    unsupported(details, { evidence: linesOf(details), ...extras }),
  { kind: unsupported.kind },
)

/** Of a single problem, message and hint have said it all. */
function linesOf({ problems }: Unsupported): readonly string[] {
  if (problems.length < 2) return []
  return problems.map(({ path, text, hint }) => `${path}: ${text}. ${hint}`)
}
