import { configInvalid } from '../failures.ts'
import type { ConfigFile } from './files.ts'
import { inOrder, problemLines } from './problem.ts'
import type { Problem } from './problem.ts'

/** Tells every mistake of the file at once. */
export function refuseConfig(file: ConfigFile, problems: readonly Problem[]): never {
  const ordered = inOrder(problems)
  throw configInvalid(
    { file: file.shown, problems: ordered },
    { evidence: ordered.flatMap((problem) => problemLines(file.shown, problem)) },
  )
}
