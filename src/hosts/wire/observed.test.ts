import { describe, expect, test } from 'vitest'
import { readDoor } from './door.ts'
import { readObserved, readProblems } from './observed.ts'

const who = Buffer.from('ann@ci\ndeploy r42\nrun-7\n').toString('base64')

const web = {
  id: 'c1',
  name: 'shop-r41-web-1',
  project: 'shop-r41',
  service: 'web',
  workdir: '/srv/shop',
  release: 'r41',
  app: 'shop',
  environment: 'production',
  state: 'running',
  exit: 0,
  health: 'healthy',
  restarts: 2,
  policy: 'always',
  image: 'sha256:1',
  reference: 'shop-web:1',
  started: '2026-01-01T00:00:00Z',
  ports: { '80/tcp': [{ HostIp: '0.0.0.0', HostPort: '8080' }], '81/tcp': null },
}
const foreign = {
  ...web,
  name: 'belay-proxy-caddy-1',
  project: '',
  service: '',
  release: '',
  app: '',
  environment: '',
  workdir: null,
  health: 'none',
  policy: '',
  ports: {
    '80/tcp': [
      { HostIp: '0.0.0.0', HostPort: '8081' },
      { HostIp: '::', HostPort: '8081' },
    ],
    '443/tcp': [{ HostIp: '0.0.0.0', HostPort: '443' }],
    '443/udp': [{ HostIp: '0.0.0.0', HostPort: '443' }],
  },
}

/** As the kit prints it. */
const LINES = `@facts
kit 0abc
root /var/lib/belay
user deploy
uptime 1234
boot 9f1c-77
clock 1767225600
docker 26.1.5
compose 2.26.1-4
arch amd64
images store=io.containerd.snapshotter.v1
memory 1024
disk 2048
statedisk 4096
@epoch
8
@lease
8 42 18 ${who}
@decision
pending
run run-7 epoch 8 release r42 previous r41 anchor ann@a
setsid 4711 1230
@current
r41 -
@release r41 good
{"schema":1,"id":"r41"}
@release r42 unproved
{"schema":1,"id":"r42"}
@release r40 bad
{"schema":1,"id":"r40"}
web is unhealthy
@release r39 good
{"schema":1,"id":"r3
@release r38 good
{"schema":2}
@tokens
shop-production-web a
shop-production-api b50
@containers
${JSON.stringify(web)}
${JSON.stringify(foreign)}
@networks
bridge
shop_default
@volumes
shop_data
@proxy
running 1
image caddy:2.11.4
site shop-production 0f0f
claim shop-production shop.example.com/
claim shop-production */
@ports
80
443
@damaged
12
13
@problems
the file of the lease cannot be read: it counts as lapsed`.split('\n')

describe('readObserved', () => {
  const observed = readObserved('ann@a', LINES)

  test('facts must be numbers where they count', () => {
    expect(observed.facts).toEqual({
      kit: '0abc',
      stateRoot: '/var/lib/belay',
      user: 'deploy',
      uptimeSeconds: 1234,
      bootId: '9f1c-77',
      clock: 1767225600,
      dockerVersion: '26.1.5',
      composeVersion: '2.26.1-4',
      architecture: 'amd64',
      imageStore: 'containerd',
      memoryAvailableBytes: 1024,
      diskFreeBytes: 2048,
      stateDiskFreeBytes: 4096,
    })
  })

  test('the lease must name its owner, purpose and run', () => {
    expect(observed.epoch).toBe(8)
    expect(observed.lease).toEqual({
      epoch: 8,
      owner: 'ann@ci',
      purpose: 'deploy r42',
      run: 'run-7',
      secondsLeft: 42,
      ageSeconds: 18,
    })
  })

  test('an undecided run must be told with its watchdog', () => {
    expect(observed.decision).toEqual({
      state: 'pending',
      armed: {
        run: 'run-7',
        epoch: 8,
        release: 'r42',
        previous: 'r41',
        anchor: 'ann@a',
        watchdog: 'setsid',
      },
    })
    expect([observed.current, observed.previous]).toEqual(['r41', undefined])
  })

  test('releases must have their mark and reason, the oldest first; unreadable ones are not kept', () => {
    expect(observed.releases).toMatchObject([
      { id: 'r40', mark: 'bad', reason: 'web is unhealthy' },
      { id: 'r41', mark: 'good' },
      { id: 'r42', mark: 'unproved' },
    ])
    expect(observed.releases.length).toBe(3)
  })

  test('containers must be told apart by their labels', () => {
    expect(observed.containers[0]).toEqual({
      id: 'c1',
      name: 'shop-r41-web-1',
      project: 'shop-r41',
      service: 'web',
      release: 'r41',
      app: 'shop',
      environment: 'production',
      workingDirectory: '/srv/shop',
      state: 'running',
      health: 'healthy',
      exitCode: 0,
      restartCount: 2,
      restartPolicy: 'always',
      imageId: 'sha256:1',
      startedAt: '2026-01-01T00:00:00Z',
      publishedPorts: [8080],
    })
    expect(observed.containers[1]).toMatchObject({
      restartPolicy: 'no',
      publishedPorts: [443, 8081],
    })
    expect(observed.containers[1]).not.toHaveProperty('release')
    expect(observed.containers[1]).not.toHaveProperty('workingDirectory')
  })

  test('the proxy must be told with what it serves, and for whom', () => {
    expect(observed.proxy).toEqual({
      running: true,
      image: 'caddy:2.11.4',
      sites: { 'shop-production': '0f0f' },
      claims: { 'shop.example.com/': 'shop-production', '*/': 'shop-production' },
      takenPorts: [80, 443],
    })
    expect(observed.tokens).toEqual({ 'shop-production-web': 'a', 'shop-production-api': 'b50' })
  })

  test('names and numbers of lines must come as they are', () => {
    expect(observed.networks).toEqual(['bridge', 'shop_default'])
    expect(observed.volumes).toEqual(['shop_data'])
    expect(observed.damagedJournalLines).toEqual([12, 13])
    expect(readProblems(LINES)).toHaveLength(1)
    expect(observed.problems).toEqual(readProblems(LINES))
  })

  test('a fresh host must be nothing but facts', () => {
    const fresh = readObserved('a', ['@facts', 'kit x', '@epoch', '0', '@lease', '@current'])
    expect(fresh).toMatchObject({ epoch: 0, decision: { state: 'none' }, releases: [] })
    expect(fresh).not.toHaveProperty('lease')
    expect(fresh).not.toHaveProperty('current')
  })
})

describe('readDoor', () => {
  test('the ports must be those that the proxy holds on the host', () => {
    expect(readDoor(LINES)).toEqual({ httpPort: 8081, httpsPort: 443 })
  })

  test('without a proxy there must be no door', () => {
    expect(readDoor(LINES.filter((line) => !line.includes('belay-proxy')))).toBeUndefined()
  })
})
