import { must } from '../../lab/command.ts'
import { Lab } from '../../lab/lab.ts'
import { type At, mustRun } from '../belay.ts'
import { type Figure, inSeconds, median, spread } from '../figures.ts'
import { startBelay } from './going.ts'
import { App, INSTANT_APP, type Stand } from '../stand.ts'

const HOSTS = 20
const HOSTS_QUICK = 6
const RUNS = 3
const IMAGES = ['caddy:2.11.4', 'busybox:stable']
const LIMIT_KB = 120 * 1024
/** Of a core, for each server: as fast alone as among the others, on a machine that carries all. */
const CORES = 0.05

type Times = { readonly one: number[]; readonly all: number[]; readonly peaks: number[] }

/** Twenty servers in one wave, against one of them. */
export async function measureFleet(stand: Stand): Promise<readonly Figure[]> {
  const count = stand.isQuick ? HOSTS_QUICK : HOSTS
  const lab = await Lab.up({ servers: count, name: `${process.env.BELAY_LAB ?? 'bench'}-fleet` })
  try {
    for (const server of lab.servers) await server.loadImages(IMAGES)
    return await measureOn({ ...stand, lab }, count)
  } finally {
    await lab.down()
  }
}

async function measureOn(stand: Stand, count: number): Promise<readonly Figure[]> {
  const one = new FleetApp(stand, 'one', 1)
  const all = new FleetApp(stand, 'all', count)
  const times: Times = { one: [], all: [], peaks: [] }
  for (const app of [one, all]) {
    await app.change()
    await mustRun(app.at, ['deploy', '--yes'])
  }
  const containers = stand.lab.servers.map(({ container }) => container)
  await must(['docker', 'update', '--cpus', String(CORES), ...containers])
  for (let run = 1; run <= Math.min(RUNS, stand.runs); run++) {
    await one.change()
    times.one.push((await timed(one.at)).ms)
    await all.change()
    const { ms, peakKb } = await timed(all.at)
    times.all.push(ms)
    times.peaks.push(peakKb)
    stand.say(
      `run ${run}: one ${inSeconds(times.one.at(-1) ?? 0)} s, ${count} ${inSeconds(ms)} s, ` +
        `${megabytes(peakKb)} MB`,
    )
  }
  return figuresOf(times, count)
}

async function timed(at: At): Promise<{ readonly ms: number; readonly peakKb: number }> {
  const begun = performance.now()
  const going = startBelay(at, ['deploy', '--yes'])
  const code = await going.ended
  if (code !== 0) throw new Error(`deploy ended with ${code}`)
  return { ms: performance.now() - begun, peakKb: going.peak() }
}

class FleetApp {
  readonly at: At
  readonly #app: App
  #changes = 0

  constructor(stand: Stand, name: string, count: number) {
    const hosts = stand.lab.servers.slice(0, count).map(({ sshHost }) => sshHost)
    this.#app = new App(stand, `fleet-${name}`).write('belay.yaml', {
      app: `fleet-${name}`,
      compose: 'compose.yaml',
      proxy: { tls: 'off' },
      wave: 'all',
      environments: { production: { hosts } },
      services: { web: { routes: [{ domain: `${name}.test`, port: 8000 }], health: '/health' } },
    })
    this.at = { ...this.#app.at, env: stand.lab.env }
  }

  async change(): Promise<void> {
    this.#changes += 1
    const web = { ...INSTANT_APP, environment: { CHANGE: String(this.#changes) } }
    this.#app.write('compose.yaml', { services: { web } })
    await this.#app.commit()
  }
}

function figuresOf({ one, all, peaks }: Times, count: number): readonly Figure[] {
  const ratio = median(all) / median(one)
  const peak = Math.max(...peaks)
  return [
    {
      what: `${count} servers against one, the whole command`,
      target: '≤ 2.00 ×',
      measured:
        `${ratio.toFixed(2)} ×: ${inSeconds(median(all))} s (${spread(all)}) against ` +
        `${inSeconds(median(one))} s (${spread(one)})`,
      isReached: ratio <= 2,
      meaning:
        `Each server with a Docker of its own and ${CORES} of a core to itself, so that it is as ` +
        'fast alone as among the others: what is measured is the deployer. All in one wave.',
    },
    {
      what: `memory of the deployer with ${count} servers`,
      target: '≤ 120 MB',
      measured: `${megabytes(peak)} MB`,
      isReached: peak <= LIMIT_KB,
      meaning: 'The highest mark of the process (`VmHWM`) in any of these runs, without its ssh.',
    },
  ]
}

function megabytes(kilobytes: number): string {
  return (kilobytes / 1024).toFixed(0)
}
