import { type Ran, mustRun, timeOf } from './belay.ts'
import { type Figure, inSeconds, limitFigure, median, seconds, spread } from './figures.ts'
import { Script } from './script.ts'
import { App, INSTANT_APP, type Stand } from './stand.ts'

type Times = {
  readonly script: number[]
  readonly deploy: number[]
  readonly whole: number[]
  readonly ratio: number[]
  readonly rollback: number[]
  readonly wholeRollback: number[]
  readonly plan: number[]
  readonly status: number[]
  readonly nothing: number[]
  readonly roundTrips: number[]
}

/** Known from elsewhere, where it is not installed: `npm run bench:peers -- --kamal` measures it here. */
const KAMAL = {
  deployMs: 3100,
  rollbackMs: 2030,
  source:
    'Not measured in this run: Kamal 2.12, on another machine of two cores with servers in ' +
    'containers, an image of 2 MB that is healthy at once and was already pushed,',
} as const

/** The timed app: one web service behind the proxy, in as many versions as are asked for. */
export class TimedApp {
  readonly app: App
  #changes = 0

  constructor(stand: Stand) {
    this.app = new App(stand, 'timed').write('belay.yaml', {
      app: 'timed',
      compose: 'compose.yaml',
      environments: { production: { hosts: [stand.server.sshHost] } },
      services: { web: { routes: [{ domain: '*', port: 8000 }], health: '/health' } },
    })
  }

  /** Something to deploy: another value in its environment. */
  async change(): Promise<void> {
    this.#changes += 1
    const web = { ...INSTANT_APP, environment: { CHANGE: String(this.#changes) } }
    this.app.write('compose.yaml', { services: { web } })
    await this.app.commit()
  }
}

/** Belay's commands, each deployment beside a run of the script, so that both meet the same noise. */
export async function measureSpeed(stand: Stand, timed: TimedApp): Promise<readonly Figure[]> {
  const script = new Script(stand)
  await timed.change()
  await mustRun(timed.app.at, ['deploy', '--yes'])
  await script.prepare()
  const times: Times = {
    script: [],
    deploy: [],
    whole: [],
    ratio: [],
    rollback: [],
    wholeRollback: [],
    plan: [],
    status: [],
    nothing: [],
    roundTrips: [],
  }
  // The first of each is not counted: it warms what is cold.
  for (let run = 0; run <= stand.runs; run++) await round(stand, { timed, script, times, run })
  return figuresOf(times)
}

type Round = { timed: TimedApp; script: Script; times: Times; run: number }

async function round(stand: Stand, { timed, script, times, run }: Round): Promise<void> {
  const { at } = timed.app
  await timed.change()
  const floor = await script.run()
  const deploy = await mustRun(at, ['deploy', '--yes'])
  const nothing = await mustRun(at, ['deploy', '--yes'])
  const plan = await mustRun(at, ['plan'])
  const status = await mustRun(at, ['status'])
  const rollback = await mustRun(at, ['rollback', '--yes'])
  const kept = timeOf(deploy, 'decided')
  stand.say(
    `run ${run}: script ${inSeconds(floor)}, deploy ${inSeconds(kept)}, ` +
      `rollback ${inSeconds(timeOf(rollback, 'decided'))}, plan ${inSeconds(plan.totalMs)}, ` +
      `status ${inSeconds(status.totalMs)}, nothing to do ${inSeconds(nothing.totalMs)}`,
  )
  if (run === 0) return
  times.script.push(floor)
  times.deploy.push(kept)
  times.whole.push(deploy.totalMs)
  times.ratio.push(kept / floor)
  times.rollback.push(timeOf(rollback, 'decided'))
  times.wholeRollback.push(rollback.totalMs)
  times.plan.push(plan.totalMs)
  times.status.push(status.totalMs)
  times.nothing.push(nothing.totalMs)
  times.roundTrips.push(roundTripsOf(deploy))
}

function roundTripsOf({ moments }: Ran): number {
  for (const { event } of moments) {
    if (event.type === 'decided' && event.roundTrips !== undefined) return event.roundTrips
  }
  throw new Error('no round trips were told')
}

function figuresOf(times: Times): Figure[] {
  const ratio = median(times.ratio)
  const trips = Math.max(...times.roundTrips)
  return [
    {
      what: 'deploy, start to confirmed, against the script',
      target: '≤ 1.50 ×',
      measured:
        `${ratio.toFixed(2)} × (${Math.min(...times.ratio).toFixed(2)}–` +
        `${Math.max(...times.ratio).toFixed(2)}): ` +
        `${inSeconds(median(times.deploy))} s against ${inSeconds(median(times.script))} s`,
      isReached: ratio <= 1.5,
      meaning:
        'From the start of the process to the event `decided commit`, divided by the time of the ' +
        'bare script that ran just before it.',
    },
    {
      what: 'deploy, the whole command',
      target: '–',
      measured: `${seconds(times.whole)}; the script ${spread(times.script)}`,
      isReached: true,
      meaning: 'With draining and stopping the old, tidying, the journal and the receipt.',
    },
    limitFigure(times.rollback, {
      what: 'rollback, start to confirmed',
      limitMs: 1500,
      meaning: 'Back to the previous release, whose containers are still there, and proved again.',
    }),
    limitFigure(times.whole, {
      what: 'deploy, the whole command, against half of Kamal’s',
      limitMs: KAMAL.deployMs / 2,
      meaning: `${KAMAL.source} deployed in ${inSeconds(KAMAL.deployMs)} s.`,
    }),
    limitFigure(times.wholeRollback, {
      what: 'rollback, the whole command, against half of Kamal’s',
      limitMs: KAMAL.rollbackMs / 2,
      meaning: `${KAMAL.source} rolled back in ${inSeconds(KAMAL.rollbackMs)} s.`,
    }),
    limitFigure(times.plan, { what: 'plan', limitMs: 1000, meaning: 'The whole command.' }),
    limitFigure(times.status, { what: 'status', limitMs: 1000, meaning: 'The whole command.' }),
    limitFigure(times.nothing, {
      what: 'deploy with nothing to do',
      limitMs: 1000,
      meaning: 'The whole command, when what is there already runs.',
    }),
    {
      what: 'round trips from the lease to confirmed',
      target: '≤ 10',
      measured: String(trips),
      isReached: trips <= 10,
      meaning: 'The most of all runs, as the event `decided` tells it: one host, no build.',
    },
  ]
}
