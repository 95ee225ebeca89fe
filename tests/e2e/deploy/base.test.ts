import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import {
  App,
  failures,
  finished,
  freshLab,
  IMAGES,
  page,
  pageConfig,
  type Ran,
  visit,
} from './scenario.ts'
import { containers, current, running, serving, stateOf, world } from './server-state.ts'

type Json = Readonly<Record<string, unknown>>

let lab: Lab
let server: Server
let app: App

beforeAll(async () => {
  lab = await freshLab([...IMAGES, 'redis:7'])
  server = lab.server(1)
})
beforeEach(async () => {
  await server.clean()
  app = new App(lab)
  configure()
})
afterEach(() => app.remove())

/** The release itself asks its cache, by the name that the compose file gives it. */
function configure(more: Json = {}): void {
  const asked = 'echo PING | nc -w 2 cache 6379'
  const smoke = [{ run: { service: 'web', command: asked, output: 'PONG' } }]
  const cache = { role: 'accessory', 'start-timeout': '8s' }
  const { services, ...config } = pageConfig('shop', { smoke, watchdog: '10s' })
  app.config({ ...config, services: { ...(services as object), cache, ...more } })
}

const WORDS = ['redis-server', '--appendonly', 'yes']

/** The shop with its cache, which keeps what it is told. */
function shop(cache: Json = {}, more: Json = {}): App {
  const redis = { image: 'redis:7', command: WORDS, restart: 'unless-stopped' }
  const services = { web: page('one'), cache: { ...redis, volumes: ['kept:/data'], ...cache } }
  return app.compose({ services: { ...services, ...more }, volumes: { kept: {}, other: {} } })
}

const belay = (...argv: readonly string[]) => app.belay(...argv, '--json')
const deploy = (...flags: readonly string[]) => belay('deploy', '--yes', ...flags)

/** Must end so; what it said is in the failure. */
async function ends(code: number, running: Promise<Ran>): Promise<Ran> {
  const ran = await running
  if (ran.code !== code) throw new Error(`ended with ${ran.code}:\n${ran.stdout}${ran.stderr}`)
  return ran
}

const redis = (...words: readonly string[]) =>
  server.sh(`docker exec shop-production-cache-1 redis-cli ${words.join(' ')}`)
const cacheId = (name = 'shop-production-cache-1') =>
  server.sh(`docker inspect ${name} --format '{{.Id}} {{.HostConfig.RestartPolicy.Name}}'`)
const lines = (ran: Ran) =>
  ran.events.flatMap((event) => (event.type === 'plan-made' ? event.lines : [])).join('\n')

const SMALL = { command: [...WORDS, '--maxmemory', '64mb'], environment: { TZ: 'UTC' } }
const BOTH = ['shop-production-cache-1', 'shop-production-r1-web-1']

async function deployed(): Promise<void> {
  await ends(0, shop().belay('deploy', '--yes', '--json'))
  await redis('set', 'visits', '7')
}

