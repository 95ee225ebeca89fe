import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Server } from '../../lab/server.ts'
import type { StandIn } from '../../support/stand-ins/stand-in.ts'
import { TELEGRAM_CHAT, TELEGRAM_TOKEN, telegramStandIn } from '../../support/stand-ins/telegram.ts'
import { failures, IMAGES } from '../deploy/scenario.ts'
import { running } from '../deploy/server-state.ts'
import { asking, ended, endedBy, Example, serverWith, texts } from './example.ts'

// S2 of the source systems: eight services, with Postgres, Redis, workers and monitoring.

const HOST = 'learning.example.com'
const STOCK = ['postgres:17', 'redis:7', 'prom/prometheus:v2.53.3', 'grafana/grafana:11.6.0']
const SECRETS = { POSTGRES_PASSWORD: 'postgres-password-3391', TEACHER_PASSWORD: 'teacher-7120' }

let server: Server
let school: Example
let telegram: StandIn
const ask = (path: string, data?: object) => asking(server, HOST)(path, data)

beforeAll(async () => {
  const made = await serverWith([...IMAGES, 'python:3.13-slim', ...STOCK])
  server = made.server
  telegram = await telegramStandIn()
  school = new Example(made.lab, 'learning-platform', {
    TELEGRAM_BOT_TOKEN: TELEGRAM_TOKEN,
    TELEGRAM_LOG_CHAT_ID: TELEGRAM_CHAT,
    TELEGRAM_API: telegram.url,
    GITHUB_STEP_SUMMARY: '',
  })
  Object.assign(school.values, { GITHUB_STEP_SUMMARY: join(school.folder, '.git', 'summary.md') })
  const lines = Object.entries(SECRETS).map(([name, value]) => `${name}=${value}\n`)
  school.write('.env.lab', lines.join(''))
})
afterAll(async () => {
  await telegram.close()
  await school.removeImages()
  school.remove()
})

const told = () => telegram.bodies.map(({ text }) => text?.split('\n')[0])
const summary = () => readFileSync(join(school.folder, '.git', 'summary.md'), 'utf8')

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; ) if (await holds()) return
  throw new Error(`it never came to hold: ${what}`)
}

/** The worker has written a report of each lesson. */
const isWorked = async (lessons: readonly string[]) => {
  const { json } = await ask('/api/lessons/')
  expect(json).toMatchObject({ lessons })
  return json['reports'] === lessons.length
}

/** What Prometheus knows: the answer to a query, asked from within the app's network. */
async function measured(query: string): Promise<string> {
  const url = `http://prometheus:9090/api/v1/query?query=${encodeURIComponent(query)}`
  const script = `import urllib.request as r; print(r.urlopen('${url}').read().decode())`
  const name = await server.sh(`docker ps --format '{{.Names}}' | grep -- '-backend-1$'`)
  return server.run(['docker', 'exec', name, 'python', '-c', script])
}

test('all eight services must come up on an empty server, and work together', async () => {
  const ran = await school.deploy('first')
  expect(ended(ran), ran.stdout).toBe('confirmed 0 r1')
  const names = (await running(server)).map((name) => name.replace(/^.*-lab-(r\d+-)?|-1$/g, ''))
  expect(names.sort()).toEqual(
    ['backend', 'beat', 'db', 'frontend', 'grafana', 'prometheus', 'redis', 'worker'].sort(),
  )
  expect((await ask('/')).body).toContain('Learning platform')
  expect((await ask('/static/school.css')).status).toBe(200)
  await ask('/api/lessons/', { title: 'Reading' })
  await until('a report is written', () => isWorked(['Reading']))
  const teacher = { email: 'teacher@example.com', password: SECRETS.TEACHER_PASSWORD }
  expect((await ask('/api/auth/login/', teacher)).status).toBe(200)
  expect((await ask('/api/auth/login/', { ...teacher, password: 'x' })).status).toBe(401)
  expect(told()).toEqual([expect.stringContaining('r1 is deployed and serves')])
  expect(summary()).toContain('r1 is deployed and serves')
})

test('a second with a migration must take its place; what measures it must follow', async () => {
  school
    .write('backend/version', '2\n')
    .write('backend/school/migrations/0002_level.sql', 'ALTER TABLE lessons ADD level integer;\n')
  const ran = await school.deploy('levels')
  expect(ended(ran), ran.stdout).toBe('confirmed 0 r2')
  expect((await ask('/api/system/readiness/')).json).toMatchObject({ database: 'ok', schema: 2 })
  const kept = (await school.backups()).map(({ about }) => `${about.name} before ${about.before}`)
  expect(kept).toEqual(expect.arrayContaining(['db before r2', 'redis before r2']))
  await ask('/api/lessons/', { title: 'Writing' })
  await until('a report is written', () => isWorked(['Reading', 'Writing']))
  await until('Prometheus reads the new release', async () =>
    (await measured('school_info')).includes('"version":"2"'),
  )
})

test('a third whose migration fails midway must leave it serving, and the data whole', async () => {
  school
    .write('backend/version', '3\n')
    .write(
      'backend/school/migrations/0003_levels.sql',
      'UPDATE lessons SET title = title || title;\nALTER TABLE lesson ADD teacher text;\n',
    )
  const ran = await school.deploy('teachers')
  expect(ended(ran), ran.stdout).toBe('rolled-back 4 r2')
  expect(JSON.stringify(failures(ran)) + ran.stdout).toContain(
    'relation \\"lesson\\" does not exist',
  )
  expect((await ask('/api/system/readiness/')).json).toMatchObject({ database: 'ok', schema: 2 })
  expect((await ask('/api/system/health/')).json).toMatchObject({ version: '2' })
  expect(await isWorked(['Reading', 'Writing'])).toBe(true)
  const receipt = await school.receipt()
  expect([endedBy(receipt), receipt.previous]).toEqual(['rolled-back 4 r2', 'r2'])
  expect(texts(receipt)).toContain('the schema is 2 as before: the migration of r3 moved nothing')
  expect(told().at(-1)).toContain('deploy of r3 was rolled back, r2 serves')
  expect(summary()).toContain('deploy of r3 was rolled back')
})

test('a rollback by hand must bring the first back, with its workers, on the data as it is', async () => {
  const ran = await school.rollback()
  expect(ended(ran), ran.stdout).toBe('confirmed 0 r1')
  expect((await ask('/api/system/health/')).json).toMatchObject({ version: '1' })
  await ask('/api/lessons/', { title: 'Counting' })
  await until('a report is written', () => isWorked(['Reading', 'Writing', 'Counting']))
  expect(endedBy(await school.receipt())).toBe('confirmed 0 r1')
  expect(told()).toHaveLength(4)
})

test('a backup must be whole, and bring back what was there when it was made', async () => {
  const lessons = ['Reading', 'Writing', 'Counting']
  const backup = await school.backUp('db')
  expect((await school.run('backup', 'verify', 'lab', backup)).code).toBe(0)
  await ask('/api/lessons/', { title: 'Singing' })
  const ran = await school.restore(backup)
  expect(ran.code, ran.stdout).toBe(0)
  expect((await ask('/api/lessons/')).json).toMatchObject({ lessons, reports: 3 })
})
