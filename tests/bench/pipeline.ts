import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mustRun } from './belay.ts'
import { type Figure, inSeconds, median, spread } from './figures.ts'
import { App, INSTANT_APP, type Stand } from './stand.ts'

const LIMIT_MS = 2000

/** Every phase there is. */
const PHASES = {
  test: [{ run: 'true' }],
  backup: [{ volume: 'data' }],
  migrate: { service: 'web', run: ['true'], undo: ['true'], version: ['true'] },
  tasks: [{ service: 'web', run: ['true'], name: 'collect' }],
  smoke: [{ http: { path: '/health' } }],
}

/**
 * What all phases together cost beyond a plain deployment of the same app, and beyond their commands
 * when a person runs them on the server.
 */
export async function measurePipeline(stand: Stand): Promise<readonly Figure[]> {
  const { url, close } = await listener()
  try {
    const plain = appOf(stand, 'plain', {})
    const whole = appOf(stand, 'whole', { ...PHASES, notify: [{ webhook: { url } }] })
    const times: Time[] = []
    // The first is not counted: it warms what is cold, and has nothing to back up yet.
    for (let run = 0; run <= stand.runs; run++) {
      const time = {
        plain: await deployed(plain, run),
        whole: await deployed(whole, run),
        byHand: await commandsByHand(stand),
      }
      const { plain: one, whole: other, byHand } = time
      const parts = [`plain ${inSeconds(one)}`, `whole ${inSeconds(other)}`]
      stand.say(`run ${run}: ${parts.join(', ')}, its commands by hand ${inSeconds(byHand)}`)
      if (run > 0) times.push(time)
    }
    return [figureOf(times)]
  } finally {
    close()
  }
}

type Time = { readonly plain: number; readonly whole: number; readonly byHand: number }

/** The same commands: `docker run --rm` of the image for each, and a packed copy of the volume. */
async function commandsByHand({ server }: Stand): Promise<number> {
  const run = `docker run --rm -v whole-production_data:/data ${INSTANT_APP.image}`
  const begun = performance.now()
  await server.sh(
    [...Array(4).fill(`${run} true`), `${run} tar -c /data | gzip >/dev/null`].join(' && '),
  )
  return performance.now() - begun
}

function figureOf(times: readonly Time[]): Figure {
  const beyond = times.map(({ plain, whole, byHand }) => whole - plain - byHand)
  const [plain, whole, byHand] = (['plain', 'whole', 'byHand'] as const).map((key) =>
    inSeconds(median(times.map((time) => time[key]))),
  )
  return {
    what: 'a pipeline with every phase, beyond what its commands cost',
    target: `≤ ${inSeconds(LIMIT_MS)} s`,
    measured:
      `${inSeconds(median(beyond))} s (${spread(beyond)}): ` +
      `${whole} s, plain ${plain} s, its commands by hand ${byHand} s`,
    isReached: median(beyond) <= LIMIT_MS,
    meaning:
      'Tests, a backup, a migration whose schema is asked for before and after, a task, smoke ' +
      'checks and a webhook. Taken off are a plain deployment of the same app just before, and its ' +
      'commands as a person would run them on the server: `docker run --rm` for each.',
  }
}

function appOf(stand: Stand, name: string, phases: object): App {
  return new App(stand, name).write('belay.yaml', {
    app: name,
    compose: 'compose.yaml',
    hosts: [stand.server.sshHost],
    proxy: { tls: 'off' },
    services: {
      web: { routes: [{ domain: `${name}.example.com`, port: 8000 }], health: '/health' },
    },
    ...phases,
  })
}

async function deployed(app: App, change: number): Promise<number> {
  const web = { ...INSTANT_APP, environment: { CHANGE: String(change) }, volumes: ['data:/data'] }
  app.write('compose.yaml', { services: { web }, volumes: { data: {} } })
  await app.commit()
  const { totalMs } = await mustRun(app.at, ['deploy', '--yes'])
  return totalMs
}

/** Somebody who is told, and answers at once. */
async function listener(): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end('ok'))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() }
}
