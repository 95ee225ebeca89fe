import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type At, mustRun } from './belay.ts'
import { type Figure, inSeconds, median, spread } from './figures.ts'
import { App, type Stand } from './stand.ts'

const IMAGE = 'postgres:17'
const DB = 'dump-production-db-1'
const LEAST_RATIO = 0.8
const MOST_MB = 150
/** A row is as long as this, and packs about as text does. */
const ROW_BYTES = 1024

/** A backup of a large database against the pipe that people write, in turn, and what it takes here. */
export async function measureBackups(stand: Stand): Promise<readonly Figure[]> {
  const mb = stand.isQuick ? 60 : 1000
  const { at } = await filledApp(stand, mb)
  const peak = watchMemory(stand, at)
  const times: Time[] = []
  // The first is not counted: what is read then is cold.
  for (let run = 0; run <= stand.runs; run++) {
    const time = { belay: (await mustRun(peak.at, CREATE)).totalMs, byHand: await pipe(stand) }
    stand.say(`run ${run}: belay ${inSeconds(time.belay)}, pipe ${inSeconds(time.byHand)}`)
    if (run > 0) times.push(time)
  }
  return [speedFigure(times, mb), memoryFigure(peak.mb(), mb)]
}

const CREATE = ['backup', 'create']

type Time = { readonly belay: number; readonly byHand: number }

/** What somebody would type: never read back, and its errors are lost. */
async function pipe({ server }: Stand): Promise<number> {
  const begun = performance.now()
  await server.sh(`docker exec ${DB} sh -c 'pg_dump -U postgres | gzip' >/root/dump.gz`)
  const took = performance.now() - begun
  await server.sh('rm /root/dump.gz')
  return took
}

async function filledApp(stand: Stand, mb: number): Promise<App> {
  await stand.server.loadImages([IMAGE])
  const command = 'pg_isready -h 127.0.0.1 -U postgres'
  const db = {
    image: IMAGE,
    environment: { POSTGRES_PASSWORD: 'postgres' },
    volumes: ['data:/var/lib/postgresql/data'],
    healthcheck: { test: ['CMD-SHELL', command], interval: '1s', retries: 60 },
  }
  const web = { image: 'busybox:stable', init: true, command: ['sleep', 'infinity'] }
  const app = new App(stand, 'dump')
    .write('compose.yaml', { services: { web, db }, volumes: { data: {} } })
    .write('belay.yaml', {
      app: 'dump',
      compose: 'compose.yaml',
      hosts: [stand.server.sshHost],
      proxy: 'none',
      services: { db: { role: 'accessory', 'start-timeout': '60s' } },
      backup: [{ postgres: 'db' }],
    })
  await app.commit()
  await mustRun(app.at, ['deploy', '--yes'])
  const rows = Math.ceil((mb * 1024 * 1024) / ROW_BYTES)
  const text =
    'select string_agg(md5((n * 16 + part)::text), chr(32)) from generate_series(0, 30) part'
  await stand.server.sh(`docker exec ${DB} psql -q -U postgres -c "
    create table lines as select n, (${text}) as line from generate_series(1, ${rows}) n" -c checkpoint`)
  return app
}

/** The peak of each process, as the kernel has it when the process ends. */
function watchMemory({ folder }: Stand, at: At): { at: At; mb: () => number } {
  const [told, script] = [join(folder, 'peaks'), join(folder, 'tell-peak.cjs')]
  rmSync(told, { force: true })
  writeFileSync(
    script,
    `process.on('exit', () => require('node:fs').appendFileSync(${JSON.stringify(told)},
      require('node:fs').readFileSync('/proc/self/status', 'utf8').match(/VmHWM:.*\\n/)[0]))`,
  )
  const env = { ...at.env, NODE_OPTIONS: `--require ${script}` }
  const mb = () => {
    const found = [...readFileSync(told, 'utf8').matchAll(/VmHWM:\s+(\d+) kB/g)]
    return Math.max(...found.map(([, kb]) => Number(kb) / 1024))
  }
  return { at: { ...at, env }, mb }
}

function speedFigure(times: readonly Time[], mb: number): Figure {
  const ratio = median(times.map(({ belay, byHand }) => byHand / belay))
  const [belay, byHand] = (['belay', 'byHand'] as const).map((key) => times.map((it) => it[key]))
  const shown = (all: readonly number[] = []) => `${inSeconds(median(all))} s (${spread(all)})`
  return {
    what: `\`backup create\` of a PostgreSQL of ${mb} MB, against \`pg_dump | gzip\``,
    target: `≥ ${LEAST_RATIO * 100} % of its speed`,
    measured: `${Math.round(ratio * 100)} %: ${shown(belay)} against ${shown(byHand)}`,
    isReached: ratio >= LEAST_RATIO,
    meaning:
      'The whole command, from its start to its end, with the lease, reading the backup back and its ' +
      'checksum, against the pipe in the same container, in turn. What a run costs in any case counts ' +
      'too, so a small database (`--quick`) says little.',
  }
}

function memoryFigure(peak: number, mb: number): Figure {
  return {
    what: `the deployer's memory while ${mb} MB are backed up`,
    target: `< ${MOST_MB} MB`,
    measured: `${Math.round(peak)} MB`,
    isReached: peak < MOST_MB,
    meaning: 'The most that the process ever had (`VmHWM`), of all runs.',
  }
}
