/** When somebody may be told of a run: as it begins to act, or how it ended. */
export const MOMENTS = [
  'started',
  'succeeded',
  'unchanged',
  'failed',
  'rolled-back',
  'critical',
] as const

export type Moment = (typeof MOMENTS)[number]

/** What `{…}` in a user's own message may name. */
export const PLACEHOLDERS = [
  'app',
  'environment',
  'purpose',
  'release',
  'previous',
  'serving',
  'outcome',
  'reason',
  'hint',
  'by',
  'commit',
  'duration',
  'hosts',
  'run',
] as const

export type Placeholder = (typeof PLACEHOLDERS)[number]

const WORD = /\{([a-zA-Z][\w-]*)\}/g

/** Names in braces that nothing is known as. */
export function strangersIn(words: string): string[] {
  const names = [...words.matchAll(WORD)].map(([, name = '']) => name)
  return names.filter((name) => !(PLACEHOLDERS as readonly string[]).includes(name))
}

export function fillPlaceholders(
  words: string,
  values: Readonly<Record<Placeholder, string>>,
): string {
  return words.replaceAll(WORD, (whole, name: string) =>
    Object.hasOwn(values, name) ? values[name as Placeholder] : whole,
  )
}
