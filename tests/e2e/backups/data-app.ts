import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import { App, type Json, page, pageConfig, type Ran } from '../deploy/scenario.ts'

export const DATA_IMAGES = ['postgres:17', 'mariadb:11', 'redis:7', 'belay-lab/sqlite:1']

/** A page whose data is in every kind of place that can be backed up. */
export function dataApp(lab: Pick<Lab, 'env'>): App {
  const app = new App(lab, 'shop')
  compose(app)
  return configure(app)
}

export const BACKUP = [
  { postgres: 'db' },
  { mysql: { service: 'maria', name: 'orders' } },
  { redis: 'cache' },
  { sqlite: { service: 'web', path: '/data/app.db' } },
  { volume: { volume: 'uploads', pause: true } },
]

export function configure(app: App, over: Json = {}, more: readonly string[] = []): App {
  const accessories = Object.fromEntries(
    ['db', 'maria', 'cache', ...more].map((name) => [
      name,
      { role: 'accessory', 'start-timeout': '60s' },
    ]),
  )
  const { services, ...config } = pageConfig('shop', { backup: BACKUP, ...over })
  return app.config({ ...config, services: { ...(services as object), ...accessories } })
}

export function compose(app: App, web: Json = page('one'), more: Json = {}): App {
  const ready = (command: string) => ({
    healthcheck: { test: ['CMD-SHELL', command], interval: '1s', retries: 60 },
  })
  return app.compose({
    services: {
      web: { ...web, volumes: ['data:/data', 'uploads:/uploads'] },
      db: {
        image: 'postgres:17',
        environment: { POSTGRES_USER: 'app', POSTGRES_DB: 'shop', POSTGRES_PASSWORD: 'geheim-1' },
        volumes: ['pg:/var/lib/postgresql/data'],
        ...ready('pg_isready -h 127.0.0.1 -U app'),
      },
      maria: {
        image: 'mariadb:11',
        environment: { MARIADB_DATABASE: 'shop', MARIADB_ROOT_PASSWORD: 'geheim-2' },
        volumes: ['my:/var/lib/mysql'],
        ...ready('mariadb -h 127.0.0.1 -uroot -pgeheim-2 -e "select 1"'),
      },
      cache: {
        image: 'redis:7',
        command: ['redis-server', '--appendonly', 'yes'],
        volumes: ['kept:/data'],
      },
      ...more,
    },
    volumes: { pg: {}, my: {}, kept: {}, data: {}, uploads: {} },
  })
}

/** Must end so; what it said is in the failure. */
export async function ends(code: number, running: Promise<Ran>): Promise<Ran> {
  const ran = await running
  if (ran.code !== code) throw new Error(`ended with ${ran.code}:\n${ran.stdout}${ran.stderr}`)
  return ran
}

/** The data of all places, asked around Belay. */
export class Data {
  readonly #server: Server

  constructor(server: Server) {
    this.#server = server
  }

  psql(sql: string): Promise<string> {
    return this.#server.run([
      'docker',
      'exec',
      'shop-production-db-1',
      'psql',
      '-U',
      'app',
      '-d',
      'shop',
      '-Atqc',
      sql,
    ])
  }

  mariadb(sql: string): Promise<string> {
    const words = ['mariadb', '-uroot', '-pgeheim-2', '-N', '-B', 'shop', '-e', sql]
    return this.#server.run(['docker', 'exec', 'shop-production-maria-1', ...words])
  }

  redis(...words: readonly string[]): Promise<string> {
    return this.#server.run(['docker', 'exec', 'shop-production-cache-1', 'redis-cli', ...words])
  }

  sqlite(sql: string): Promise<string> {
    const volume = ['-v', 'shop-production_data:/data']
    return this.#server.run([
      'docker',
      'run',
      '--rm',
      ...volume,
      'belay-lab/sqlite:1',
      'sqlite3',
      '/data/app.db',
      sql,
    ])
  }

  upload(name: string, text: string): Promise<string> {
    return this.#files(`echo ${text} >/u/${name}; chown 33:44 /u/${name}`)
  }

  #files(script: string): Promise<string> {
    const volume = ['-v', 'shop-production_uploads:/u']
    const words = ['docker', 'run', '--rm', ...volume, 'busybox:stable', 'sh', '-c', script]
    return this.#server.run(words)
  }

  /** Everything in one text, so that it can be compared. */
  async all(): Promise<string> {
    return [
      await this.psql('select n, word from things order by n'),
      await this.mariadb('select n, word from things order by n'),
      await this.redis('get', 'word'),
      await this.sqlite('select n, word from things order by n'),
      await this.#files(
        'cd /u && find . -type f -exec stat -c "%n %u:%g" {} + -exec cat {} + | sort',
      ),
    ].join('\n')
  }

  /** The same word into each. */
  async write(n: number, word: string): Promise<void> {
    const table = 'create table if not exists things (n int primary key, word text)'
    const row = `insert into things values (${n}, '${word}')`
    await this.psql(`${table}; ${row}`)
    await this.mariadb(`${table}; ${row}`)
    await this.redis('set', 'word', word)
    await this.sqlite(`pragma journal_mode=wal; ${table}; ${row}`)
    await this.upload(`file-${n}`, word)
  }
}
