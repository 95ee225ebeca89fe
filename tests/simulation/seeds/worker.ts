import { troubledTimes } from './troubled-times.ts'

/** Seeds that a worker tries in one go. */
export interface Portion {
  readonly from: number
  readonly seeds: number
}

/** What a worker says: the seed it begins with, what was wrong with one, and that it wants more. */
export type Word =
  | { readonly word: 'trying'; readonly seed: number }
  | { readonly word: 'failed'; readonly seed: number; readonly problems: readonly string[] }
  | { readonly word: 'ready' }

/** A process that tries whatever seeds it is given, until nobody gives it any. */
export function work(): void {
  process.on('message', (portion: Portion) => void tryAll(portion))
  process.once('disconnect', () => process.exit())
  say({ word: 'ready' })
}

async function tryAll({ from, seeds }: Portion): Promise<void> {
  for (let seed = from; seed < from + seeds; seed += 1) {
    say({ word: 'trying', seed })
    const problems = await problemsOf(seed)
    if (problems.length > 0) say({ word: 'failed', seed, problems })
  }
  say({ word: 'ready' })
}

/** Stack traces are half of what an error costs, so only a seed that failed is told with them. */
async function problemsOf(seed: number): Promise<readonly string[]> {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  const problems = await troubledTimes(seed)
  Error.stackTraceLimit = stackTraceLimit
  return problems.length === 0 ? [] : troubledTimes(seed)
}

function say(word: Word): void {
  process.send?.(word)
}
