import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Failure } from '../../src/base/failure.ts'
import type { HostAddress } from '../../src/config/app-config.ts'
import type { Action, Host, HttpQuestion, StagedFile } from '../../src/hosts/host.ts'
import { hostAt } from '../../src/hosts/host-at.ts'
import { proxyProject } from '../../src/hosts/proxies/caddy.ts'
import { findHostKey, trustHostKey } from '../../src/hosts/trust.ts'
import { must } from '../lab/command.ts'
import { DelayProxy } from '../lab/delay.ts'
import { Lab } from '../lab/lab.ts'
import type { Server } from '../lab/server.ts'

const scope = { app: 'shop', environment: 'production' }
const lease = { owner: 'ann@laptop', purpose: 'try', run: 'run-1', ttlSeconds: 60 }

let lab: Lab
let server: Server
let folder: string
const open: { close: () => Promise<void> }[] = []

beforeAll(async () => {
  lab = await Lab.up({ servers: 1 })
  server = lab.server(1)
  await server.clean()
  await server.loadImages(['busybox:stable', 'caddy:2.11.4'])
  folder = mkdtempSync(join(tmpdir(), 'belay-transport-'))
})
afterEach(async () => {
  for (const it of open.splice(0).reverse()) await it.close()
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server.clean()
})

function address(name: string, more: Partial<HostAddress> = {}): HostAddress {
  return { name, kind: 'ssh', destination: name, ...more }
}

/** A link to the lab's server, with some lines of its SSH configuration replaced. */
function reach(change: (config: string) => string = (same) => same) {
  const sshConfig = join(folder, `config-${open.length}`)
  writeFileSync(sshConfig, change(readFileSync(lab.sshConfig, 'utf8')))
  return { env: { ...process.env, HOME: folder, SSH_AUTH_SOCK: undefined }, sshConfig }
}

function link(at: HostAddress, over = reach()): Host {
  const host = hostAt(at, over)
  open.push(host)
  return host
}

async function failureOf(host: Host): Promise<Failure> {
  return host.connect(scope).then(
    () => expect.unreachable(),
    (error: Failure) => error,
  )
}

/** Between this machine and the server, on a port of its own. */
async function through(delayMs: number): Promise<{ proxy: DelayProxy; port: number }> {
  const proxy = new DelayProxy({ port: server.port, delayMs })
  const port = await proxy.listen()
  open.push(proxy)
  return { proxy, port }
}

describe('connecting', () => {
  test('as root, a fresh host must take the kit and show what it has', async () => {
    const host = link(address('lab1'))
    const observed = await host.connect(scope)
    expect(observed.facts).toMatchObject({ user: 'root', stateRoot: '/var/lib/belay' })
    expect(observed.facts.dockerVersion).toMatch(/^\d+\./)
    expect(observed.facts.composeVersion).toMatch(/^\d+\./)
    expect(observed.epoch).toBe(0)
    expect(host.roundTrips).toBe(1)
    const kit = await server.sh('ls /var/lib/belay/kit')
    expect(kit).toBe(observed.facts.kit)
  })

  test('a user in the group docker must be served from a folder of its own', async () => {
    await server.clean()
    const observed = await link(address('lab1-deploy')).connect(scope)
    expect(observed.facts).toMatchObject({
      user: 'deploy',
      stateRoot: '/home/deploy/.local/state/belay',
    })
  })

  test('two users must never have two leases', async () => {
    await server.clean()
    const host = link(address('lab1'))
    await host.connect(scope)
    await host.acquire(lease)
    await host.release()
    expect(await failureOf(link(address('lab1-deploy')))).toMatchObject({
      code: 'STATE_FOLDER_UNUSABLE',
      message: expect.stringContaining('/var/lib/belay'),
    })
  })

  test('a user without Docker must be told how to get it', async () => {
    const failure = await failureOf(link(address('lab1-plain')))
    expect(failure).toMatchObject({ code: 'DOCKER_NOT_PERMITTED', exit: 'unavailable' })
    expect(failure.hint).toContain('usermod -aG docker nobodydocker')
  })

  test('a Docker that is down must be told, and found again when it is back', async () => {
    await server.stopDocker()
    expect(await failureOf(link(address('lab1')))).toMatchObject({ code: 'DOCKER_STOPPED' })
    await server.startDocker()
    await link(address('lab1')).connect(scope)
  })

  test.each([
    ['a port that nobody listens on', address('lab1', { port: 1 }), 'refused'],
    ['a name that nobody has', address('nosuch.invalid'), 'no-such-name'],
  ])('%s must be unreachable', async (_, at, why) => {
    const failure = await failureOf(link(at))
    expect(failure).toMatchObject({ code: 'HOST_UNREACHABLE', details: { why } })
  })

  test('a server that drops connections must be unreachable', async () => {
    const { proxy, port } = await through(0)
    proxy.cut()
    const failure = await failureOf(link(address('lab1', { port })))
    expect(failure).toMatchObject({ code: 'HOST_UNREACHABLE', details: { why: 'closed' } })
  })

  test('a key that the server does not know must be named with the user', async () => {
    const key = join(folder, 'wrong')
    await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key])
    const over = reach((config) => config.replaceAll(/IdentityFile .*/g, `IdentityFile "${key}"`))
    expect(await failureOf(link(address('lab1'), over))).toMatchObject({
      code: 'SSH_REFUSED',
      message: `lab1 does not let root in (it accepts: publickey); offered: ${key}`,
    })
  })
})

