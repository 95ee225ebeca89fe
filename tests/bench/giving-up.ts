import { spawn } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { mustRun, type Ran } from './belay.ts'
import { type Figure, inSeconds, limitFigure } from './figures.ts'
import { App, APP_IMAGES, type Stand } from './stand.ts'

const ROLLED_BACK = 4

/** A release whose container exits at once: how long until nobody waits for it any more. */
export async function measureGivingUp(stand: Stand): Promise<readonly Figure[]> {
  const app = new App(stand, 'broken').write('belay.yaml', {
    app: 'broken',
    compose: 'compose.yaml',
    proxy: { tls: 'off' },
    environments: { production: { hosts: [stand.server.sshHost] } },
    services: { web: { routes: [{ domain: 'broken.test', port: 8000 }], health: '/health' } },
  })
  const late: number[] = []
  for (let run = 1; run <= stand.runs; run++) {
    const web = { image: APP_IMAGES[0], environment: { EXIT_AT_START: '1', RUN: String(run) } }
    await app.write('compose.yaml', { services: { web } }).commit()
    const exits = watchExits(stand.server.container)
    await wait(300)
    const ran = await mustRun(app.at, ['deploy', '--yes'], ROLLED_BACK)
    const exit = await exits.first()
    late.push(gaveUpAt(ran) - exit)
    stand.say(`run ${run}: given up ${inSeconds(gaveUpAt(ran) - exit)} s after the exit`)
  }
  return [
    limitFigure(late, {
      what: 'giving up on an image that exits at once',
      limitMs: 3000,
      meaning: "From the container's exit, as Docker tells it, to the end of the failed proof.",
    }),
  ]
}

/** In milliseconds since 1970. */
function gaveUpAt({ moments, startedAt }: Ran): number {
  const found = moments.find(({ event }) => event.type === 'step-finished' && !event.ok)
  if (found === undefined) throw new Error('no step failed')
  return startedAt + found.atMs
}

/** The server's clock is this machine's: it is a container. */
function watchExits(container: string): { first: () => Promise<number> } {
  const filters = ['--filter', 'event=die', '--filter', 'label=belay.app=broken']
  const events = ['docker', 'events', ...filters, '--format', '{{.TimeNano}}']
  const child = spawn('docker', ['exec', container, 'timeout', '60', ...events], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const first = new Promise<number>((resolve, reject) => {
    child.stdout.setEncoding('utf8').once('data', (text: string) => {
      resolve(Number(text.split('\n')[0]) / 1e6)
    })
    child.once('close', () => reject(new Error('no container ended')))
  })
  first.catch(() => undefined)
  return {
    first: async () => {
      try {
        return await first
      } finally {
        child.kill()
      }
    },
  }
}
