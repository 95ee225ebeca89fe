import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import { type Load, startLoad } from '../../load/load.ts'
import {
  App,
  failures,
  finished,
  freshLab,
  IMAGES,
  type Json,
  type Ran,
  visit,
} from '../deploy/scenario.ts'
import { containers, current, lines, stateOf } from '../deploy/server-state.ts'

/** Answers with its version and the schema it finds; 500 where that is older than it needs. */
const WEB = String.raw`
use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalPort => 8000, Listen => 50, ReuseAddr => 1) or die;
$SIG{TERM} = sub { exit 0 };
while (my $client = $server->accept) {
  while (my $line = <$client>) { last if $line =~ /^\r?\n$/ }
  my $schema = qx(sh /app/schema.sh version); chomp $schema;
  my $status = $schema >= $ENV{NEEDS} ? '200 OK' : '500 Too old';
  my $body = "v$ENV{VERSION} on schema $schema";
  my $size = length $body;
  print $client "HTTP/1.1 $status\r\nContent-Length: $size\r\nConnection: close\r\n\r\n$body";
  close $client;
}`

/** What the app's own tool for migrations would be. */
const SCHEMA = `set -eu
psql() { command psql --quiet --no-psqlrc --tuples-only --no-align --set ON_ERROR_STOP=1 "$@"; }
case $1 in
  version) psql -c "select coalesce(max(id), 0) from schema" 2>/dev/null || echo 0 ;;
  up) psql --single-transaction -f /app/up.sql; echo "migrated as $PGUSER" ;;
  down) psql --single-transaction -f /app/down.sql ;;
  static) echo "$VERSION" >/static/version; [ "$VERSION" != 9 ] ;;
esac
`

const up = (version: number, more = ''): string =>
  `create table if not exists schema (id int);\n${more}insert into schema values (${version});\n`
const down = (version: number): string => `delete from schema where id >= ${version};\n`

function compose(version: number, needs: number): Json {
  const files = ['./app:/app:ro', 'static:/static']
  return {
    services: {
      db: {
        image: 'postgres:17',
        environment: { POSTGRES_PASSWORD: 'pw', POSTGRES_USER: 'shop' },
        volumes: ['data:/var/lib/postgresql/data'],
        healthcheck: { test: ['CMD', 'pg_isready', '-h', '127.0.0.1', '-U', 'shop'] },
      },
      web: {
        image: 'postgres:17',
        entrypoint: ['perl', '/app/web.pl'],
        environment: {
          VERSION: String(version),
          NEEDS: String(needs),
          PGHOST: 'db',
          PGUSER: 'shop',
          PGPASSWORD: '${PGPASSWORD}',
        },
        volumes: files,
        depends_on: { db: { condition: 'service_healthy' } },
      },
    },
    volumes: { data: {}, static: {} },
  }
}

const MIGRATE = {
  service: 'web',
  run: 'sh /app/schema.sh up',
  undo: 'sh /app/schema.sh down',
  version: 'sh /app/schema.sh version',
}

function config(migrate: Json = {}): Json {
  const routes = [{ domain: '*', port: 8000 }]
  // It writes a volume for its tasks alone, so that two of it may run at once.
  const web = { routes, health: '/', rollout: 'overlap', 'start-timeout': '5s', drain: '2s' }
  return {
    app: 'shop',
    hosts: ['lab1'],
    watchdog: '10s',
    env: { required: ['PGPASSWORD'] },
    services: { web },
    migrate: { ...MIGRATE, ...migrate },
    tasks: [{ service: 'web', run: ['sh', '/app/schema.sh', 'static'], name: 'static files' }],
  }
}

interface Version {
  readonly up?: string
  readonly needs?: number
  readonly migrate?: Json
}

let lab: Lab
let server: Server
const apps: App[] = []

beforeAll(async () => {
  lab = await freshLab([
    ...IMAGES,
    'postgres:17',
    'belay-lab/app:1',
    'belay-lab/app:2',
    'belay-lab/app:3',
  ])
  server = lab.server(1)
})
afterAll(() => {
  for (const app of apps) app.remove()
})

function schemaTold({ events }: Ran): readonly string[] {
  return events.flatMap((event) =>
    event.type === 'noted' && event.about === 'schema' ? [event.text] : [],
  )
}

const evidence = ({ events }: Ran): string =>
  events.flatMap((event) => (event.type === 'failed' ? event.evidence : [])).join('\n')

