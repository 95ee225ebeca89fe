import type { ReleaseSummary } from '../../../operations/look/status.ts'
import { fit } from '../width.ts'

const SUBJECT_COLUMNS = 40

/** `3f2a91c fix the cart`, with a word where files were changed and not committed. */
export function commitWords(commit: ReleaseSummary['commit']): string {
  if (commit === null) return 'no commit'
  const dirty = commit.dirty ? ' + uncommitted' : ''
  return `${commit.id.slice(0, 7)}${dirty} ${fit(commit.subject, SUBJECT_COLUMNS)}`
}
