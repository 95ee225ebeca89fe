import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
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
import { containers, serving, stateOf } from '../deploy/server-state.ts'

/** Images on their way to a server that has no room for them: its state is on a disk of its own. */

let lab: Lab
let server: Server
let app: App
let way: DelayProxy
let through: Env
const NAME = 'cramped'
const MB = 1_000_000
const STATE = '/var/lib/belay'
const sshConfig = join(tmpdir(), `belay-e2e-disk-${process.pid}`)

beforeAll(async () => {
  lab = await freshLab()
  server = lab.server(1)
  await forgotten()
  way = new DelayProxy({ port: server.port })
  const port = await way.listen()
  const config = readFileSync(lab.sshConfig, 'utf8')
  writeFileSync(sshConfig, config.replaceAll(`  Port ${server.port}\n`, `  Port ${port}\n`))
  through = { BELAY_SSH_CONFIG: sshConfig }
  await server.sh(`mkdir -p ${STATE}; mount -t tmpfs -o mode=755 tmpfs ${STATE}`)
  app = new App(lab, NAME).config(pageConfig(NAME))
  await write('first')
  await served('first')
})
beforeEach(() => hasRoom('700m'))
afterAll(async () => {
  await way.close()
  rmSync(sshConfig)
  app.remove()
  await lab.clean()
  await server.sh(`umount ${STATE}`)
  await forgotten()
  await must(['sh', '-c', FORGET])
})

/** What servers have of the images already would not be sent; here, a builder may remember them. */
const FORGET = `docker image ls -q --filter 'reference=belay/${NAME}/*' | sort -u | xargs -r docker rmi -f`
const forgotten = () => Promise.all(lab.servers.map((each) => each.sh(FORGET)))

/** The whole disk; what is on it stays. */
const hasRoom = (size: string): Promise<string> =>
  server.sh(`mount -o remount,size=${size} ${STATE}`)

/** A page of this text, with so much of what does not get smaller in a layer below it. */
async function write(text: string, { random = 0, zeros = 0 } = {}): Promise<void> {
  const recipe = [
    'FROM busybox:stable',
    `RUN head -c ${random} /dev/urandom >/big && head -c ${zeros} /dev/zero >>/big`,
    'COPY www /www',
    'CMD ["httpd", "-f", "-p", "8000", "-h", "/www"]',
  ]
  app.write('Dockerfile', recipe.join('\n')).write('www/index.html', `${text}\n`)
  await app.compose({ services: { web: { build: '.', stop_signal: 'SIGKILL' } } }).commit()
}

const deploy = (): Promise<Ran> => app.with(through, 'deploy', '--yes', '--json')

async function served(text: string): Promise<void> {
  const ran = await deploy()
  if (ran.code !== 0) throw new Error(failures(ran).join() + ran.stderr)
  expect(await visit(server)).toBe(`200 ${text}`)
}

/** What runs, the images, and whether something of them lies about in the state folder. */
const all = async (): Promise<string> =>
  [
    await serving(server),
    ...(await containers(lab.server(2))),
    await server.sh(`docker image ls --format 'image {{.Repository}}:{{.Tag}} {{.ID}}' | sort
      ls -A /var/lib/docker/tmp ${stateOf(NAME)}/releases
      ! ls -d ${stateOf(NAME)}/layers`),
  ].join('\n')

/** The deployment must be refused so; with room again, it must be done. */
async function refused(
  text: string,
  { code, says }: { code: string; says: RegExp },
): Promise<void> {
  const serves = await visit(server)
  const before = await all()
  const ran = await deploy()
  expect([ran.code, failures(ran)]).toEqual([7, [code]])
  const [trouble] = ran.events.filter((event) => event.type === 'failed')
  expect(trouble?.message).toMatch(says)
  expect(trouble?.hint).toMatch(/docker system df/)
  expect(await all()).toBe(before)
  expect(await visit(server)).toBe(serves)
  await hasRoom('700m')
  await served(text)
}

describe('the disk of a server', () => {
  test('that is too small for the layers must be told before they are sent', async () => {
    // Above what any deployment needs.
    await hasRoom('306m')
    const sent = way.sent
    await write('too much', { random: 56 * MB, zeros: 170 * MB })
    await refused('too much', {
      code: 'DISK_TOO_SMALL',
      says: /lab1 has 3\d\d MB of free disk; the images need about 3\d\d MB/,
    })
    // Once, by the deployment that had room for them.
    expect(way.sent - sent).toBeLessThan(2 * 56 * MB)
  })

  test('that fills up while layers arrive must be told, be freed of them, and stop the others', async () => {
    app.config(pageConfig(NAME, { hosts: ['lab1', 'lab2'] }))
    way.whenSent(6 * MB, () => void fillUp())
    await write('too late', { random: 12 * MB })
    await refused('too late', {
      code: 'LAYERS_NO_SPACE',
      says: /the disk of lab1 became full while images were put there/,
    })
  })
})

/** Nearly, while almost nothing comes through: it must be so before the rest of the layers is there. */
async function fillUp(): Promise<void> {
  way.bytesPerSecond = 100_000
  await server.sh(`used=$(df -k --output=used ${STATE} | tail -n 1)
    mount -o remount,size=$((used + 1024))k ${STATE}`)
  way.bytesPerSecond = Number.POSITIVE_INFINITY
}