describe('a Postgres app', () => {
  let app: App

  beforeAll(() => {
    app = new App(lab)
    apps.push(app)
  })

  function write(version: number, { up: text, needs = version, migrate = {} }: Version = {}): void {
    app.write('app/web.pl', WEB).write('app/schema.sh', SCHEMA)
    app.write('app/up.sql', text ?? up(version)).write('app/down.sql', down(version))
    app.compose(compose(version, needs)).config(config(migrate))
  }

  const deploy = (): Promise<Ran> => app.with({ PGPASSWORD: 'pw' }, 'deploy', '--yes', '--json')

  const tasks = async (): Promise<readonly string[]> =>
    (await containers(server)).filter((name) => name.includes('belay-'))

  test('must have the schema of its release before that starts, and tell both versions', async () => {
    write(1)
    const first = await deploy()
    expect(failures(first)).toEqual([])
    expect(schemaTold(first)).toEqual(['the schema is 1; before r1 it was 0'])
    expect(await visit(server)).toBe('200 v1 on schema 1')
    write(2, { up: up(2, 'alter table schema add name text;\n') })
    const second = await deploy()
    expect(failures(second)).toEqual([])
    expect(schemaTold(second)).toEqual(['the schema is 2; before r2 it was 1'])
    expect(await visit(server)).toBe('200 v2 on schema 2')
    expect(await tasks()).toEqual([])
    const log = `${stateOf('shop')}/logs/r2-migrate.log`
    expect(await server.sh(`cat ${log}`)).toMatch(/migrated as shop$/)
    expect(await server.sh(`stat -c %a ${log}`)).toBe('600')
    const volume = '/var/lib/docker/volumes/shop-production_static/_data/version'
    expect(await server.sh(`cat ${volume}`)).toBe('2')
    const journal = await server.sh(`cat ${stateOf('shop')}/journal`)
    expect(journal).toContain('"schema":{"release":"r2","before":"1","after":"2"')
  })

  test('must stay as it is when a migration fails midway', async () => {
    write(3, { up: up(3, 'alter table schema drop name;\nselect no_such_thing();\n') })
    const ran = await deploy()
    expect(finished(ran)).toMatchObject({ exit: 4, serving: 'r2' })
    expect(evidence(ran)).toContain('function no_such_thing() does not exist')
    expect(schemaTold(ran)).toEqual([
      'the schema is 2 as before: the migration of r3 moved nothing',
    ])
    expect(await visit(server)).toBe('200 v2 on schema 2')
    expect(await tasks()).toEqual([])
  })

  test('must stay as it is when a migration hangs, which is ended', async () => {
    write(3, { up: 'select pg_sleep(600);\n', migrate: { timeout: '2s' } })
    const ran = await deploy()
    expect(finished(ran)).toMatchObject({ exit: 4, serving: 'r2' })
    expect(evidence(ran)).toContain('migrate did not end within 2 s')
    expect(await visit(server)).toBe('200 v2 on schema 2')
    expect(await tasks()).toEqual([])
  })

  test('must get its schema back when the release is not kept, and only code where none can', async () => {
    write(3, { needs: 9 })
    const undone = await deploy()
    expect(finished(undone)).toMatchObject({ exit: 4, serving: 'r2' })
    expect(schemaTold(undone)).toEqual(['the schema is 2 again: the migration of r5 was undone'])
    expect(await visit(server)).toBe('200 v2 on schema 2')
    write(9)
    const byTask = await deploy()
    expect(finished(byTask)).toMatchObject({ exit: 4, serving: 'r2' })
    expect(evidence(byTask)).toContain('task-1 exited with 1')
    expect(await visit(server)).toBe('200 v2 on schema 2')
  })

  test('must get its schema back by the server alone when the deployer is killed meanwhile', async () => {
    write(3, { up: up(3, 'select pg_sleep(25);\n') })
    const going = app.start(['deploy', '--yes', '--json'], { PGPASSWORD: 'pw' })
    await going.saying('waiting for migrate')
    going.child.kill('SIGKILL')
    await going.ended
    // The migration before it was undone too: it is this run's end that is waited for.
    const ended = `head -1 ${stateOf('shop')}/settled_rollback | grep -c 'release r7'; :`
    await expect.poll(() => server.sh(ended), { timeout: 90_000, interval: 1000 }).toBe('1')
    expect(await visit(server)).toBe('200 v2 on schema 2')
    expect(await current(server, 'shop')).toBe('r2 r1')
    const log = lines(await server.sh(`ls ${stateOf('shop')}/logs`))
    expect(log).toContain('r7-migrate.log')
    expect(await tasks()).toEqual([])
    write(3)
    expect(schemaTold(await deploy())).toEqual(['the schema is 3; before r8 it was 2'])
    expect(await visit(server)).toBe('200 v3 on schema 3')
  })

  test('must be told before a rollback that code and values go back, and the schema stays', async () => {
    const ran = await app.with({ PGPASSWORD: 'pw' }, 'rollback', '--dry-run', '--json')
    expect(ran.code).toBe(0)
    const told = ran.events.flatMap((event) => (event.type === 'plan-made' ? event.lines : []))
    expect(told).toContain('note: environment of web: another value for NEEDS, VERSION')
    expect(told).toContain(
      'warning: database: migrated by r8 since: the schema is 3, and was 2 with r2; it stays so, ' +
        'and r2 must run on it',
    )
    expect(await current(server, 'shop')).toBe('r8 r2')
  })

  test('without an undo must be told plainly that only its code went back', async () => {
    write(4, { needs: 9, migrate: { undo: undefined } })
    const ran = await deploy()
    expect(finished(ran)).toMatchObject({ exit: 4, serving: 'r8' })
    expect(failures(ran)).toEqual(['NOT_PROVED', 'SCHEMA_MOVED'])
    expect(finished(ran)?.text).toContain(
      'code moved back, schema did not: it is 4, and was 3 before r9',
    )
  })
})

