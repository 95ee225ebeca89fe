import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import { App, deaf, failures, finished, freshLab, page, pageConfig, visit } from './scenario.ts'
import { containers, current, lines, mark, releases, running, world } from './server-state.ts'

let lab: Lab
let server: Server
let app: App

// Bytes that a careless copy would change.
const settings = (text: string) => Buffer.from(`${text}\r\n\0\x80 "$HOME" \\\n\n`, 'latin1')

const job = {
  image: 'busybox:stable',
  command: ['sh', '-c', 'echo "$$TEXT" >>/log/runs; echo "migrating to $$TEXT"'],
  volumes: ['log:/log'],
}

/** Writes the app as its next version: its words, its mounted file, its job. */
async function version(text: string, make: typeof page = page): Promise<void> {
  const web = make(text, { volumes: ['./settings:/etc/settings:ro'] })
  const migrate = { ...job, environment: { TEXT: text } }
  app.write('settings', settings(text))
  app.compose({ services: { web, migrate }, volumes: { log: {} } })
  await app.commit(text)
}

const run = (...argv: readonly string[]) => app.belay(...argv, '--yes', '--json')

/** Deploys, which must end so. */
async function deployed(code = 0): Promise<void> {
  const ran = await run('deploy')
  if (ran.code !== code) throw new Error(`ended with ${ran.code}:\n${ran.stdout}${ran.stderr}`)
}

const mounted = (container: string) =>
  server.sh(`docker exec ${container} sha256sum /etc/settings | cut -d ' ' -f 1`)

const sha = (text: string) => createHash('sha256').update(settings(text)).digest('hex')

const jobRuns = () => server.sh('cat /var/lib/docker/volumes/shop-production_log/_data/runs')

// One app through four releases: r1 and r2 good, r3 bad, r4 good.
beforeAll(async () => {
  lab = await freshLab()
  server = lab.server(1)
  app = new App(lab)
  const config = pageConfig('shop')
  const services = { ...(config.services as object), migrate: { role: 'job' } }
  app.config({ ...config, keep: 4, services })
  await version('one')
  await deployed()
  await version('two')
  await deployed()
  await version('three', deaf)
  await deployed(4)
  await version('four')
  await deployed()
})
afterAll(() => app.remove())

describe('rolling back', () => {
  test.each([
    ['one that was marked bad', 'r3', 'RELEASE_IS_BAD'],
    ['one that nobody knows', 'r17', 'UNKNOWN_RELEASE'],
    ['the one that serves', 'r4', 'ALREADY_SERVING'],
  ])('must be refused onto %s, and change nothing', async (_, release, code) => {
    const before = await world(server)
    const ran = await run('rollback', release)
    expect([ran.code, failures(ran)]).toEqual([2, [code]])
    expect(await world(server)).toBe(before)
  })

  test('must bring the previous release back whole, without its job', async () => {
    expect(await mounted('shop-production-r4-web-1')).toBe(sha('four'))
    const ran = await run('rollback')
    expect(finished(ran)).toMatchObject({ outcome: 'confirmed', exit: 0, serving: 'r2' })
    expect(await visit(server)).toBe('200 two')
    expect(await running(server)).toEqual(['shop-production-r2-web-1'])
    expect(await current(server, 'shop')).toBe('r2 r4')
    expect(await mounted('shop-production-r2-web-1')).toBe(sha('two'))
  })

  test('must reach an older one by its name', async () => {
    const ran = await run('rollback', 'production', 'r1')
    expect(finished(ran)).toMatchObject({ outcome: 'confirmed', exit: 0, serving: 'r1' })
    expect(await visit(server)).toBe('200 one')
    expect(await mounted('shop-production-r1-web-1')).toBe(sha('one'))
  })

  test('must never run a job: each ran once, in its own release', async () => {
    expect(await jobRuns()).toBe('one\ntwo\nthree\nfour')
  })
})

