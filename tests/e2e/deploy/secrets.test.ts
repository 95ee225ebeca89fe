import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { command } from '../../lab/command.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import { App, freshLab, IMAGES, page, pageConfig, pathWithoutDocker, type Ran } from './scenario.ts'
import { lines } from './server-state.ts'

// A word that stands nowhere else; what follows it says which secret has got out.
const MARK = `canary${randomBytes(6).toString('hex')}`
const secret = (from: string) => `${MARK}-${from}`

let lab: Lab
let server: Server
let app: App
let since: number
let path: string | undefined
const runs: Ran[] = []
const commandLines = new Set<string>()

// One app whose secrets come from everywhere: deployed well, verbosely, as events, and in vain.
beforeAll(async () => {
  since = Math.floor(Date.now() / 1000)
  lab = await freshLab(IMAGES)
  server = lab.server(1)
  app = new App(lab, 'vault')
  app.write('.env.production', `FROM_FILE=${secret('env-file')}\n`)
  app.write('token.txt', `${secret('compose-secret')}\n`)
  const send = { authorization: 'Bearer ${FROM_BELAY_YAML}' }
  const smoke = [{ http: { path: '/', 'send-headers': send } }]
  const env = { file: '.env.production', required: ['FROM_CALLER'] }
  const { services, ...config } = pageConfig('vault', { env, smoke })
  const store = { role: 'accessory' }
  app.config({ ...config, services: { ...(services as object), store } })
  for (const folder of ['home', 'tmp']) mkdirSync(join(app.folder, folder))

  const over = new AbortController()
  const watching = watchCommandLines(over.signal)
  try {
    await deployAll()
  } finally {
    over.abort()
    await watching
  }
})
afterAll(() => app.remove())

async function deployAll(): Promise<void> {
  release('one')
  for (const argv of [['check', '--explain'], ['plan'], ['deploy', '--yes', '--verbose']]) {
    await run(0, ...argv)
  }
  const knowing = 'echo "knows $$FROM_FILE and $$FROM_COMPOSE"; mkdir -p /w; echo >/w/index.html'
  release('two', ['sh', '-c', `${knowing}; exec httpd -f -p 8000 -h /w`])
  path = await pathWithoutDocker()
  await run(0, 'plan', '--json')
  await run(0, 'deploy', '--yes', '--json', '--verbose')
  rmSync(path, { recursive: true })
  path = undefined
  const telling = `echo "cannot sign in with $$FROM_FILE, $$FROM_CALLER, $$FROM_COMPOSE"; exit 1`
  release('three', ['sh', '-c', telling])
  await run(4, 'deploy', '--yes', '--json')
  await run(4, 'deploy', '--yes', '--again', '--verbose')
  for (const argv of [
    ['logs'],
    ['status'],
    ['history'],
    ['show'],
    ['show', '--json'],
    ['host', 'doctor'],
  ]) {
    await run(0, ...argv)
  }
  await run(0, 'rollback', '--yes', '--json')
  // The accessory's words changed with each release, and nothing was applied so far.
  for (const argv of [
    ['plan', '--base'],
    ['deploy', '--base', '--yes', '--json', '--verbose'],
  ]) {
    await run(0, ...argv)
  }
}

function release(text: string, command?: readonly string[]): void {
  const environment = {
    TEXT: text,
    FROM_FILE: '${FROM_FILE}',
    FROM_CALLER: '${FROM_CALLER}',
    FROM_COMPOSE: '${FROM_COMPOSE}',
  }
  const image = 'busybox:${TAG}'
  const over = { image, environment, secrets: ['token', 'other'], ...(command && { command }) }
  const secrets = { token: { file: './token.txt' }, other: { environment: 'FROM_CALLER' } }
  const store = page(text, { environment, image, secrets: ['token'], restart: 'always' })
  app.compose({ services: { web: page(text, over), store }, secrets })
}

async function run(code: number, ...argv: readonly string[]): Promise<void> {
  const env = {
    TMPDIR: join(app.folder, 'tmp'),
    FROM_CALLER: secret('caller'),
    // Only the compose file knows of these two.
    FROM_COMPOSE: secret('compose'),
    TAG: 'stable',
    ...(path === undefined ? {} : { PATH: path }),
    FROM_BELAY_YAML: secret('belay-yaml'),
  }
  const ran = await app.with(env, ...argv)
  runs.push(ran)
  if (ran.code === code) return
  throw new Error(`belay ${argv.join(' ')} ended with ${ran.code}:\n${ran.stdout}${ran.stderr}`)
}

/** Of every process here; those of the lab's servers and of their containers are among them. */
async function watchCommandLines(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const id of readdirSync('/proc')) {
      if (!/^\d+$/.test(id)) continue
      try {
        commandLines.add(readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' '))
      } catch {
        // It ended meanwhile.
      }
    }
    await wait(15)
  }
}

const tellingOf = (text: string) => text.match(new RegExp(`${MARK}-[a-z-]+`, 'g')) ?? []

test('no secret may be in what any command prints, nor in its events', () => {
  expect(runs.flatMap(({ stdout, stderr }) => tellingOf(stdout + stderr))).toEqual([])
  // The words around them were printed, so they were there to be found.
  for (const words of ['cannot sign in with •••', 'knows ••• and •••']) {
    expect(runs.some(({ stdout }) => stdout.includes(words))).toBe(true)
  }
})

test('the tag of an image must stay readable, though the caller gives it too', () => {
  expect(runs.some(({ stdout }) => stdout.includes('busybox:stable'))).toBe(true)
})

test('no secret may be in the command line of any process, here or on the server', () => {
  const seen = [...commandLines]
  expect(seen.some((line) => line.includes('kit.sh'))).toBe(true)
  expect(seen.flatMap(tellingOf)).toEqual([])
})

test('no secret may be in what Docker tells of its containers as they come and go', async () => {
  const until = Math.ceil(Date.now() / 1000) + 1
  const events = await server.sh(`docker events --since ${since} --until ${until}`)
  expect(events).toContain('vault-production-r1-web-1')
  expect(tellingOf(events)).toEqual([])
})

test('on the server, secrets may only lie in the folders of releases, closed to others', async () => {
  const folders = '/var/lib/belay /etc /home /opt /root /run /srv /tmp /usr/local /var/log /var/tmp'
  // Docker itself keeps what it was told of a container: below these two, for root alone.
  const docker = '--exclude-dir=docker --exclude-dir=containerd'
  const script = `grep -rlas --devices=skip ${docker} ${MARK} ${folders}`
  const found = await server.exec(['sh', '-c', script])
  const paths = lines(found.stdout.trim())
  const release = /^\/var\/lib\/belay\/vault\/production\/(releases\/(r\d+|base)|base)(?=\/)/
  expect(paths.filter((path) => !release.test(path))).toEqual([])
  const holders = new Set(paths.map((path) => release.exec(path)?.[0]))
  expect(holders.size).toBeGreaterThan(1)
  const modes = await server.sh(`stat -c %a ${[...holders].join(' ')}`)
  expect(new Set(lines(modes))).toEqual(new Set(['700']))
})

test('here, nothing may be left of secrets beside the files that they come from', async () => {
  const { stdout } = await command(['grep', '-rlas', MARK, app.folder])
  const own = ['.env.production', 'token.txt'].map((name) => join(app.folder, name))
  expect(lines(stdout.trim()).toSorted()).toEqual(own.toSorted())
})
