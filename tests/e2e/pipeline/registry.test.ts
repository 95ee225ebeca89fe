import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { command, must } from '../../lab/command.ts'
import type { Lab } from '../../lab/lab.ts'
import { LabRegistry } from '../../lab/registry.ts'
import type { Server } from '../../lab/server.ts'
import { App, type Env, failures, freshLab, type Json } from '../deploy/scenario.ts'
import { pageConfig, type Ran, visit } from '../deploy/scenario.ts'
import { world } from '../deploy/server-state.ts'

/** Images that go through a registry: a real one with a password, and some that are ill. */

let lab: Lab
let server: Server
let app: App
let registry: LabRegistry
const NAME = 'registered'
const LOGIN = { username: 'robot-17', password: `pass-${randomBytes(8).toString('hex')}` }
const CALLER: Env = { REG_USER: LOGIN.username, REG_PASSWORD: LOGIN.password }

beforeAll(async () => {
  lab = await freshLab()
  server = lab.server(1)
  registry = await LabRegistry.real(lab, LOGIN)
})
beforeEach(() => {
  app = new App(lab, NAME)
})
afterEach(async () => {
  app.remove()
  await lab.clean()
})
afterAll(async () => {
  await registry.close()
  const named = await must(['docker', 'image', 'ls', '-q', '--filter', `reference=belay/${NAME}/*`])
  if (named !== '') await must(['docker', 'rmi', '-f', ...new Set(named.split('\n'))])
})

const own = (over: Json = {}): Json => ({
  server: registry.server,
  username: '${REG_USER}',
  password: '${REG_PASSWORD}',
  ...over,
})

async function builtPage(text: string, over: Json): Promise<void> {
  const recipe = ['FROM busybox:stable', 'COPY www /www']
  const serve = 'CMD ["httpd", "-f", "-p", "8000", "-h", "/www"]'
  app.write('Dockerfile', [...recipe, serve].join('\n')).write('www/index.html', `${text}\n`)
  app.write('www/run', randomBytes(8).toString('hex'))
  app.compose({ services: { web: { build: '.', stop_signal: 'SIGKILL' } } })
  await app.config(pageConfig(NAME, over)).commit()
}

const deploy = (env: Env = CALLER): Promise<Ran> => app.with(env, 'deploy', '--yes', '--json')

/** What the registry has, asked as its user. */
const ask = async (path: string): Promise<unknown> => {
  const auth = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64')
  const url = `http://${registry.server}/v2/${path}`
  return (await fetch(url, { headers: { authorization: `Basic ${auth}` } })).json()
}

/** Stands in for `docker`, notes how it is called and in what environment, and calls it. */
const spy = (log: string, real: string): string =>
  `#!/bin/sh\n{ printf '%s ' "$@"; env; } >>${log}\nexec ${real} "$@"\n`