describe('from another machine', () => {
  const homes: string[] = []
  const elsewhere = () => {
    const home = mkdtempSync(join(tmpdir(), 'belay-e2e-home-'))
    homes.push(home)
    return { HOME: home, USER: 'bob' }
  }
  afterAll(() => homes.forEach((home) => rmSync(home, { recursive: true, force: true })))

  test('status, history, show and logs must tell what happened', async () => {
    const env = elsewhere()
    const answer = async (...argv: readonly string[]): Promise<unknown> => {
      const ran = await app.with(env, ...argv, '--json')
      expect(ran).toMatchObject({ code: 0, stderr: '' })
      const last = ran.events.at(-1)
      return last?.type === 'answer' ? last.data : undefined
    }
    expect(await answer('status')).toMatchObject({
      serving: 'r1',
      split: false,
      unreachable: [],
      hosts: [{ host: 'lab1', serving: 'r1', lease: null, unfinished: null, drift: [] }],
    })
    const outcomes = [
      'confirmed',
      'confirmed',
      'confirmed',
      'rolled-back',
      'confirmed',
      'confirmed',
    ]
    expect(await answer('history')).toMatchObject({
      serving: 'r1',
      runs: outcomes.map((outcome) => ({ outcome })),
      kept: expect.arrayContaining([expect.objectContaining({ id: 'r3', mark: 'bad' })]),
    })
    expect(await answer('show', 'r3')).toMatchObject({
      run: { outcome: 'rolled-back', release: 'r3' },
      events: expect.arrayContaining([
        expect.objectContaining({ event: expect.objectContaining({ type: 'decided' }) }),
      ]),
    })
    const logs = await app.with(env, 'logs', 'production', 'web')
    expect(logs.stdout).toContain('says one')
  })

  test('exec must run in the container that serves, and end with its code', async () => {
    const words = ['sh', '-c', 'echo "$TEXT, $0"; exit 7', "it's $HOME"]
    const ran = await app.with(elsewhere(), 'exec', 'production', 'web', ...words)
    expect(ran).toMatchObject({ code: 7, stdout: "one, it's $HOME\n" })
  })
})

describe('a job that fails', () => {
  test('must end the release before any traffic moved, with its last lines', async () => {
    await version('five')
    const failing = { ...job, command: ['sh', '-c', 'echo "no such table: visits"; exit 1'] }
    const web = page('five', { volumes: ['./settings:/etc/settings:ro'] })
    app.compose({ services: { web, migrate: failing }, volumes: { log: {} } })
    await app.commit()
    const ran = await run('deploy')
    expect(finished(ran)).toMatchObject({ outcome: 'rolled-back', exit: 4, serving: 'r1' })
    expect(JSON.stringify(ran.events.filter(({ type }) => type === 'failed'))).toContain(
      'no such table: visits',
    )
    expect(ran.events.filter(({ type }) => type === 'traffic-moved')).toEqual([])
    expect(await visit(server)).toBe('200 one')
  })
})

describe('kept releases', () => {
  test('must be limited, and the one to go back to must stay', async () => {
    for (const text of ['six', 'seven', 'eight']) {
      await version(text)
      expect(await run('deploy')).toMatchObject({ code: 0 })
    }
    const kept = await releases(server, 'shop')
    const good: string[] = []
    for (const each of kept) if ((await mark(server, 'shop', each)) === 'good') good.push(each)
    expect(good.length).toBeLessThanOrEqual(4)
    expect(kept.length).toBeLessThanOrEqual(good.length + 1)
    const [serves, previous] = (await current(server, 'shop')).split(' ')
    expect(kept).toEqual(expect.arrayContaining([serves, previous]))
    expect(await mark(server, 'shop', previous ?? '')).toBe('good')
    const projects = (await containers(server)).map((name) => name.split('-')[2])
    expect(new Set(projects).size).toBeLessThanOrEqual(2)
    const networks = lines(await server.sh('docker network ls --format {{.Name}} | grep shop-'))
    expect(networks.length).toBeLessThanOrEqual(4)
    expect(finished(await run('rollback'))).toMatchObject({ exit: 0, serving: previous })
    expect(await visit(server)).toBe('200 seven')
  })
})