function ownKnownHosts(): { file: string; over: ReturnType<typeof reach> } {
  const file = join(folder, `known-${open.length}-${Math.round(performance.now())}`)
  const over = reach((config) =>
    config
      .replaceAll(/UserKnownHostsFile .*/g, `UserKnownHostsFile ${file}`)
      .replaceAll(/ *StrictHostKeyChecking yes\n/g, ''),
  )
  return { file, over }
}

describe('host keys', () => {
  test('an unknown one must be refused, shown, and accepted once it was agreed to', async () => {
    const { over, file } = ownKnownHosts()
    expect(await failureOf(link(address('lab1'), over))).toMatchObject({
      code: 'HOST_KEY_UNKNOWN',
      hint: expect.stringContaining('belay host trust lab1'),
    })
    const found = await findHostKey(address('lab1'), over)
    const real = await server.run(['ssh-keygen', '-lf', '/etc/ssh/ssh_host_ed25519_key.pub'])
    expect(found).toMatchObject({ state: 'unknown', known: [], file })
    if (found.state === 'trusted') throw new Error('it was trusted before')
    expect(real).toContain(found.key.fingerprint)
    await trustHostKey(found, over)
    expect(await findHostKey(address('lab1'), over)).toEqual({ state: 'trusted' })
    await link(address('lab1'), over).connect(scope)
  })

  test('a changed one must be refused; both must be shown; agreed to, it takes the place', async () => {
    const { over, file } = ownKnownHosts()
    const other = readFileSync(`${join(folder, 'wrong')}.pub`, 'utf8').split(' ')[1]
    writeFileSync(file, `elsewhere ssh-ed25519 ${other}\nlab1 ssh-ed25519 ${other}\n`)
    const failure = await failureOf(link(address('lab1'), over))
    expect(failure).toMatchObject({ code: 'HOST_KEY_CHANGED' })
    expect(failure.message).toContain('SHA256:')
    const found = await findHostKey(address('lab1'), over)
    expect(found).toMatchObject({ state: 'changed', known: [{ type: 'ssh-ed25519' }] })
    if (found.state === 'trusted') throw new Error('it was trusted before')
    expect(found.known[0]?.fingerprint).not.toBe(found.key.fingerprint)
    await trustHostKey(found, over)
    await link(address('lab1'), over).connect(scope)
    expect(readFileSync(file, 'utf8')).toContain(`elsewhere ssh-ed25519 ${other}`)
  })
})

/** A release whose job takes its time, and notes each time it was run. */
function slowJob(seconds: number): Action {
  const compose = {
    services: {
      job: {
        image: 'busybox:stable',
        command: ['sh', '-c', `echo run >>/out/runs; sleep ${seconds}; echo end >>/out/runs`],
        volumes: ['/root/out:/out'],
        network_mode: 'none',
        labels: { 'belay.app': 'shop' },
      },
    },
  }
  const files = [json('release.json', { schema: 1, id: 'r1' }), json('compose.json', compose)]
  const file = 'releases/r1/compose.json'
  return {
    number: 1,
    title: 'run the job',
    guard: 'none',
    instructions: [
      { do: 'remove-project', project: 'shop-r1' },
      { do: 'jobs', project: 'shop-r1', file, services: ['job'], timeoutSeconds: 30 },
    ],
    stage: { release: 'r1', files },
    timeoutSeconds: 40,
  }
}

