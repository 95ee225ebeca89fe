import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { command, must } from '../lab/command.ts'
import { Lab } from '../lab/lab.ts'
import { place } from '../lab/place.ts'
import type { Server } from '../lab/server.ts'
import { App, deaf, failures, IMAGES, page, pageConfig, visit } from './deploy/scenario.ts'
import { running } from './deploy/server-state.ts'
import {
  commitAll,
  git,
  giveTools,
  PUSHED,
  type Pushing,
  push as pushTo,
  takeTools,
} from './pushing.ts'

let lab: Lab
let server: Server
let app: App

const HOST = 'lab1-deploy'
const REPOSITORY = '/home/deploy/belay/shop/production.git'

beforeAll(async () => {
  lab = await Lab.up({ servers: 1 })
  server = lab.server(1)
  await server.loadImages(IMAGES)
  await takeTools(server)
})
beforeEach(async () => {
  await server.clean()
  await server.sh(
    `rm -rf ${PUSHED.join(' ')}; sed -i '/ belay:/d' /home/deploy/.ssh/authorized_keys`,
  )
  app = shop()
})
afterEach(() => app.remove())
afterAll(() => takeTools(server))

/** A repository with an app of one page. */
function shop(over: Readonly<Record<string, unknown>> = {}): App {
  return new App(lab)
    .compose({ services: { web: page('one') } })
    .config(pageConfig('shop', { hosts: [HOST], branch: 'main', ...over }))
}

const sshOf = (config = lab.sshConfig): Record<string, string> => ({
  GIT_SSH_COMMAND: `ssh -F ${config}`,
})

const commit = (message: string, folder = app.folder): Promise<string> => commitAll(folder, message)

async function install(...flags: readonly string[]): Promise<void> {
  await giveTools(server)
  await commit('first')
  const installed = await app.belay('hook', 'install', ...flags, '--json')
  expect([installed.code, failures(installed)]).toEqual([0, []])
  const answer = installed.events.at(-1) as { data: { url: string } }
  expect(answer.data.url).toBe(`${HOST}:${REPOSITORY}`)
  await must(git(app.folder, 'remote', 'add', 'belay', answer.data.url))
}

/** What a person sees who pushes. */
const push = (ref = 'main', folder = app.folder, ssh = sshOf()): Pushing => pushTo(ref, folder, ssh)

test('a server that lacks Node and git must be told so, and be left as it is', async () => {
  await commit('first')
  const refused = await app.belay('hook', 'install')
  expect(refused.code).toBe(3)
  expect(refused.stderr).toContain('lacks Node 20.19, git')
  expect(refused.stderr).toContain('https://nodejs.org')
  expect(await server.sh('ls /home/deploy')).toBe('')
})

test('a push must deploy as it is watched, and one that fails must leave the old release', async () => {
  await install()
  const first = await push().ended
  expect(first.code).toBe(0)
  expect(first.text).toContain('remote: Belay deploys')
  expect(first.text).toContain('remote: Belay ended with exit 0: as asked.')
  expect(await visit(server)).toBe('200 one')
  expect((await app.belay('status')).stdout).toContain('r1')

  app.compose({ services: { web: deaf('two') } })
  await commit('broken')
  const broken = push()
  await broken.saying('nothing listens on port 8000')
  const { code, text } = await broken.ended
  expect(code).toBe(0)
  expect(text).toContain('remote: Belay ended with exit 4: the release that served before serves.')
  expect(await visit(server)).toBe('200 one')

  const branch = await push('main:feature').ended
  expect(branch.text).toContain(
    'feature is kept here, and not deployed: production is deployed from main',
  )
  expect(branch.text).not.toContain('Belay deploys')

  await must(git(app.folder, 'rm', '--quiet', '-r', 'belay.yaml'))
  await commit('no configuration')
  const without = await push().ended
  expect(without.text).toContain('has no belay.yaml; nothing was deployed')
  expect(without.text).toContain('exit 2: nothing was touched.')
  expect(await visit(server)).toBe('200 one')

  await must(git(app.folder, 'checkout', '--quiet', 'HEAD~1', '--', 'belay.yaml'))
  app.compose({ services: { web: page('three') } })
  await commit('good again')
  expect((await push().ended).text).toContain('exit 0')
  expect(await visit(server)).toBe('200 three')
  const shown = await app.belay('hook', 'show')
  expect(shown.stdout).toMatch(/exit 0\n.*exit 4\n.*exit 2\n.*exit 0/)
  expect(await server.sh(`stat -c %a ${REPOSITORY}/belay/logs/*.log | sort -u`)).toBe('600')
})

