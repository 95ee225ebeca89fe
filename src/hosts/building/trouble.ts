/** What went wrong with a build, as far as its last lines tell; `recipe` when it is the user's. */
export type BuildTrouble =
  | 'recipe'
  | 'not-in-commit'
  | 'many-platforms'
  | 'cache-export'
  | 'other-machine'
  | 'disk'
  | 'late'

/** As buildx, the classic builder and compose say it; a part of the sentence, in any case. */
const WORDS: readonly (readonly [trouble: BuildTrouble, ...said: readonly string[]])[] = [
  [
    'many-platforms',
    'multi-platform build is not supported',
    'multiple platforms feature is',
    'does not currently support exporting manifest lists',
    'does not support exporting manifest lists',
  ],
  ['cache-export', 'cache export is not supported', 'cache export feature is'],
  ['other-machine', 'exec format error'],
  ['disk', 'no space left on device'],
]

/** What stands in a line that tells of a file that is not there. */
const FILE_MISSING: readonly RegExp[] = [
  /(COPY|ADD) failed:.*(not found|no such file)/i,
  /"[^"]*": not found/,
  /failed to (calculate checksum|compute cache key).*not found/,
  /failed to read dockerfile/i,
]

/** Reads what a build said last. */
export function troubleIn(
  lines: readonly string[],
  { isFromCommit }: { readonly isFromCommit: boolean },
): BuildTrouble {
  const text = lines.join('\n')
  const lower = text.toLowerCase()
  const known = WORDS.find(([, ...said]) => said.some((part) => lower.includes(part)))?.[0]
  if (known !== undefined) return known
  const isMissing = FILE_MISSING.some((said) => said.test(text))
  return isFromCommit && isMissing ? 'not-in-commit' : 'recipe'
}