function json(path: string, content: unknown): StagedFile {
  return { path, content: Buffer.from(JSON.stringify(content)), mode: 0o644 }
}

async function acting(): Promise<{ proxy: DelayProxy; host: Host; done: Promise<void> }> {
  await server.clean()
  await server.sh('rm -rf /root/out; mkdir -p /root/out')
  const { proxy, port } = await through(5)
  const host = link(address('lab1', { port }))
  await host.connect(scope)
  await host.acquire(lease)
  const done = host.act(slowJob(4))
  // Looked at later than it may fail.
  done.catch(() => undefined)
  await expect.poll(() => server.sh('cat /root/out/runs || true'), { timeout: 20_000 }).toBe('run')
  return { proxy, host, done }
}

describe('a link that breaks in the middle of an action', () => {
  test.each([
    ['is cut', (proxy: DelayProxy) => proxy.cut(), 700],
    ['falls silent', (proxy: DelayProxy) => proxy.silence(), 17_000],
  ])('and %s must not change that it is done, exactly once', async (_, harm, afterMs) => {
    const { proxy, host, done } = await acting()
    harm(proxy)
    await wait(afterMs)
    proxy.restore()
    await done
    expect(await server.sh('cat /root/out/runs')).toBe('run\nend')
    const notes = await host.journal(50)
    expect(notes.filter(({ note }) => note.type === 'action-finished')).toHaveLength(1)
    await host.renew(60)
  })

  test('and never comes back must leave the outcome open, and the work carried through', async () => {
    const { proxy, done } = await acting()
    proxy.cut()
    await expect(done).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', exit: 'critical' })
    expect(await server.sh('cat /root/out/runs')).toBe('run\nend')
  })

  test('the lease must be renewed beside it', async () => {
    const { host, done } = await acting()
    await host.renew(50)
    await done
    expect((await host.observe()).lease?.secondsLeft).toBeLessThanOrEqual(50)
  })

  test('an interrupt must end it early', async () => {
    await server.clean()
    const stop = new AbortController()
    const host = link(address('lab1'))
    await host.connect(scope, stop.signal)
    await host.acquire(lease)
    const begun = performance.now()
    setTimeout(() => stop.abort(), 2500)
    await expect(host.act(slowJob(20))).rejects.toMatchObject({ code: 'ACTION_CANCELLED' })
    expect(performance.now() - begun).toBeLessThan(10_000)
    await host.release()
  })
})

describe('programs beside the session', () => {
  test('they must get their words and input, and give back all they say', async () => {
    const host = link(address('lab1'))
    await host.connect(scope)
    const words = ['a b', "it's", '$HOME', '\\', '!x', 'ü\nz', '']
    const printed = await host.run(['printf', '[%s]', ...words])
    expect(printed).toEqual({ code: 0, stdout: words.map((it) => `[${it}]`).join(''), stderr: '' })
    const failed = await host.run(['sh', '-c', 'cat; echo bad >&2; exit 9'], Buffer.from('in'))
    expect(failed).toEqual({ code: 9, stdout: 'in', stderr: 'bad\n' })
  })

  test('images must arrive by the stream of docker save', async () => {
    const host = link(address('lab1'))
    await host.connect(scope)
    await server.sh('docker rmi -f busybox:stable >/dev/null')
    const { ownWorkstation } = await import('../../src/hosts/own-workstation/own-workstation.ts')
    const here = ownWorkstation({ env: { ...process.env } })
    await host.images.load(here.saveImages(['busybox:stable']))
    const facts = await host.imageIds(['busybox:stable'])
    expect(facts['busybox:stable']?.sizeBytes).toBeGreaterThan(1_000_000)
    const lost = host.images.load(here.saveImages(['nosuch:image']))
    await expect(lost).rejects.toMatchObject({ code: 'IMAGE_SAVE_FAILED' })
  })
})

const question = (through: HttpQuestion['through'], timeoutMs = 5000): HttpQuestion => ({
  through,
  method: 'GET',
  path: '/',
  host: 'shop.example.com',
  headers: {},
  timeoutMs,
})
const slot = (upstream: string): HttpQuestion => question({ kind: 'slot', upstream })
const door = question({ kind: 'front-door', tls: false })

