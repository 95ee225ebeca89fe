import { uptime } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { get } from '../../lab/http.ts'
import { mustRun, timeOf } from '../belay.ts'
import { type Figure, inSeconds, limitFigure, median } from '../figures.ts'
import { startBelay } from './going.ts'
import { App, APP_IMAGES, freshServers, type Stand } from '../stand.ts'

const NAME = 'unfinished'
const SERVES_WITHIN_MS = 60_000

/** A deployer that is killed while its release has the traffic: what the next run, or nobody, makes of it. */
export async function measureUnfinished(stand: Stand): Promise<readonly Figure[]> {
  await freshServers(stand)
  const app = new UnfinishedApp(stand)
  await app.release('first')
  await mustRun(app.at, ['deploy', '--yes'])
  return [await measureRecovery(stand, app), await measureWatchdog(stand, app)]
}

class UnfinishedApp {
  readonly at: App['at']
  readonly #app: App
  readonly #server: Stand['server']

  constructor(stand: Stand) {
    this.#app = new App(stand, NAME)
    this.#server = stand.server
    this.at = this.#app.at
  }

  /** While it is proved for a minute, its deployer can be killed. */
  async release(version: string, soak = '0s'): Promise<void> {
    const web = { image: APP_IMAGES[0], init: true, environment: { VERSION: version } }
    this.#app.write('compose.yaml', { services: { web } }).write('belay.yaml', {
      app: NAME,
      compose: 'compose.yaml',
      proxy: { tls: 'off' },
      watchdog: '10s',
      proof: { soak },
      environments: { production: { hosts: [this.#server.sshHost] } },
      services: { web: { routes: [{ domain: '*', port: 8000 }], health: '/health' } },
    })
    await this.#app.commit()
  }

  /** Nobody is left who could confirm it, and all traffic is with it. */
  async leaveUnfinished(version: string): Promise<void> {
    await this.release(version, '1m')
    const going = startBelay(this.at, ['deploy', '--yes'])
    await going.told('traffic-moved')
    going.kill()
    await going.ended
  }
}

async function measureRecovery(stand: Stand, app: UnfinishedApp): Promise<Figure> {
  const [plain, after]: [number[], number[]] = [[], []]
  for (let run = 1; run <= stand.runs; run++) {
    await app.release(`plain ${run}`)
    plain.push(timeOf(await mustRun(app.at, ['deploy', '--yes']), 'decided'))
    await app.leaveUnfinished(`cut off ${run}`)
    await app.release(`after ${run}`)
    after.push(timeOf(await mustRun(app.at, ['deploy', '--yes', '--steal']), 'decided'))
    stand.say(`run ${run}: ${inSeconds(plain.at(-1) ?? 0)}, after ${inSeconds(after.at(-1) ?? 0)}`)
  }
  const usual = median(plain)
  return limitFigure(
    after.map((time) => time - usual),
    {
      what: 'ending a run that was cut off, by the next',
      limitMs: 2000,
      meaning:
        `A deployer is killed while its release has the traffic; \`deploy --steal\` then puts the ` +
        `old release back and deploys another, beyond the ${inSeconds(usual)} s that this takes alone.`,
    },
  )
}

async function measureWatchdog(stand: Stand, app: UnfinishedApp): Promise<Figure> {
  const late: number[] = []
  for (let run = 1; run <= stand.runs; run++) {
    const old = `kept ${run}`
    await app.release(old)
    await mustRun(app.at, ['deploy', '--yes', '--wait', '1m'])
    await app.leaveUnfinished(`left alone ${run}`)
    const deadline = await deadlineOn(stand)
    late.push((await servedAgainAt(stand, old)) - deadline * 1000)
    stand.say(`run ${run}: served ${inSeconds(late.at(-1) ?? 0)} s after the deadline`)
  }
  return limitFigure(late, {
    what: 'watchdog: the old release serves again',
    limitMs: 3000,
    meaning:
      'After the deadline of a lease that nobody renews any more, as the server keeps it; asked of ' +
      'the proxy from outside, every 20 ms. A release had the traffic and was not confirmed.',
  })
}

/** In seconds since the machine was started: servers of the lab have the clock of this machine. */
async function deadlineOn({ server }: Stand): Promise<number> {
  const lease = await server.sh(`cat /var/lib/belay/${NAME}/production/lease`)
  const deadline = Number(lease.split(' ')[2])
  if (!(deadline > 0)) throw new Error(`not a lease: ${lease}`)
  return deadline
}

/** In milliseconds since the machine was started. */
async function servedAgainAt({ server }: Stand, version: string): Promise<number> {
  const late = performance.now() + SERVES_WITHIN_MS
  while (performance.now() < late) {
    const answer = await get(server.httpPort)
    if (answer?.headers['x-version'] === version) return uptime() * 1000
    await wait(20)
  }
  throw new Error(`${version} did not serve again`)
}
