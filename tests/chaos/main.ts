import { show } from '../lab/command.ts'
import { Lab } from '../lab/lab.ts'
import { LANES, labOfLane } from '../lab/lanes.ts'
import { lockLab } from '../lab/lock.ts'
import { place } from '../lab/place.ts'
import { FAULTS } from './faults.ts'
import { nameOf, Records, seenOf, wordOf } from './records.ts'
import { ChaosRun } from './run.ts'
import type { Fault, Outcome, Scenario } from './scenario.ts'
import { isSwept, writeDoc } from './write-doc.ts'

const usage = `usage: npm run chaos -- [--list | --rest] [FAULT[/POINT[/MOMENT]]…]
       --list   what there is to inject, and where
       --rest   only what was not yet seen to end well with this build
       FAULT    these alone

Ctrl-C lets those that are under way end, and leaves out the rest.
docs/chaos.md tells of those that ended well with this build, and names the others.

${FAULTS.map(({ name, what }) => `       ${name.padEnd(23)}${what}`).join('\n')}`

async function main(argv: readonly string[]): Promise<number> {
  const wanted = argv.filter((word) => !word.startsWith('--'))
  const flags = argv.filter((word) => word.startsWith('--'))
  const isKnown = (word: string): boolean => FAULTS.some(({ name }) => name === word.split('/')[0])
  if (!wanted.every(isKnown) || !flags.every((flag) => ['--list', '--rest'].includes(flag))) {
    console.log(usage)
    return flags.includes('--help') ? 0 : 2
  }
  await show(['sh', 'tests/lab/setup/ensure-docker.sh'], 6)
  await show(['sh', 'tests/lab/setup/images.sh'], 15)
  await show([process.execPath, 'scripts/build.mjs'], 2)
  const lanes = await Promise.all(range(LANES).map((lane) => openLane(labOfLane(lane))))
  try {
    return await inject(lanes, flags, wanted)
  } finally {
    for (const { run, unlock } of lanes) await run.close().finally(unlock)
  }
}

/** Servers of its own, on which one scenario is played at a time. */
interface Lane {
  readonly lab: Lab
  readonly run: ChaosRun
  readonly unlock: () => void
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

async function openLane(name: string): Promise<Lane> {
  const unlock = await lockLab(place(name))
  try {
    const lab = await Lab.up({ servers: 2, name })
    return { lab, run: new ChaosRun(lab), unlock }
  } catch (error) {
    unlock()
    throw error
  }
}

async function inject(
  lanes: readonly Lane[],
  flags: readonly string[],
  wanted: readonly string[],
): Promise<number> {
  const records = new Records()
  const [{ lab, run }] = lanes as [Lane, ...Lane[]]
  const all = await run.scenarios(FAULTS.filter((fault) => isAsked(fault, wanted)))
  const isOpen = (each: Scenario): boolean => !flags.includes('--rest') || !records.isGood(each)
  const chosen = all.filter((each) => isWanted(each, wanted) && isOpen(each))
  if (flags.includes('--list')) {
    for (const each of chosen) console.log(nameOf(each))
    return 0
  }
  // Another order than the page's: the many that are much the same come last.
  const left = [...chosen].sort((one, other) => weightOf(one) - weightOf(other))
  process.once('SIGINT', () => void left.splice(0))
  const failed = await Promise.all(lanes.map((lane) => playAll(lane.run, left, records)))
  const sum = failed.reduce((total, each) => total + each, 0)
  console.log(`\n${chosen.length} injected, ${sum} not as they must be`)
  if (wanted.length === 0) await writeDoc(lab.server(1), seenOf(records, all))
  return sum === 0 ? 0 : 1
}

const weightOf = ({ fault }: Scenario): number =>
  isSwept(fault) ? (fault.shape === undefined ? 2 : 1) : 0

/** One after another, until none is left for any lane. How many were not as they must be. */
async function playAll(run: ChaosRun, left: Scenario[], records: Records): Promise<number> {
  let failed = 0
  for (let next = left.shift(); next !== undefined; next = left.shift()) {
    const outcome = await run.play(next)
    tell(outcome)
    records.keep(outcome)
    if (outcome.problems.length > 0) failed += 1
    await run.cleanUp(outcome)
  }
  return failed
}

/** Others need not be rehearsed. */
function isAsked({ name }: Fault, wanted: readonly string[]): boolean {
  return wanted.length === 0 || wanted.some((each) => each.split('/')[0] === name)
}

function isWanted(scenario: Scenario, wanted: readonly string[]): boolean {
  const word = `${wordOf(scenario)}/`
  return wanted.length === 0 || wanted.some((each) => word.startsWith(`${each}/`))
}

function tell(outcome: Outcome): void {
  const { exit, sent, lost, quietMs, nextMs, problems } = outcome
  const seconds = [quietMs, nextMs].map((ms) => `${(ms / 1000).toFixed(1)} s`).join(' + ')
  const ending = problems.length === 0 ? 'ok' : 'NOT AS IT MUST BE'
  console.log(`${ending}  ${nameOf(outcome)}: exit ${exit}, ${sent} sent, ${lost} lost, ${seconds}`)
  for (const problem of problems) console.log(`      ${problem}`)
}

process.exitCode = await main(process.argv.slice(2))