describe('a registry with a password', () => {
  test('must get what was built, give it by digest, and leave no login anywhere', async () => {
    await builtPage('first', {
      hosts: ['lab1', 'lab2'],
      registry: own({ repository: 'acme/{service}' }),
    })
    const folder = mkdtempSync(join(tmpdir(), 'belay-e2e-bin-'))
    const log = join(folder, 'log')
    const here = await must(['which', 'docker'])
    writeFileSync(join(folder, 'docker'), spy(log, here), { mode: 0o755 })
    await server.run(['sh', '-c', 'cat >/usr/local/bin/docker; chmod 755 /usr/local/bin/docker'], {
      input: spy('/tmp/spied', '/usr/bin/docker'),
    })
    mkdirSync(join(tmpdir(), 'belay-login.999999999.dead'), { recursive: true })
    await server.sh('mkdir -p /tmp/belay-login.999999999.dead')
    const ran = await deploy({ ...CALLER, PATH: `${folder}:${process.env['PATH']}` })
    const spied =
      (await server.sh('cat /tmp/spied; rm -f /usr/local/bin/docker /tmp/spied')) +
      readFileSync(log, 'utf8')
    rmSync(folder, { recursive: true })
    expect(failures(ran)).toEqual([])
    for (const each of lab.servers) expect(await visit(each)).toBe('200 first')

    const commit = (await must(['git', '-C', app.folder, 'rev-parse', '--short=7', 'HEAD'])).trim()
    expect(await ask('acme/web/tags/list')).toEqual({ name: 'acme/web', tags: [commit] })
    const pulled = await server.sh('docker image ls --digests --no-trunc')
    expect(pulled).toMatch(new RegExp(`${registry.server}/acme/web +<none> +sha256:[0-9a-f]{64}`))
    expect(
      await must(['docker', 'image', 'ls', '-q', '--filter', `reference=${registry.server}/*/*`]),
    ).toBe('')

    expect(spied).toContain('push')
    const auth = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64')
    const ours = spied.split('\n').filter((line) => !line.startsWith('REG_'))
    for (const secret of [LOGIN.password, auth]) {
      expect(ours.join('\n')).not.toContain(secret)
      expect(ran.stdout + ran.stderr).not.toContain(secret)
      const places = '/tmp /var/lib/belay /root/.docker /home'
      expect(
        (await server.exec(['sh', '-c', `grep -rl "$1" ${places}`, 'sh', secret])).stdout,
      ).toBe('')
      const home = join(process.env['HOME'] ?? '/root', '.docker')
      expect((await command(['grep', '-rlF', '--', secret, home])).stdout).toBe('')
    }
    const left = 'ls -d /tmp/belay-login.* 2>/dev/null || true'
    expect(await server.sh(left)).toBe('')
    expect(await must(['sh', '-c', `ls -d ${tmpdir()}/belay-login.* 2>/dev/null || true`])).toBe('')
  })

  test('must give private images to those who log in, and say why to others', async () => {
    const image = `${registry.server}/acme/private:1`
    const login = [
      'docker',
      '--config',
      app.folder,
      'login',
      '-u',
      LOGIN.username,
      '--password-stdin',
    ]
    await must([...login, registry.server], { input: LOGIN.password })
    await must(['docker', 'tag', 'busybox:stable', image])
    await must(['docker', '--config', app.folder, 'push', '-q', image])
    await must(['docker', 'rmi', image])
    rmSync(join(app.folder, 'config.json'))
    await server.sh(`docker rmi -f busybox:stable ${image} >/dev/null 2>&1 || true`)
    const web = {
      image,
      command: ['httpd', '-f', '-p', '8000', '-h', '/etc'],
      stop_signal: 'SIGKILL',
    }
    app.compose({ services: { web } })
    await app.config(pageConfig(NAME, { registry: own() }, { health: '/passwd' })).commit()
    const before = await world(server)
    const wrong = await deploy({ ...CALLER, REG_PASSWORD: 'mistaken-1' })
    expect([failures(wrong), wrong.code]).toEqual([['REGISTRY_REFUSES_LOGIN'], 7])
    expect(await world(server)).toEqual(before)
    const right = await deploy()
    expect(failures(right)).toEqual([])
  })
})

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const MANIFEST = JSON.stringify({
  schemaVersion: 2,
  mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
  config: {
    mediaType: 'application/vnd.docker.container.image.v1+json',
    size: 2,
    digest: `sha256:${'1'.repeat(64)}`,
  },
  layers: [],
})
const only =
  (status: number, text: string, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
const errors = (code: string) => JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] })
/** Its front door is open; what lies behind answers so. */
const behind =
  (answer: Answer): Answer =>
  (request, response) =>
    request.url === '/v2/' ? void response.writeHead(200).end('{}') : answer(request, response)