const QUESTIONS = [
  slot('up:8000'),
  slot('up:8001'),
  slot('nobody:8000'),
  door,
  question({ kind: 'port', port: 9 }),
]
const ENDS = [
  { kind: 'answered', status: 200, body: 'hello\n' },
  { kind: 'not-asked', why: 'refused' },
  { kind: 'not-asked', why: 'no-such-name' },
  { kind: 'answered', status: 404 },
  { kind: 'not-asked', why: 'refused' },
]

/** Its configuration; it has, once it listens by another socket than before. */
async function sshdReadsAgain(): Promise<void> {
  await server.sh(`
    listening() { awk '$2 ~ /:0016$/ && $4 == "0A" { print $10 }' /proc/net/tcp; }
    before=$(listening)
    kill -HUP "$(cat /run/sshd.pid)"
    until now=$(listening) && [ -n "$now" ] && [ "$now" != "$before" ]; do sleep 0.1; done`)
}

/** One after the other: each kind of question, and how it must end. */
async function answers(): Promise<unknown[]> {
  const host = link(address('lab1'))
  await host.connect(scope)
  const ends: unknown[] = []
  for (const each of QUESTIONS) ends.push(await host.ask(each))
  return ends
}

describe('asking', () => {
  beforeAll(async () => {
    await server.clean()
    const host = link(address('lab1'))
    await host.connect(scope)
    await host.acquire(lease)
    const ports = { image: 'caddy:2.11.4', httpPort: 80, httpsPort: 443 }
    const files = proxyProject(ports).map((it) => ({ ...it, path: `proxy/${it.path}` }))
    await host.act({
      number: 1,
      title: 'start the proxy',
      guard: 'none',
      instructions: [{ do: 'proxy', folder: 'releases/r1/proxy' }],
      stage: { release: 'r1', files: [json('release.json', { schema: 1, id: 'r1' }), ...files] },
      timeoutSeconds: 60,
    })
    await host.release()
    await server.sh(`mkdir -p /root/www; echo hello >/root/www/index.html
      docker run -d --name up --network belay --network-alias up -v /root/www:/www \
        busybox:stable httpd -f -p 8000 -h /www`)
  })

  test('through forwarded sockets, each kind of end must be told apart', async () => {
    expect(await answers()).toMatchObject(ENDS)
  })

  test('where sshd forwards nothing, it must go through the proxy itself', async () => {
    const file = '/etc/ssh/sshd_config.d/no-forwards.conf'
    await server.sh(`printf 'AllowTcpForwarding no\\nAllowStreamLocalForwarding no\\n' >${file}`)
    await sshdReadsAgain()
    try {
      expect(await answers()).toMatchObject(ENDS)
    } finally {
      await server.sh(`rm ${file}`)
      await sshdReadsAgain()
    }
  })

  test('something that speaks no HTTP must be told as broken', async () => {
    const host = link(address('lab1'))
    await host.connect(scope)
    const asked = await host.ask(question({ kind: 'port', port: 22 }))
    expect(asked).toMatchObject({ kind: 'not-asked', why: 'broken' })
  })

  test('a question must cost one round trip, and an action too', async () => {
    const roundTripMs = 900
    const { port } = await through(roundTripMs / 2)
    const host = link(address('lab1', { port }))
    await host.connect(scope)
    await host.acquire(lease)
    const trips = async (work: () => Promise<unknown>): Promise<number> => {
      const begun = performance.now()
      await work()
      return Math.floor((performance.now() - begun) / roundTripMs)
    }
    const route = { do: 'route', key: 'shop-web', token: 'a' } as const
    const action = { number: 9, title: 'x', guard: 'none', timeoutSeconds: 9 } as const
    expect(await trips(() => host.journal(1))).toBe(1)
    expect(await trips(() => host.act({ ...action, instructions: [route] }))).toBe(1)
    expect(await trips(() => host.ask(slot('up:8000')))).toBe(1)
    expect(await trips(() => host.ask(door))).toBe(1)
    expect(await trips(() => host.ask(slot('up:8000')))).toBe(1)
    expect(await trips(() => host.close())).toBe(0)
    expect(host.roundTrips).toBe(7)
  })
})
