import { loadavg } from 'node:os'
import { measureBackups } from './backups.ts'
import { measureDistance } from './far.ts'
import { type Figure, tableOf } from './figures.ts'
import { measureFleet } from './endure/fleet.ts'
import { measureGivingUp } from './giving-up.ts'
import { measureLosses } from './losses.ts'
import { measurePipeline } from './pipeline.ts'
import { measureShipping } from './shipping.ts'
import { measureSpeed, TimedApp } from './speed.ts'
import { openStand, type Stand } from './stand.ts'
import { measureStartUp } from './start-up.ts'
import { measureUnfinished } from './endure/unfinished.ts'
import { writeDoc } from './write-doc.ts'

const PARTS = [
  'start-up',
  'speed',
  'far',
  'giving-up',
  'unfinished',
  'fleet',
  'pipeline',
  'backups',
  'shipping',
  'losses',
] as const
type Part = (typeof PARTS)[number]

const usage = `usage: npm run bench -- [--quick] [PART…]
       --quick   two runs of each and few requests: to try the benchmark out
       PART      ${PARTS.join(', ')}: these alone, and docs/benchmarks.md is left as it is`

async function main(argv: readonly string[]): Promise<number> {
  const isQuick = argv.includes('--quick')
  const words = argv.filter((word) => word !== '--quick')
  if (!words.every(isPart)) {
    console.log(usage)
    return words.includes('--help') ? 0 : 2
  }
  const parts = new Set<Part>(words.length > 0 ? words : PARTS)
  const [loadBefore = 0] = loadavg()
  const begun = performance.now()
  const stand = await openStand(isQuick)
  try {
    const figures = await measure(stand, parts)
    console.log(`\n${tableOf(figures)}`)
    const minutes = (performance.now() - begun) / 60_000
    const isWhole = parts.size === PARTS.length && !isQuick
    if (isWhole) await writeDoc(stand, { figures, runs: stand.runs, minutes, loadBefore })
    return figures.every(({ isReached }) => isReached) ? 0 : 1
  } finally {
    stand.close()
  }
}

function isPart(word: string): word is Part {
  return PARTS.some((part) => part === word)
}

async function measure(stand: Stand, parts: ReadonlySet<Part>): Promise<Figure[]> {
  const figures: Figure[] = []
  const timed = new TimedApp(stand)
  const measures: Readonly<Record<Part, () => Promise<readonly Figure[]>>> = {
    'start-up': () => measureStartUp(stand),
    speed: () => measureSpeed(stand, timed),
    far: () => measureDistance(stand, timed),
    'giving-up': () => measureGivingUp(stand),
    unfinished: () => measureUnfinished(stand),
    fleet: () => measureFleet(stand),
    pipeline: () => measurePipeline(stand),
    backups: () => measureBackups(stand),
    shipping: () => measureShipping(stand),
    losses: () => measureLosses(stand),
  }
  for (const part of PARTS) {
    if (!parts.has(part)) continue
    stand.say(`\n── ${part}`)
    figures.push(...(await measures[part]()))
  }
  return figures
}

process.exitCode = await main(process.argv.slice(2))
