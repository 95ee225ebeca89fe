import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Crew } from './crew.ts'
import { work } from './worker.ts'

const PROGRESS_MS = 10_000
/** So many seeds that fail say what is wrong; the rest would say it again. */
const FAILURES_TOLD = 20

const USAGE = `usage: npm run simulate -- [--seeds N] [--from SEED] [--workers N]
       --seeds N     how many troubled times to live through; a million when not given
       --from SEED   the first of them; 1 when not given
       --workers N   how many processes share them; one for each core when not given`

interface Wish {
  readonly from: number
  readonly seeds: number
  readonly workers: number
}

async function simulate({ from, seeds, workers }: Wish): Promise<number> {
  const begun = performance.now()
  let failed = 0
  let told = begun
  const crew = new Crew({
    from,
    seeds,
    workers,
    program: fileURLToPath(import.meta.url),
    failed: (seed, problems) => {
      failed += 1
      if (failed > FAILURES_TOLD) return
      const what = problems.join('; ').replaceAll(/\s*\n\s*/g, ' ')
      console.log(`npm run simulate -- --from ${seed} --seeds 1   # ${what}`)
    },
    progress: (done) => {
      if (performance.now() - told < PROGRESS_MS) return
      told = performance.now()
      console.log(`${done} of ${seeds} seeds, ${seconds(begun)} s, ${failed} problems`)
    },
  })
  await crew.work()
  if (failed > FAILURES_TOLD) console.log(`… and ${failed - FAILURES_TOLD} more`)
  console.log(`${seeds} seeds, ${failed} problems`)
  return failed === 0 ? 0 : 1
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(0)
}

/** What the arguments say; undefined when they say nothing that can be done. */
function wishOf(argv: readonly string[]): Wish | undefined {
  const text = { type: 'string' } as const
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { seeds: text, from: text, workers: text },
    })
    const { seeds = '1000000', from = '1', workers = String(availableParallelism()) } = values
    const numbers = [seeds, from, workers].map((word) =>
      /^\d{1,9}$/.test(word) ? Number(word) : 0,
    )
    const [count = 0, first = 0, hands = 0] = numbers
    if (count === 0 || hands === 0 || first === 0) return undefined
    return { seeds: count, from: first, workers: hands }
  } catch {
    return undefined
  }
}

async function main(argv: readonly string[]): Promise<number> {
  const wish = wishOf(argv)
  if (wish !== undefined) return simulate(wish)
  console.log(USAGE)
  return argv.includes('--help') ? 0 : 2
}

if (process.argv[2] === '--worker') work()
else process.exitCode = await main(process.argv.slice(2))