describe('a changed accessory', () => {
  test('must be told by a deployment, and changed by nothing but a run of its own', async () => {
    await deployed()
    const before = await world(server)
    shop(SMALL)
    const same = await ends(0, deploy())
    expect(finished(same)?.text).toContain('cache changed, which `belay deploy --base` applies')
    for (const argv of [
      ['plan', '--base'],
      ['deploy', '--base', '--dry-run'],
    ]) {
      const shown = lines(await ends(0, belay(...argv)))
      expect(shown).toContain('cache: environment (TZ added), command')
      expect(shown).toContain('no rollback of a release undoes this')
      expect(shown).not.toContain('64mb')
    }
    expect(failures(await ends(3, belay('deploy', '--base')))).toEqual(['CONSENT_NEEDED'])
    expect(await world(server)).toBe(before)
    shop({ ...SMALL }, { web: page('two') })
    expect(lines(await ends(0, deploy()))).toContain('`belay deploy --base` applies it')
    expect(await redis('config', 'get', 'maxmemory')).toContain('\n0')
    await ends(0, deploy('--base'))
    expect(await redis('config', 'get', 'maxmemory')).toContain('67108864')
  })

  test('must be exchanged with its data, while the app goes on serving', async () => {
    await deployed()
    const before = await cacheId()
    shop(SMALL)
    const over = new AbortController()
    const answers = asking(over.signal)
    const ran = await ends(0, deploy('--base'))
    over.abort()
    expect(new Set(await answers)).toEqual(new Set(['200 one']))
    expect(finished(ran)).toMatchObject({ outcome: 'confirmed', serving: 'r1' })
    expect(await redis('get', 'visits')).toBe('7')
    expect(await redis('config', 'get', 'maxmemory')).toContain('67108864')
    const after = await cacheId()
    expect(after.split(' ')[0]).not.toBe(before.split(' ')[0])
    expect(after).toContain(' unless-stopped')
    expect(await containers(server)).toEqual(BOTH)
    expect(await current(server, 'shop')).toBe('r1 -')
    const done = await world(server)
    expect(finished(await ends(0, deploy('--base')))?.outcome).toBe('nothing-to-do')
    expect(finished(await ends(0, deploy()))?.text).not.toContain('changed')
    expect(await world(server)).toBe(done)
    const told = await app.belay('history')
    expect(told.stdout).toMatch(/ base +confirmed/)
    expect((await app.belay('show')).stdout).toContain(
      'the new cache is kept, and r1 works with it',
    )
    expect((await app.belay('status')).stdout).toContain('r1 serves, as deployed')
  })

  test.each<[string, Json, string]>([
    ['ends at once', { command: ['redis-server', '--no-such-option'] }, 'Exited (1)'],
    ['is never healthy', { healthcheck: { test: ['CMD', 'false'] } }, 'is not ready'],
    ['does not work with the app', { command: [...WORDS, '--port', '6380'] }, 'web'],
  ])('that %s must be put back, with its data', async (_, change, told) => {
    await deployed()
    const before = await cacheId()
    shop(change)
    const ran = await ends(4, deploy('--base'))
    expect(finished(ran)).toMatchObject({ outcome: 'rolled-back', serving: 'r1' })
    expect(JSON.stringify(ran.events.filter(({ type }) => type === 'failed'))).toContain(told)
    expect(await cacheId()).toBe(before)
    expect(await redis('get', 'visits')).toBe('7')
    expect(await running(server)).toEqual(BOTH)
    expect(await containers(server)).toEqual(BOTH)
    expect(await visit(server)).toBe('200 one')
    // The release is not to blame, and the change is still there to be told.
    expect(await server.sh(`cat ${stateOf('shop')}/releases/r1/mark`)).toBe('good')
    expect(lines(await ends(0, belay('plan', '--base')))).toContain('cache: ')
  })

  test('whose image nobody has must touch nothing', async () => {
    await deployed()
    const before = await serving(server)
    shop({ image: 'redis:nobody-has-this' })
    expect(failures(await ends(7, deploy('--base')))).toEqual(['IMAGE_UNAVAILABLE'])
    expect(await serving(server)).toBe(before)
    expect(await containers(server)).toEqual(BOTH)
  })

  test('must be put back by the server itself when the deployer is gone', async () => {
    await deployed()
    const before = await cacheId()
    shop({ healthcheck: { test: ['CMD', 'false'] } })
    const going = app.start(['deploy', '--base', '--yes', '--json', '--verbose'])
    await going.saying('waiting for shop-production-cache-1')
    going.child.kill('SIGKILL')
    await going.ended
    await server.sh(`until [ -e ${stateOf('shop')}/settled_rollback ]; do sleep 0.2; done`, {
      timeoutMs: 60_000,
    })
    expect(await redis('get', 'visits')).toBe('7')
    expect(await cacheId()).toBe(before)
    expect(await containers(server)).toEqual(BOTH)
    const status = await app.belay('status')
    expect(status.stdout).toContain('r1 serves, as deployed')
  })
})

/** What visitors read meanwhile. */
async function asking(over: AbortSignal): Promise<readonly (string | undefined)[]> {
  const answers: (string | undefined)[] = []
  while (!over.aborted) answers.push(await visit(server))
  return answers
}

