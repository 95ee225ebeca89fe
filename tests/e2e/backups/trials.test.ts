import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BackupRecord } from '../../../src/plan/backup.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import { type App, failures, freshLab, IMAGES, page, type Ran, visit } from '../deploy/scenario.ts'
import { serving, stateOf } from '../deploy/server-state.ts'
import { BACKUP, compose, configure, DATA_IMAGES, Data, dataApp, ends } from './data-app.ts'

let lab: Lab
let server: Server
let app: App
let data: Data

const FOLDER = `${stateOf('shop')}/backups`
const belay = (...argv: readonly string[]) => app.belay(...argv, '--json')

/** The same file as that of `web`, whose image has no program of SQLite. */
const TOOL = { sqlite: { service: 'tool', path: '/data/app.db' } }
const tool = {
  image: 'belay-lab/sqlite:1',
  command: ['sleep', 'infinity'],
  stop_signal: 'SIGKILL',
  volumes: ['data:/data'],
}

const rules = (verify: string, more: object = {}) =>
  configure(app, { backup: [...BACKUP, TOOL], backups: { verify, ...more } }, ['tool'])

beforeAll(async () => {
  lab = await freshLab([...IMAGES, ...DATA_IMAGES])
  server = lab.server(1)
  app = dataApp(lab)
  data = new Data(server)
  compose(app, page('one'), { tool })
  rules('read')
  await ends(0, belay('deploy', '--yes'))
  await data.write(1, 'one')
  await data.write(2, 'two')
  // What is quoted is no row.
  const tricky = "update things set word = 'it''s (one), (\\\\' where n = 1"
  await data.psql(tricky)
  await data.mariadb(tricky)
  // What only those have made who are not in the dump.
  await data.psql('create role keeper; alter table things owner to keeper')
  await data.mariadb("create user keeper@'%'; grant all on shop.* to keeper@'%'")
  await data.mariadb("create definer=keeper@'%' view words as select word from things")
  before = await left()
})
afterAll(() => app.remove())

/** Nothing of a trial may be left, whatever came of it. */
const left = () =>
  server.sh(`docker ps -aq --filter label=belay.trial
    ls -A ${FOLDER} | grep -e trial -e part -e spool || :
    docker volume ls -q | wc -l`)
let before = ''

const told = (ran: Ran) =>
  ran.events.flatMap((event) => (event.type === 'progress' ? [event.text] : []))

function records(ran: Ran): readonly BackupRecord[] {
  return ran.events.flatMap((event) => {
    if (event.type !== 'answer' || event.of !== 'backups') return []
    return (event.data as { hosts: { backups: readonly BackupRecord[] }[] }).hosts[0]?.backups ?? []
  })
}

/** The container's dump program then prints another line before its end. */
const PROGRAM = '/usr/local/bin/pg_dump'
const inContainer = (script: string) =>
  server.run(['docker', 'exec', '-u', '0', 'shop-production-db-1', 'sh', '-c', script])
const dumping = (line: string) =>
  inContainer(`printf '%s\n' '#!/bin/sh' \
    '/usr/bin/pg_dump "$@" | sed "/database dump complete/i ${line}"' >${PROGRAM}
    chmod 755 ${PROGRAM}`)
const dumpingAgain = () => inContainer(`rm -f ${PROGRAM}`)

describe('with verify: restore', () => {
  test('every kind of data must be restored elsewhere and compared, before a deployment begins', async () => {
    rules('restore')
    compose(app, page('two'), { tool })
    const ran = await ends(0, belay('deploy', '--yes'))
    const said = told(ran).join('\n')
    for (const found of [
      /compared: 1 tables, 2 rows[^]*compared: 1 tables, 2 rows/,
      /compared: 1 keys/,
      /compared: byte for byte; its image has no sqlite3 to look into it/,
      /compared: 1 tables, which SQLite finds whole/,
      /compared: 2 files and folders/,
    ])
      expect(said).toMatch(found)
    const made = records(await ends(0, belay('backup', 'list')))
    expect(made.map(({ verified }) => verified?.how)).toEqual(Array(6).fill('restore'))
    expect((await app.belay('backup', 'list')).stdout).toMatch(/ago, restored +before r2/)
    expect(await visit(server)).toBe('200 two')
    expect(await left()).toBe(before)
  })

  test('a deployment must not begin with a dump that is whole and does not restore', async () => {
    compose(app, page('three'), { tool })
    const then = [await serving(server), await server.sh(`ls -A ${FOLDER} | grep -- -db.sql`)]
    const wrong = [
      ['select nothing from nowhere;', 'it does not restore: ERROR: relation \\"nowhere\\"'],
      ['delete from public.things;', 'only the backup has: public.things: 2 rows'],
    ] as const
    try {
      for (const [line, reason] of wrong) {
        await dumping(line)
        const ran = await ends(3, belay('deploy', '--yes'))
        expect(failures(ran)).toEqual(['BACKUP_FAILED'])
        expect(JSON.stringify(ran.events.at(-1))).toContain(reason)
        expect(await left()).toBe(before)
      }
      await dumping('select pg_sleep(60);')
      rules('restore', { timeout: '10s' })
      expect(failures(await ends(3, belay('deploy', '--yes')))).toEqual(['BACKUP_FAILED'])
      expect(await left()).toBe(before)
    } finally {
      await dumpingAgain()
    }
    expect([await serving(server), await server.sh(`ls -A ${FOLDER} | grep -- -db.sql`)]).toEqual(
      then,
    )
    expect(await visit(server)).toBe('200 two')
  })
})

describe('backup verify --restore', () => {
  test('must pass for what restores, and say which does not, and keep both', async () => {
    rules('read')
    await ends(0, belay('backup', 'create'))
    const newest = records(await ends(0, belay('backup', 'list')))
    expect(newest[0]?.verified?.how).toBe('read')
    const ran = await ends(0, belay('backup', 'verify', '--restore'))
    expect(told(ran).filter((text) => text.includes('and compared'))).toHaveLength(6)
    for (const [name, text] of [
      ['db', 'select nothing from nowhere;\n-- PostgreSQL database dump complete'],
      ['orders', 'select nothing from nowhere;\n-- Dump completed'],
      ['cache', 'REDIS0011 is all that is left of it'],
    ] as const) {
      const record = newest.find(({ about }) => about.name === name)
      if (record === undefined) throw new Error(`no backup of ${name}`)
      await server.sh(`cd ${FOLDER}
        printf '%s\n' '${text}' | gzip >${record.file}
        sed -i "s/^sha256 .*/sha256 $(sha256sum ${record.file} | cut -d ' ' -f 1)/
          s/^bytes .*/bytes $(wc -c <${record.file})/" ${record.id}.meta`)
      await ends(0, belay('backup', 'verify', record.id))
      const damaged = await ends(3, belay('backup', 'verify', record.id, '--restore'))
      expect(failures(damaged), name).toEqual(['BACKUP_DAMAGED'])
      expect(JSON.stringify(damaged.events.at(-1))).toContain('it does not restore: ')
      expect(await server.sh(`ls ${FOLDER}/${record.id}.meta`)).toContain(record.id)
      expect(await left()).toBe(before)
    }
  })

  test('must leave to the next run what a crash left of it', async () => {
    await server.sh(`docker create --name belay-trial-shop-production-x --label belay.trial=x \
      -v /belay-trial busybox:stable; echo x >${FOLDER}/x.trial`)
    await ends(0, belay('backup', 'create'))
    expect(await left()).toBe(before)
  })
})