/** Writes what none may write beside it; a second one says so on the volume. */
const ALONE = `
  const fs = require('node:fs')
  try { fs.writeFileSync('/data/lock', process.env.HOSTNAME, { flag: 'wx' }) }
  catch { fs.appendFileSync('/data/clash', 'app'); process.exit(9) }
  process.on('exit', () => fs.rmSync('/data/lock'))
  import('/app/server.js')`

const MOVE = `
  const fs = require('node:fs')
  if (fs.existsSync('/data/lock')) fs.appendFileSync('/data/clash', 'migration')
  const [, to] = process.argv
  const is = () => (fs.existsSync('/data/schema') ? fs.readFileSync('/data/schema', 'utf8') : 0)
  if (to === undefined) console.log(is())
  else fs.writeFileSync('/data/schema', to)`

describe('an app that is alone with its file', () => {
  const data = '/var/lib/docker/volumes/shop-production_data/_data'
  const move = (...to: string[]) => ['node', '-e', MOVE, ...to]
  let app: App
  let load: Load | undefined

  beforeAll(async () => {
    await server.clean()
    app = new App(lab)
    apps.push(app)
  })
  afterAll(() => load?.stop())

  const deploy = (version: number, environment: Record<string, string> = {}): Promise<Ran> => {
    const api = { image: `belay-lab/app:${version}`, user: '0', command: ['node', '-e', ALONE] }
    const volumes = ['data:/data']
    app.compose({ services: { api: { ...api, environment, volumes } }, volumes: { data: {} } })
    const routes = [{ domain: '*', port: 8000 }]
    app.config({
      app: 'shop',
      hosts: ['lab1'],
      proxy: { tls: 'off' },
      services: { api: { routes, health: '/health', 'start-timeout': '6s', drain: '6s' } },
      migrate: {
        service: 'api',
        run: move(String(version)),
        undo: move(String(version - 1)),
        version: move(),
      },
    })
    return app.belay('deploy', '--yes', '--json')
  }

  test('must be migrated while neither runs, there and back, and lose no request', async () => {
    expect(schemaTold(await deploy(1))).toEqual(['the schema is 1; before r1 it was 0'])
    load = startLoad({ host: '127.0.0.1', port: server.httpPort, requestsPerSecond: 50 })
    const good = await deploy(2)
    expect(finished(good)).toMatchObject({ exit: 0, serving: 'r2' })
    expect(schemaTold(good)).toEqual(['the schema is 2; before r2 it was 1'])
    const bad = await deploy(3, { HEALTH: 'fail' })
    expect(finished(bad)).toMatchObject({ exit: 4, serving: 'r2' })
    expect(schemaTold(bad)).toEqual(['the schema is 2 again: the migration of r3 was undone'])
    const report = await load.stop()
    expect(report.losses).toEqual([])
    expect(report.sent).toBeGreaterThan(200)
    expect(await server.sh(`ls ${data}`)).toBe('lock\nschema')
    expect(await server.sh(`cat ${data}/schema`)).toBe('2')
  })
})
