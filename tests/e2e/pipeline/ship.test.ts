import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { must } from '../../lab/command.ts'
import { DelayProxy } from '../../lab/delay.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import {
  App,
  type Env,
  failures,
  freshLab,
  pageConfig,
  type Ran,
  visit,
} from '../deploy/scenario.ts'

/** Images on their way to servers that have a part of them already, without a registry. */

let lab: Lab
let server: Server
let app: App
let way: DelayProxy
let through: Env
const NAME = 'shipped'
const MB = 1_000_000

beforeAll(async () => {
  lab = await freshLab()
  server = lab.server(1)
  way = new DelayProxy({ port: server.port })
  const port = await way.listen()
  const config = readFileSync(lab.sshConfig, 'utf8')
  const path = join(tmpdir(), `belay-e2e-way-${process.pid}`)
  writeFileSync(path, config.replaceAll(`  Port ${server.port}\n`, `  Port ${port}\n`))
  through = { BELAY_SSH_CONFIG: path }
})
beforeEach(() => {
  app = new App(lab, NAME)
})
afterEach(async () => {
  app.remove()
  await lab.clean()
})
afterAll(async () => {
  await way.close()
  const named = await must(['docker', 'image', 'ls', '-q', '--filter', `reference=belay/${NAME}/*`])
  if (named !== '') await must(['docker', 'rmi', '-f', ...new Set(named.split('\n'))])
})

/** Two layers that do not get smaller: what lies below, and the one that changes. */
async function imageOf(below: Buffer, above: Buffer, over = {}): Promise<void> {
  const recipe = [
    'FROM busybox:stable',
    'COPY below /below',
    'COPY www /www',
    'CMD ["httpd", "-f", "-p", "8000", "-h", "/www"]',
  ]
  app.write('Dockerfile', recipe.join('\n')).write('below', below).write('www/above', above)
  app.write('www/index.html', `${above.subarray(0, 4).toString('hex')}\n`)
  app.compose({ services: { web: { build: '.', stop_signal: 'SIGKILL' } } })
  await app.config(pageConfig(NAME, over)).commit()
}

const deploy = (...flags: readonly string[]): Promise<Ran> =>
  app.with(through, 'deploy', '--yes', '--json', ...flags)

/** With another `docker` on this machine; its script is given the path of the real one. */
async function deployWith(script: (docker: string) => string): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'belay-e2e-bin-'))
  const text = `#!/bin/sh\n${script(await must(['which', 'docker']))}\n`
  writeFileSync(join(folder, 'docker'), text, { mode: 0o755 })
  const PATH = `${folder}:${process.env['PATH']}`
  try {
    return await app.with({ ...through, PATH }, 'deploy', '--yes', '--json')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What is told of the sending to one host. */
function sentTo(host: string, { events }: Ran): readonly string[] {
  return events.flatMap((event) =>
    event.type === 'progress' && event.host === host && event.text.endsWith(' sent')
      ? [event.text]
      : [],
  )
}

async function nothingIsLeft(): Promise<void> {
  const spools = readdirSync(tmpdir()).filter((name) => name.startsWith('belay-layers.'))
  expect(spools).toEqual([])
  // Others may ship at this moment.
  const tags = ['docker', 'image', 'ls', '-q', '--filter', 'reference=*/belay/layers']
  await vi.waitUntil(async () => (await must(tags)) === '', { timeout: 30_000, interval: 100 })
  expect(await server.sh(`ls /var/lib/belay/${NAME}/production`)).not.toContain('layers')
}

describe('an image without a registry', () => {
  test('must travel by the layers that a host lacks, to several at once', async () => {
    const hosts = { hosts: ['lab1', 'lab2'] }
    const below = randomBytes(12 * MB)
    await imageOf(below, randomBytes(MB), hosts)
    const first = await deploy()
    expect(first.stderr + failures(first).join()).toBe('')
    expect(sentTo('lab1', first).at(-1)).toBe('13 MB of 13 MB sent')
    const above = randomBytes(MB)
    await imageOf(below, above, hosts)
    const before = way.sent
    const second = await deploy()
    expect(failures(second)).toEqual([])
    expect(way.sent - before).toBeLessThan(3 * MB)
    expect(sentTo('lab2', second).at(-1)).toMatch(/^1\.\d MB of 1\.\d MB sent$/)
    for (const each of lab.servers) {
      expect(await visit(each)).toBe(`200 ${above.subarray(0, 4).toString('hex')}`)
    }
    await nothingIsLeft()
  })

  test('must be sent whole where Docker cannot give its layers alone', async () => {
    await imageOf(randomBytes(MB), randomBytes(1000))
    const ran = await deployWith((docker) => `[ "$1" != push ] || exit 1\nexec ${docker} "$@"`)
    expect(failures(ran)).toEqual([])
    await nothingIsLeft()
  })

  test('must be pushed out of Docker once, where only its top layer is new', async () => {
    const below = randomBytes(MB)
    await imageOf(below, randomBytes(1000))
    expect(failures(await deploy())).toEqual([])
    await imageOf(below, randomBytes(1000))
    const calls = join(tmpdir(), `belay-e2e-calls-${process.pid}`)
    const ran = await deployWith((docker) => `echo "$1" >>${calls}\nexec ${docker} "$@"`)
    expect(failures(ran)).toEqual([])
    const called = readFileSync(calls, 'utf8').split('\n')
    rmSync(calls)
    expect(called.filter((word) => word === 'push')).toHaveLength(1)
    await nothingIsLeft()
  })

  test('must go on where a cut connection ended, and a killed deployer', async () => {
    way.bytesPerSecond = 8 * MB
    await imageOf(randomBytes(24 * MB), randomBytes(1000))
    const before = way.sent
    way.whenSent(14 * MB, () => {
      way.cut()
      way.restore()
    })
    const cut = await deploy()
    expect(failures(cut)).toEqual([])
    expect(cut.stdout).toContain('sending what is missing')
    // Some of it was on the way still: all of it a second time would be 38 MB.
    expect(way.sent - before).toBeGreaterThan(24 * MB)
    expect(way.sent - before).toBeLessThan(34 * MB)
    await nothingIsLeft()

    await imageOf(randomBytes(24 * MB), randomBytes(1000))
    const running = app.start(['deploy', '--yes', '--json'], through)
    way.whenSent(14 * MB, () => running.child.kill('SIGKILL'))
    await running.ended.catch(() => undefined)
    const middle = way.sent
    const again = await deploy('--steal')
    expect(failures(again)).toEqual([])
    expect(way.sent - middle).toBeLessThan(20 * MB)
    await nothingIsLeft()
  })
})