describe('what Docker alone would lose', () => {
  test('volumes without a name, own names and files must be carried over', async () => {
    const odd = (text: string): Json => ({
      volumes: ['./cache.conf:/etc/cache.conf:ro'],
      container_name: 'the-cache',
      command: ['redis-server', '/etc/cache.conf'],
      ports: ['127.0.0.1:6379:6379'],
      environment: { WHICH: text },
    })
    app.write('cache.conf', 'appendonly yes\nmaxmemory 32mb\n')
    await shop(odd('one')).commit()
    await ends(0, deploy())
    const cli = (words: string) => server.sh(`docker exec the-cache redis-cli ${words}`)
    await cli('set visits 8')
    const volumes = await server.sh('docker volume ls -q | sort')
    app.write('cache.conf', 'appendonly yes\nmaxmemory 16mb\n')
    await shop(odd('two')).commit()
    const shown = lines(await ends(0, belay('plan', '--base')))
    expect(shown).toContain('files (/etc/cache.conf changed)')
    await ends(0, deploy('--base'))
    expect(await cli('get visits')).toBe('8')
    expect(await cli('config get maxmemory')).toContain(String(16 * 1024 * 1024))
    expect(await server.sh('docker volume ls -q | sort')).toBe(volumes)
    expect(await containers(server)).toEqual(['shop-production-r1-web-1', 'the-cache'])
    expect(finished(await ends(0, deploy('--base')))?.outcome).toBe('nothing-to-do')
  })

  test('data in another volume must be told beforehand, and stay', async () => {
    await deployed()
    shop({ volumes: ['other:/data'] })
    const shown = lines(await ends(0, deploy('--base')))
    expect(shown).toContain(
      'its data at /data stays in shop-production_kept, and nothing is copied',
    )
    expect(await redis('get', 'visits')).toBe('')
    shop()
    await ends(0, deploy('--base'))
    expect(await redis('get', 'visits')).toBe('7')
  })
})

describe('an accessory that comes or goes', () => {
  const extra = (over: Json = {}): Json => ({ extra: { image: 'redis:7', ...over } })
  const EXTRA = 'shop-production-extra-1'

  test('must come with a release, and leave with one that fails', async () => {
    await deployed()
    shop({}, extra({ command: ['sh', '-c', 'echo wrong word; exit 4'] }))
    const ran = await ends(4, deploy())
    expect(JSON.stringify(ran.events)).toContain('wrong word')
    expect(await containers(server)).toEqual(BOTH)
    shop({}, extra())
    const ended = finished(await ends(0, deploy()))
    expect(ended).toMatchObject({ outcome: 'confirmed', serving: 'r3' })
    expect(await running(server)).toContain(EXTRA)
  })

  test('must come with a change of the base, and be told when it left the file', async () => {
    await deployed()
    shop({}, extra())
    await ends(0, deploy('--base'))
    expect(await running(server)).toEqual([BOTH[0], EXTRA, BOTH[1]])
    expect(finished(await ends(0, deploy()))?.outcome).toBe('nothing-to-do')
    shop()
    const told = lines(await ends(0, belay('plan', '--base')))
    expect(told).toContain('extra: it is not in the compose file any more, and goes on running')
    shop({}, { web: page('two') })
    expect(lines(await ends(0, deploy()))).toContain(`\`docker rm -f ${EXTRA}\` on lab1 removes it`)
    expect(await running(server)).toContain(EXTRA)
  })
})

describe('an accessory that was there before Belay', () => {
  const cli = (words: string) => server.sh(`docker exec shop-cache-1 redis-cli ${words}`)
  const written = (cache: Json = {}) => {
    shop(cache)
    const text = `name: shop\n${readFileSync(join(app.folder, 'compose.yaml'), 'utf8')}`
    app.compose(text)
    return text
  }

  test('must be known as it was taken over, and exchanged like any other', async () => {
    const up = 'docker compose -f - -p shop up -d 2>&1'
    await server.sh(up, { input: written() })
    const old = await cacheId('shop-cache-1')
    await ends(0, deploy())
    expect(await cacheId('shop-cache-1')).toBe(old)
    expect(finished(await ends(0, deploy('--base')))?.outcome).toBe('nothing-to-do')
    await cli('set visits 9')
    written(SMALL)
    await ends(0, deploy('--base'))
    expect(await cli('get visits')).toBe('9')
    expect(await cacheId('shop-cache-1')).not.toBe(old)
  })
})
