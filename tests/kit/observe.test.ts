import { createHash } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Rig, SHELLS, section } from './rig.ts'

describe.each(SHELLS)('looking around under %s', (shell) => {
  let rig: Rig
  beforeEach(() => {
    rig = new Rig(shell)
  })
  afterEach(() => rig.close())

  const observe = () => rig.once(['observe'])

  test('a fresh host must be told as it is', async () => {
    const seen = await observe()
    expect(seen.code).toBe(0)
    const facts = Object.fromEntries(
      section(seen, '@facts').map((line) => [
        line.split(' ')[0],
        line.split(' ').slice(1).join(' '),
      ]),
    )
    expect(facts).toMatchObject({
      root: rig.root,
      uptime: '1000',
      boot: 'boot-one',
      docker: '26.1.5',
      compose: '2.26.1',
      arch: 'amd64',
      images: 'store=',
      memory: String(2048 * 1024),
    })
    expect(facts['kit']).toMatch(/^[0-9a-f]{64}$/)
    expect(Number(facts['disk'])).toBeGreaterThan(1e6)
    expect(Number(facts['statedisk'])).toBeGreaterThan(1e6)
    expect(Math.abs(Number(facts['clock']) - Date.now() / 1000)).toBeLessThan(60)
    expect(section(seen, '@epoch')).toEqual(['0'])
    expect(section(seen, '@decision')).toEqual(['none'])
    for (const name of ['@lease', '@current', '@tokens', '@containers', '@damaged', '@problems']) {
      expect(section(seen, name)).toEqual([])
    }
  })

  test('looking must need few questions to Docker, and none twice', async () => {
    rig.container('web', { state: 'running' })
    await observe()
    const before = rig.asked.length
    await observe()
    const words = rig.asked.slice(before).map((line) => line.split(' ')[0] ?? '')
    expect(words.toSorted()).toEqual(['inspect', 'network', 'ps', 'version', 'volume'])
  })

  test('how images are kept must be asked once for each start of the daemon', async () => {
    mkdirSync(join(rig.folder, 'run'))
    const starts = (pid: string) => writeFileSync(join(rig.folder, 'run/docker.pid'), pid)
    const kept = async () =>
      section(await observe(), '@facts').filter((it) => it.startsWith('images'))
    starts('1')
    expect(await kept()).toEqual(['images store='])
    rig.dockerHas('store', 'io.containerd.snapshotter.v1')
    expect(await kept()).toEqual(['images store='])
    starts('2')
    expect(await kept()).toEqual(['images store=io.containerd.snapshotter.v1'])
  })

  test('looking must change nothing but the scraps that go again', async () => {
    await observe()
    expect(rig.asked.filter((line) => / (create|rm|up) |^start/.test(line))).toEqual([])
    for (const path of ['epoch', 'lease', 'journal', 'current', 'rollback']) {
      expect(rig.has(path)).toBe(false)
    }
  })

  test('what is there must be listed', async () => {
    rig.container('shop-web-1', { state: 'running', project: 'shop', service: 'web' })
    rig.dockerHas('networks/shop_default', 'shop')
    rig.dockerHas('volumes/shop_data')
    const epoch = await rig.acquire()
    await rig.act(`${epoch} 1 none 20`, ['route shop-web b25', 'current r2 r1'])
    for (const [id, text] of [
      ['r1', '{"id":"r1",\n "text":"a\\\\n%s"}\n'],
      ['r2', '{"id":"r2"}'],
      ['r3.tmp-5', '{}'],
      ['r4', '{"id":"r4"}\n'],
    ] as const) {
      mkdirSync(join(rig.state, 'releases', id), { recursive: true })
      rig.write(`releases/${id}/release.json`, text)
    }
    mkdirSync(join(rig.state, 'releases/r9'))
    rig.write('releases/r1/mark', 'bad it failed: "x"')
    rig.write('releases/r2/mark', 'good\n')
    const seen = await observe()
    expect(section(seen, '@current')).toEqual(['r2 r1'])
    expect(section(seen, '@release r1 bad')).toEqual([
      '{"id":"r1", "text":"a\\\\n%s"}',
      'it failed: "x"',
    ])
    expect(section(seen, '@release r2 good')).toEqual(['{"id":"r2"}'])
    expect(section(seen, '@release r4 unproved')).toEqual(['{"id":"r4"}'])
    expect(seen.lines.filter((line) => line.startsWith('@release'))).toHaveLength(3)
    expect(section(seen, '@tokens')).toEqual(['shop-web b25'])
    expect(JSON.parse(section(seen, '@containers')[0] ?? '')).toMatchObject({
      name: 'shop-web-1',
      project: 'shop',
      state: 'running',
    })
    expect(section(seen, '@networks')).toEqual(['shop_default'])
    expect(section(seen, '@volumes')).toEqual(['belay', 'shop_data'])
  })

  test('the proxy must be told with what its sites hold and claim', async () => {
    rig.container('belay-proxy-caddy-1', { state: 'running' })
    const folder = join(rig.root, 'proxy/sites')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'shop.caddy'), '# claims */ a.example.com/x\n')
    const sum = createHash('sha256').update('# claims */ a.example.com/x\n').digest('hex')
    expect(section(await observe(), '@proxy')).toEqual([
      'running 1',
      'image image-of-belay-proxy-caddy-1',
      'claim shop */',
      'claim shop a.example.com/x',
      `site shop ${sum}`,
    ])
  })

  test('ports that somebody else listens on must be told, ours not', async () => {
    const line = (port: string, status: string) =>
      `   0: 00000000:${port} 00000000:0000 ${status} 00000000:00000000 00:00000000 0 0 1\n`
    writeFileSync(join(rig.proc, 'net/tcp'), line('0050', '01') + line('1F90', '0A'))
    writeFileSync(join(rig.proc, 'net/tcp6'), line('01BB', '0A') + line('0050', '0A'))
    expect(section(await observe(), '@ports')).toEqual(['80', '443'])
    rig.container('belay-proxy-caddy-1', { state: 'running' })
    expect(section(await observe(), '@ports')).toEqual([])
  })

  test.each([
    ['denied', 73, 'permission denied'],
    ['stopped', 74, 'Cannot connect to the Docker daemon'],
    ['no-compose', 72, "'compose' is not a docker command"],
  ])('a Docker that is %s must be code %i, with its own words', async (how, code, words) => {
    rig.dockerHas(how)
    const seen = await observe()
    expect(seen.code).toBe(code)
    expect(section(seen, '@problems').join(' ')).toContain(words)
    expect(section(seen, '@epoch')).toEqual(['0'])
    const refused = await rig.once(['acquire', '60', 'run1'], { payload: 'a\nb\n' })
    expect(refused.code).toBe(code)
    expect(rig.has('lease')).toBe(false)
  })

  test('a compose that was there, and was taken away since, must be missed', async () => {
    expect((await observe()).code).toBe(0)
    rmSync(join(rig.docker, 'plugin'))
    rig.dockerHas('no-compose')
    expect((await observe()).code).toBe(72)
  })

  test('without a docker command it must be 71', async () => {
    const docker = join(rig.folder, 'no-docker')
    mkdirSync(docker)
    const path = shell === 'busybox' ? dirname(rig.sh) : undefined
    // Everything but docker: links to what the programs of this machine are.
    if (path === undefined) {
      for (const name of ['sh', 'mkdir', 'rm', 'flock', 'date', 'id', 'df', 'cat', 'awk', 'mv']) {
        const { located } = await import('./rig.ts')
        writeFileSync(join(docker, name), `#!/bin/sh\nexec ${located(name)} "$@"\n`, {
          mode: 0o755,
        })
      }
    }
    const seen = await rig.once(['observe'], { env: { BELAY_PATH: path ?? docker } })
    expect(seen.code).toBe(71)
    expect(section(seen, '@problems')).toEqual(['there is no docker command'])
  })

  test('sudo must be used where the socket is denied and it asks for nothing', async () => {
    rig.dockerHas('denied')
    rig.dockerHas('sudo')
    rig.container('web', { state: 'created' })
    expect((await observe()).code).toBe(0)
    const { session } = rig.session()
    expect((await session.opening).code).toBe(0)
    const ask = { timeoutMs: 10_000, payload: Buffer.from('a\nb\n') }
    const acquired = await session.request({ verb: 'acquire', words: ['60', 'run1'], ...ask })
    expect(acquired.code).toBe(0)
    const payload = Buffer.from('{"type":"x"}\nstart web\n\n')
    const words = ['1', '1', 'none', '20']
    expect(await session.request({ verb: 'do', words, ...ask, payload })).toMatchObject({ code: 0 })
    expect(rig.dockerSays('c/web/state')).toBe('running')
  })

  test('a folder that cannot be written must be 75', async () => {
    writeFileSync(join(rig.root, 'shop'), 'a file stands in the way')
    const seen = await observe()
    expect(seen.code).toBe(75)
    expect(seen.errors).toContain(`cannot write ${rig.state}`)
    const { session } = rig.session()
    expect(await session.opening).toEqual({
      code: 75,
      lines: ['@problems', `cannot write ${rig.state}`],
    })
  })
})