let refused = 0
/** Too busy for Docker once (it asks by HEAD and by GET), and for us as long as we ask when to come again. */
const busyOnce: Answer = (request, response) => {
  const isDocker = request.headers['user-agent']?.includes('docker') === true
  if (isDocker && request.url === '/v2/') return only(200, '{}')(request, response)
  if (isDocker && refused++ > 1) return only(404, errors('MANIFEST_UNKNOWN'))(request, response)
  return only(429, errors('TOOMANYREQUESTS'), { 'retry-after': '1' })(request, response)
}
const other: Answer = (request, response) =>
  void response
    .writeHead(200, {
      'content-type': 'application/vnd.docker.distribution.manifest.v2+json',
      'docker-content-digest': /sha256:\w+/.exec(request.url ?? '')?.[0] ?? '',
      'content-length': String(MANIFEST.length),
    })
    .end(request.method === 'HEAD' ? '' : MANIFEST)
const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`
const LAYER = sha256('a layer')
const CONFIG = JSON.stringify({
  architecture: 'amd64',
  os: 'linux',
  rootfs: { type: 'layers', diff_ids: [LAYER] },
})
const WHOLE = JSON.stringify({
  schemaVersion: 2,
  mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
  config: {
    mediaType: 'application/vnd.docker.container.image.v1+json',
    size: CONFIG.length,
    digest: sha256(CONFIG),
  },
  layers: [
    { mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', size: 9000, digest: LAYER },
  ],
})
/** Half of the layer arrives, each time that Docker tries again. */
const cutOff: Answer = (request, response) => {
  if (request.url?.endsWith(LAYER)) {
    response.writeHead(200, { 'content-length': '9000' })
    response.write(Buffer.alloc(4000), () => response.destroy())
    return
  }
  const text = request.url?.includes('/blobs/') ? CONFIG : WHOLE
  const type = 'application/vnd.docker.distribution.manifest.v2+json'
  const headers = { 'content-type': type, 'docker-content-digest': sha256(text) }
  response.writeHead(200, { ...headers, 'content-length': String(text.length) })
  response.end(request.method === 'HEAD' ? '' : text)
}
const WANTED = `sha256:${createHash('sha256').update('another').digest('hex')}`

const ILL: readonly (readonly [string, string, Answer, string])[] = [
  [
    'REGISTRY_REFUSES_LOGIN',
    ':1',
    behind(only(401, errors('UNAUTHORIZED'), { 'www-authenticate': 'Basic realm=x' })),
    '',
  ],
  ['REGISTRY_FORBIDS', ':1', behind(only(403, errors('DENIED'))), ''],
  ['REGISTRY_LACKS_IMAGE', ':1', behind(only(404, errors('MANIFEST_UNKNOWN'))), ''],
  ['REGISTRY_LACKS_IMAGE', ':1', busyOnce, 'asking again in 1.0s'],
  ['REGISTRY_BROKEN', ':1', only(500, 'oops'), ''],
  ['REGISTRY_SLOW', ':1', () => undefined, ''],
  ['REGISTRY_SLOW', ':1', behind(cutOff), ''],
  ['REGISTRY_WRONG_DIGEST', `@${WANTED}`, behind(other), ''],
]

describe('an ill registry', () => {
  test('must be told by what it does, with 7, and nothing be touched', async () => {
    for (const [code, tag, answer, told] of ILL) {
      refused = 0
      const ill = await LabRegistry.fake(lab, answer)
      const image = `${ill.server}/acme/web${tag}`
      app.compose({ services: { web: { image } } })
      const login = { server: ill.server, username: 'u', password: 'p-of-nobody', timeout: '10s' }
      await app.config(pageConfig(NAME, { registry: login })).commit()
      const before = await world(server)
      const ran = await deploy()
      await ill.close()
      expect([failures(ran), ran.code], `${code}: ${ran.stdout.slice(-900)}`).toEqual([[code], 7])
      expect(ran.stdout).toContain(told)
      expect(await world(server)).toEqual(before)
    }
    const gone = pageConfig(NAME, {
      registry: { server: '127.0.0.1:9', username: 'u', password: 'p-of-nobody' },
    })
    app.compose({ services: { web: { image: '127.0.0.1:9/acme/web:1' } } })
    await app.config(gone).commit()
    const down = await deploy()
    expect([failures(down), down.code]).toEqual([['REGISTRY_DOWN'], 7])
  })
})
