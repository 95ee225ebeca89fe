import { mkdirSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { DelayProxy } from '../../lab/delay.ts'
import { configThrough } from '../far.ts'
import { freshServers, openStand, type Stand } from '../stand.ts'
import { FAULTS, type Fault, suffer } from './faults.ts'
import { deployFirst, deployGood, type Deployed } from './good.ts'
import { writeSection } from './page.ts'
import { type Ground, NotMeasured, type Way } from './way.ts'
import { belay } from './ways/belay.ts'
import { composeUp, handWritten } from './ways/by-script.ts'
import { dockerRollout } from './ways/docker-rollout.ts'
import { kamal } from './ways/kamal.ts'
import { type FaultRow, faultLine, type GoodRow, goodLine } from './words.ts'

const ONE_WAY_MS = 25
const RUNS = 2

const usage = `usage: npm run bench:peers -- [--quick] [--docker-rollout FILE] [--kamal FILE] [WAY…]
       --quick            one run of each, and docs/benchmarks.md is left as it is
       --docker-rollout   an installed copy of the plugin, to be measured too
       --kamal            the installed program, to be measured too
       WAY                script, compose, rollout, kamal, belay: these alone; the page is left as it is`

function read(argv: string[]) {
  return parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      'docker-rollout': { type: 'string' },
      kamal: { type: 'string' },
    },
  })
}

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = read(argv)
  const plugin = values['docker-rollout']
  const program = values.kamal
  const all: Readonly<Record<string, Way>> = {
    belay,
    script: handWritten,
    compose: composeUp,
    rollout: plugin === undefined ? absent('docker-rollout') : dockerRollout(resolve(plugin)),
    kamal: program === undefined ? absent('kamal', 'Kamal') : kamal(resolve(program)),
  }
  if (values.help || positionals.some((word) => !Object.hasOwn(all, word))) {
    console.log(usage)
    return values.help ? 0 : 2
  }
  const names = positionals.length > 0 ? positionals : Object.keys(all)
  const ways = names.flatMap((name) => all[name] ?? [])
  const stand = await openStand(values.quick)
  try {
    await compare(stand, ways, { isKept: !values.quick && positionals.length === 0 })
    return 0
  } finally {
    stand.close()
  }
}

function absent(option: string, name = option): Way {
  const why = new NotMeasured(`\`--${option}\` names no installed copy`)
  const about = `Measured where \`--${option}\` names an installed copy; here there was none.`
  return { name, about, deploy: () => Promise.reject(why) }
}

async function compare(stand: Stand, ways: readonly Way[], { isKept }: { isKept: boolean }) {
  const [loadBefore = 0] = loadavg()
  const begun = performance.now()
  const runs = stand.isQuick ? 1 : RUNS
  const good: GoodRow[] = []
  const faults: FaultRow[] = []
  for (const way of ways) {
    stand.say(`\n── ${way.name}`)
    for (const roundTripMs of [0, 2 * ONE_WAY_MS]) {
      const row = { way, roundTripMs, result: await goodRuns(stand, way, { roundTripMs, runs }) }
      stand.say(goodLine(row))
      good.push(row)
    }
    for (const fault of FAULTS) {
      const row = { way, fault, result: await faultRun(stand, way, fault) }
      stand.say(`${fault.title}\n${faultLine(row)}`)
      faults.push(row)
    }
    // A run that is cut off leaves what it had by then.
    const minutes = (performance.now() - begun) / 60_000
    if (isKept) writeSection({ ways, good, faults, runs, minutes, loadBefore })
  }
}

function goodRuns(
  stand: Stand,
  way: Way,
  { roundTripMs, runs }: { readonly roundTripMs: number; readonly runs: number },
): Promise<readonly Deployed[] | string> {
  return orWhyNot(async () => {
    const proxy = new DelayProxy({ port: stand.server.port, delayMs: roundTripMs / 2 })
    const sshConfig = configThrough(stand, await proxy.listen())
    try {
      const near = await groundOf(stand, way, 1)
      await deployFirst(way, near)
      const ground = roundTripMs === 0 ? near : { ...near, sshConfig }
      const deployed: Deployed[] = []
      for (let run = 1; run <= runs; run++) {
        deployed.push(await deployGood(way, ground, `run ${run}`))
      }
      return deployed
    } finally {
      await proxy.close()
    }
  })
}

function faultRun(stand: Stand, way: Way, fault: Fault) {
  return orWhyNot(async () => suffer(way, await groundOf(stand, way, fault.servers), fault))
}

async function groundOf(stand: Stand, way: Way, servers: number): Promise<Ground> {
  await freshServers(stand)
  const folder = join(stand.folder, `${way.name.replaceAll(' ', '-')}-${servers}`)
  mkdirSync(folder, { recursive: true })
  const { lab, belay: program } = stand
  return {
    servers: lab.servers.slice(0, servers),
    sshConfig: lab.sshConfig,
    folder,
    belay: program,
  }
}

async function orWhyNot<T>(measure: () => Promise<T>): Promise<T | string> {
  try {
    return await measure()
  } catch (error) {
    if (error instanceof NotMeasured) return error.message
    throw error
  }
}

process.exitCode = await main(process.argv.slice(2))