test('two pushes at once must take turns, and the newest must be what serves', async () => {
  await install()
  expect((await push().ended).text).toContain('exit 0')
  app.config(pageConfig('shop', { hosts: [HOST], branch: 'main' }, { 'start-timeout': '12s' }))
  app.compose({ services: { web: deaf('slow') } })
  await commit('slow')
  const slow = push()
  await slow.saying('pass has no healthcheck')
  const others = ['two', 'three'].map((text) => {
    const folder = mkdtempSync(join(tmpdir(), 'belay-push-'))
    return { text, folder }
  })
  for (const { text, folder } of others) {
    await must(['git', 'clone', '--quiet', app.folder, folder])
    await must(git(folder, 'remote', 'add', 'belay', `${HOST}:${REPOSITORY}`))
    const compose = JSON.stringify({ services: { web: page(text) } })
    await must(['sh', '-c', 'cat >compose.yaml'], { cwd: folder, input: compose })
    await commit(text, folder)
  }
  const second = push('main', others[0]!.folder)
  await second.saying('Another push is being deployed; this one waits.')
  const third = push('main', others[1]!.folder)
  await third.saying('Another push is being deployed; this one waits.')
  expect((await slow.ended).text).toContain('exit 4')
  const [two, three] = await Promise.all([second.ended, third.ended])
  expect(two.text).toContain('Not deployed:')
  expect(two.text).toContain('takes the place of')
  expect(three.text).toContain('exit 0')
  expect(await visit(server)).toBe('200 three')

  // In the same instant: git may take both or one; what it has in the end is what serves.
  for (const { text, folder } of others) await commit(`${text} again`, folder)
  const same = await Promise.all(others.map(({ folder }) => push('main', folder).ended))
  for (const { text } of same) expect(text).toMatch(/exit 0|rejected/)
  const tip = await server.sh(`git --git-dir ${REPOSITORY} log -1 --format=%s main`)
  expect(`${await visit(server)} again`).toBe(`200 ${tip}`)
  for (const { folder } of others) rmSync(folder, { recursive: true })
})

test('where the hook is set to refuse, a push during a run must not be taken', async () => {
  app = shop({ hook: { busy: 'refuse' } })
  await install()
  expect((await push().ended).text).toContain('exit 0')
  const patient = pageConfig(
    'shop',
    { hosts: [HOST], branch: 'main', hook: { busy: 'refuse' } },
    { 'start-timeout': '10s' },
  )
  app.config(patient).compose({ services: { web: deaf('slow') } })
  await commit('slow')
  const slow = push()
  await slow.saying('pass has no healthcheck')
  const before = await server.sh(`git --git-dir ${REPOSITORY} rev-parse main`)
  await commit('next')
  const refused = await push().ended
  expect(refused.code).not.toBe(0)
  expect(refused.text).toContain('not taken: another push is being deployed')
  expect(await server.sh(`git --git-dir ${REPOSITORY} rev-parse main`)).toBe(before)
  await slow.ended
  // A run from somewhere else is one, too.
  const run = app.start(['deploy', '--yes', '--again', '--json'])
  await run.saying('"verdict":"unknown"')
  expect((await push().ended).text).toMatch(/not taken: .* is at it \(deploy to production\)/)
  run.child.kill('SIGINT')
  await run.ended
  expect(await visit(server)).toBe('200 one')
})

test('a push that is cut off midway must not stop the deployment', async () => {
  await install()
  expect((await push().ended).text).toContain('exit 0')
  const slowly = [
    'sh',
    '-c',
    'sleep 6; mkdir -p /w; echo two >/w/index.html; exec httpd -f -p 8000 -h /w',
  ]
  app.config(pageConfig('shop', { hosts: [HOST], branch: 'main' }, { 'start-timeout': '40s' }))
  app.compose({ services: { web: page('two', { command: slowly }) } })
  await commit('slow to start')
  const cut = push()
  await cut.saying('pass has no healthcheck')
  process.kill(-cut.child.pid!, 'SIGKILL')
  await cut.ended
  expect((await app.belay('status')).stdout).toContain('deploy to production')
  await until(async () => (await visit(server)) === '200 two')
  await until(async () => (await app.belay('hook', 'show')).stdout.trimEnd().endsWith('exit 0'))
  expect(await running(server)).toEqual(['shop-production-r2-web-1'])
})

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 90_000; Date.now() < end; ) if (await holds()) return
  throw new Error('it never came to hold')
}

