import { INSTEAD_OF_ARGUMENT } from '../../config/pipeline/build-check.ts'
import { defineFailure } from '../../base/failure.ts'

/** Expected failures before a build. */

export const treeDirty = defineFailure<{
  services: readonly string[]
  files: readonly string[]
}>({
  code: 'TREE_DIRTY',
  exit: 'unavailable',
  message: ({ services, files }) =>
    `${services.join(', ')} would be built without what is not committed: ${someOf(files)}`,
  hint: () =>
    'Commit it; or add --dirty, which builds from the folder as it lies. What a build does not ' +
    'need belongs into .dockerignore.',
})

const SHOWN_MAX = 5

function someOf(files: readonly string[]): string {
  const more = files.length - SHOWN_MAX
  const shown = files.slice(0, SHOWN_MAX).join(', ')
  return more > 0 ? `${shown} and ${more} more` : shown
}

export const secretInArgument = defineFailure<{
  file: string
  line: number
  column: number
  path: string
  variable: string
}>({
  code: 'SECRET_IN_ARGUMENT',
  exit: 'input',
  message: ({ file, line, column, path, variable }) =>
    `${file}:${line}:${column}: ${path} comes from \${${variable}}, and stays readable in the image`,
  hint: () => `${INSTEAD_OF_ARGUMENT}.`,
})
