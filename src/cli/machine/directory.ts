import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { directoryMissing } from '../failures.ts'

/** Where to work: what follows `-C`, seen from where the command was called. */
export function directoryOf(here: string, wanted: string | undefined): string {
  const directory = resolve(here, wanted ?? '.')
  const found = statSync(directory, { throwIfNoEntry: false })
  if (found?.isDirectory() !== true) throw directoryMissing({ directory })
  return directory
}
