import type { Note } from './plan.ts'

/**
 * Another branch than the environment's: told with the plan, before anybody is asked. What is
 * checked out is undefined outside of git, and empty where it is no branch but a commit.
 */
export function branchNotes(
  { environment, branch }: { readonly environment: string; readonly branch?: string },
  checkedOut: string | undefined,
): Note[] {
  if (branch === undefined || checkedOut === undefined) return []
  if (checkedOut === '' || checkedOut === branch) return []
  const text = `${checkedOut} is checked out, and ${environment} is deployed from ${branch}`
  return [{ level: 'warning', about: 'branch', text }]
}