test('values must live on the server alone, and be asked for by their place', async () => {
  app = shop({ env: { file: '.env.live', required: ['TEXT'] } })
    .compose({ services: { web: page('x', { environment: { TEXT: '${TEXT}' } }) } })
    .write('.gitignore', '.env*\n')
  await install()
  const values = '/home/deploy/belay/shop/production.env'
  const without = await push().ended
  expect(without.text).toContain(`there is no ${values} on this server`)
  expect(without.text).toContain('exit 2: nothing was touched.')
  await server.sh(`install -o deploy -m 600 /dev/stdin ${values}`, {
    input: 'TEXT=from-the-server\n',
  })
  await commit('again')
  const pushed = await push().ended
  expect(pushed.text).toContain('exit 0')
  expect(await visit(server)).toBe('200 from-the-server')
  expect(pushed.text).not.toContain('from-the-server')
  expect(await server.sh(`grep -rl from-the-server ${REPOSITORY} || :`)).toBe('')
  expect(await server.sh(`readlink ${REPOSITORY}/belay/checkout/.env.live`)).toBe(values)
  await app.belay('hook', 'remove', '--yes')
  expect(await server.sh('ls /home/deploy/belay/shop')).toBe('production.env')
  expect(await visit(server)).toBe('200 from-the-server')
})

test('a repository of somebody else must be left alone; ours is brought up to date', async () => {
  await giveTools(server)
  await commit('first')
  const run = (script: string): Promise<string> => server.run(['su', '-', 'deploy', '-c', script])
  await run(`mkdir -p belay/shop && git init --quiet --bare ${REPOSITORY}`)
  const foreign = await app.belay('hook', 'install')
  expect([foreign.code, foreign.stderr]).toEqual([2, expect.stringContaining('did not make it')])
  expect(await run(`ls ${REPOSITORY}/hooks | grep -v sample || :`)).toBe('')
  for (const odd of ['relative', '/a b', '/a/../b']) {
    expect(await app.belay('hook', 'install', '--repository', odd)).toMatchObject({ code: 2 })
  }
  const elsewhere = ['--repository', '~/repos/shop.git']
  expect(await app.belay('hook', 'install', ...elsewhere, '--dry-run')).toMatchObject({ code: 0 })
  expect(await run('ls')).toBe('belay')
  expect((await app.belay('hook', 'install', ...elsewhere)).stdout).toContain('A push deploys now.')
  const again = await app.belay('hook', 'install', ...elsewhere)
  expect(again.stdout).toContain('up to date')
  expect(await run('ls repos/shop.git/belay | grep -c mjs')).toBe('2')
  const other = shop().config(pageConfig('blog', { hosts: [HOST], branch: 'main' }))
  await commit('blog', other.folder)
  const taken = await other.belay('hook', 'install', ...elsewhere)
  expect([taken.code, taken.stderr]).toEqual([
    2,
    expect.stringContaining('deploys shop to production'),
  ])
  other.remove()
  expect((await app.belay('hook', 'show')).code).toBe(3)
})

test('a key that may push must be able to do nothing else', async () => {
  const key = join(app.folder, 'pusher')
  await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key])
  app.write('.gitignore', 'pusher*\nssh_config\n')
  const wrong = await app.belay('hook', 'install', '--key', 'pusher')
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('it is a PRIVATE key')])
  await install('--key', 'pusher.pub')
  const { key: ours, sshConfig } = place()
  app.write('ssh_config', readFileSync(sshConfig, 'utf8').replaceAll(ours, key))
  const theirs = join(app.folder, 'ssh_config')
  expect((await push('main', app.folder, sshOf(theirs)).ended).text).toContain('exit 0')
  expect(await visit(server)).toBe('200 one')
  const shell = await command(['ssh', '-F', theirs, HOST, 'id'])
  expect([shell.code, shell.stdout]).toEqual([1, ''])
  expect(shell.stderr).toContain('This key may push to')
  expect((await app.belay('hook', 'show')).stdout).toContain('1 that may only push here')
  await app.belay('hook', 'remove', '--yes')
  expect((await command(['ssh', '-F', theirs, HOST, 'id'])).code).toBe(255)
  expect((await command(['ssh', '-F', sshConfig, HOST, 'true'])).code).toBe(0)
})

test('what a hook cannot do must be told before a server is touched', async () => {
  await commit('first')
  const refusals = [
    [{ hosts: [HOST, 'lab1'] }, 'has 2 servers, and a push goes to one'],
    [{ branch: undefined }, 'has no branch'],
  ] as const
  for (const [over, said] of refusals) {
    const settings = { ...pageConfig('shop', { hosts: [HOST], branch: 'main' }), ...over }
    const whole = Object.entries(settings).filter(([, value]) => value !== undefined)
    app.config(Object.fromEntries(whole))
    const refused = await app.belay('hook', 'install')
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(said)])
  }
})
