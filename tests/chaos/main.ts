import { show } from '../lab/command.ts'
import { Lab } from '../lab/lab.ts'
import { lockLab } from '../lab/lock.ts'
import { place } from '../lab/place.ts'
import { FAULTS } from './faults.ts'
import { nameOf, Records, seenOf, wordOf } from './records.ts'
import { type ChaosRun, openRun } from './run.ts'
import type { Outcome, Scenario } from './scenario.ts'
import { writeDoc } from './write-doc.ts'

const usage = `usage: npm run chaos -- [--list | --rest] [FAULT[/POINT[/MOMENT]]…]
       --list   what there is to inject, and where
       --rest   only what was not yet seen to end well with this build
       FAULT    these alone

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
  const unlock = await lockLab(place())
  try {
    return await inject(await Lab.up({ servers: 1 }), flags, wanted)
  } finally {
    unlock()
  }
}

async function inject(
  lab: Lab,
  flags: readonly string[],
  wanted: readonly string[],
): Promise<number> {
  const records = new Records()
  const run = await openRun(lab)
  try {
    const all = run.scenarios(FAULTS)
    const isOpen = (each: Scenario): boolean => !flags.includes('--rest') || !records.isGood(each)
    const chosen = all.filter((each) => isWanted(each, wanted) && isOpen(each))
    if (flags.includes('--list')) {
      for (const each of chosen) console.log(nameOf(each))
      return 0
    }
    const failed = await playAll(run, chosen, records)
    console.log(`\n${chosen.length} injected, ${failed} not as they must be`)
    if (wanted.length === 0) await writeDoc(run.stand.server, seenOf(records, all))
    return failed === 0 ? 0 : 1
  } finally {
    await run.close()
  }
}

/** How many were not as they must be. */
async function playAll(
  run: ChaosRun,
  scenarios: readonly Scenario[],
  records: Records,
): Promise<number> {
  let failed = 0
  for (const scenario of scenarios) {
    const outcome = await run.play(scenario)
    tell(outcome)
    records.keep(outcome)
    if (outcome.problems.length > 0) failed += 1
    await run.cleanUp(outcome)
  }
  return failed
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
