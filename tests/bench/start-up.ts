import { command } from '../lab/command.ts'
import { type Figure, median } from './figures.ts'
import { App, type Stand } from './stand.ts'

const VERSION_LIMIT = 1.6
const CHECK_LIMIT = 2.5

/** How long the command takes to start, against what Node and compose take themselves. */
export async function measureStartUp(stand: Stand): Promise<readonly Figure[]> {
  const pairs = stand.isQuick ? 8 : 40
  const app = await userApp(stand)
  const { folder } = app.at
  const node = (argv: readonly string[]) => took([process.execPath, ...argv], folder)
  const compose = ['docker', 'compose', '--project-name', 'started', '-f', 'compose.yaml']
  // The first call keeps what Node compiled of Belay.
  await node([stand.belay, 'check'])
  const times = { node: [0], version: [0], config: [0], check: [0] }
  for (let pair = 0; pair < pairs; pair++) {
    times.node.push(await node(['-e', '0']))
    times.version.push(await node([stand.belay, '--version']))
    times.config.push(await took([...compose, 'config', '--format', 'json'], folder))
    times.check.push(await node([stand.belay, 'check']))
  }
  const [bare, version, config, check] = [times.node, times.version, times.config, times.check].map(
    (values) => median(values.slice(1)),
  ) as [number, number, number, number]
  const beyond = median(times.check.slice(1).map((ms, at) => ms - (times.config[at + 1] ?? 0)))
  stand.say(
    `node ${bare.toFixed(0)} ms, --version ${version.toFixed(0)} ms, ` +
      `compose config ${config.toFixed(0)} ms, check ${check.toFixed(0)} ms`,
  )
  return [
    {
      what: '`belay --version` against `node -e 0`',
      target: `≤ ${VERSION_LIMIT.toFixed(2)} ×`,
      measured: `${(version / bare).toFixed(2)} × (${version.toFixed(0)} ms, ${bare.toFixed(0)} ms)`,
      isReached: version / bare <= VERSION_LIMIT,
      meaning: `Medians of ${pairs} runs of each, in turn.`,
    },
    {
      what: '`belay check`, from its second call on, beyond `docker compose config`',
      target: `≤ ${CHECK_LIMIT.toFixed(2)} × \`node -e 0\``,
      measured: `${(beyond / bare).toFixed(2)} × (${beyond.toFixed(0)} ms beyond ${config.toFixed(0)} ms)`,
      isReached: beyond / bare <= CHECK_LIMIT,
      meaning: `Without a host; the median of ${pairs} differences between runs next to each other.`,
    },
  ]
}

async function took(argv: readonly string[], cwd: string): Promise<number> {
  const begun = performance.now()
  const { code, stderr } = await command(argv, { cwd })
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${stderr}`)
  return performance.now() - begun
}

/** An app of usual size: a web service, a worker, a database and a cache. */
async function userApp(stand: Stand): Promise<App> {
  const app = new App(stand, 'started')
  const environment = { DATABASE_URL: 'postgres://db/app', CACHE: 'redis://cache' }
  app.write('compose.yaml', {
    services: {
      web: { image: 'example/web:1', environment, ports: ['8000:8000'], depends_on: ['db'] },
      worker: { image: 'example/web:1', command: ['worker'], environment },
      db: { image: 'postgres:17', volumes: ['data:/var/lib/postgresql/data'] },
      cache: { image: 'redis:7' },
    },
    volumes: { data: {} },
  })
  app.write('belay.yaml', {
    app: 'started',
    compose: 'compose.yaml',
    environments: { production: { hosts: ['deploy@app.example.com'] } },
    services: {
      web: { routes: [{ domain: 'app.example.com', port: 8000 }], health: '/health' },
      worker: { role: 'worker' },
      db: { role: 'accessory' },
      cache: { role: 'accessory' },
    },
    smoke: [{ http: { path: '/', status: 200 } }],
  })
  return app.commit()
}
