import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import {
  type App,
  failures,
  finished,
  freshLab,
  page,
  pageApp,
  pageConfig,
  type Ran,
} from './scenario.ts'
import { stateOf, world } from './server-state.ts'

let lab: Lab
let server: Server
let app: App

// `one` serves on the first server all along; nothing that follows may touch it.
beforeAll(async () => {
  lab = await freshLab()
  server = lab.server(1)
  const serving = pageApp(lab)
  const { code, stderr } = await serving.belay('deploy', '--yes')
  if (code !== 0) throw new Error(stderr)
  serving.remove()
})
beforeEach(() => {
  app = pageApp(lab).compose({ services: { web: page('two') } })
})
afterEach(() => app.remove())

interface Fault {
  readonly on?: Server
  readonly set: string
  readonly unset: string
  readonly exit: number
  readonly code: string
  readonly says: RegExp
}

/** Deploys, and puts the server right whatever comes of it. */
async function deploy(mend: () => Promise<unknown>): Promise<Ran> {
  try {
    return await app.belay('deploy', '--yes', '--json')
  } finally {
    await mend()
  }
}

/** With the fault, the deployment must be refused so; without it again, all must be as before. */
async function refused({ on = server, set, unset, exit, code, says }: Fault): Promise<void> {
  const before = await world(on)
  await on.sh(set)
  const ran = await deploy(() => on.sh(unset))
  const [trouble] = ran.events.filter((event) => event.type === 'failed')
  expect([ran.code, failures(ran)]).toEqual([exit, [code]])
  expect([trouble?.message, ...(trouble?.evidence ?? [])].join('\n')).toMatch(says)
  expect(trouble?.hint).not.toBe('')
  expect(await world(on)).toBe(before)
}

describe("a server's Docker", () => {
  test('that is not there must be told', () =>
    refused({
      set: 'mv /usr/bin/docker /usr/bin/docker.away',
      unset: 'mv /usr/bin/docker.away /usr/bin/docker',
      exit: 3,
      code: 'NO_DOCKER',
      says: /lab1 has no docker command/,
    }))

  test('that has no Compose must be told', async () => {
    const format = '{{range .ClientInfo.Plugins}}{{.Name}} {{.Path}}{{println}}{{end}}'
    const plugins = await server.run(['docker', 'info', '--format', format])
    const path = /^compose (.+)$/m.exec(plugins)?.[1] ?? ''
    await refused({
      // It was seen to be there, by the deployment before.
      set: `mv ${path} /root/compose.away`,
      unset: `mv /root/compose.away ${path}`,
      exit: 3,
      code: 'NO_COMPOSE',
      says: /lab1 has Docker, but not docker compose/,
    })
  })

  test('that the user may not use must be told', async () => {
    app.config(pageConfig('shop', { hosts: ['lab1-plain'] }))
    const says = /nobodydocker may not use Docker on lab1-plain/
    await refused({ set: ':', unset: ':', exit: 3, code: 'DOCKER_NOT_PERMITTED', says })
  })
})

describe('a disk', () => {
  test('that is nearly full must be told with what is left, before anything is put on it', () =>
    refused({
      set: 'mount -t tmpfs -o size=64m tmpfs /var/lib/belay',
      unset: 'umount /var/lib/belay',
      exit: 3,
      code: 'DISK_NEARLY_FULL',
      says: /lab1 has \d+ MB of disk left; this deployment needs \d+ MB/,
    }))

  test('whose state folder cannot be written must be told', () =>
    refused({
      set: 'mount --bind /var/lib/belay /var/lib/belay; mount -o remount,bind,ro /var/lib/belay',
      unset: 'umount /var/lib/belay',
      exit: 3,
      code: 'STATE_FOLDER_UNUSABLE',
      says: /the state folder on lab1 cannot be used: /,
    }))
})

describe('a port of the proxy that another program holds', () => {
  test('must be told before anything is started', async () => {
    app.config(pageConfig('shop', { hosts: ['lab2'] }))
    await refused({
      on: lab.server(2),
      set: 'docker run -d --name squatter -p 80:80 busybox:stable httpd -f -p 80 >/dev/null',
      unset: 'docker rm -f squatter >/dev/null',
      exit: 3,
      code: 'PROXY_PORT_TAKEN',
      says: /the proxy needs port 80 on lab2/,
    })
  })
})

describe('an image', () => {
  test('that nobody has must be told with the host', async () => {
    app.compose({ services: { web: page('two', { image: 'registry.invalid/shop:1' }) } })
    const says = /registry\.invalid\/shop:1/
    await refused({ set: ':', unset: ':', exit: 7, code: 'IMAGE_UNAVAILABLE', says })
  })

  test('for another architecture must be told, and not be started', async () => {
    await server.sh(
      `tar -c -C / etc/hostname | docker import --platform linux/s390x - belay-e2e/other:1 >/dev/null`,
    )
    app.compose({ services: { web: page('two', { image: 'belay-e2e/other:1' }) } })
    try {
      const says = /belay-e2e\/other:1 is built for .*s390x, but lab1 is/
      await refused({ set: ':', unset: ':', exit: 7, code: 'WRONG_ARCHITECTURE', says })
    } finally {
      await server.sh('docker rmi -f belay-e2e/other:1 >/dev/null')
    }
  })
})

// Last, as the server's containers are started anew by these.
describe('what is broken but in nobody’s way', () => {
  test('a daemon that is stopped must be told, and the same deployed when it is back', async () => {
    await server.stopDocker()
    const ran = await deploy(() => server.startDocker())
    expect([ran.code, failures(ran)]).toEqual([3, ['DOCKER_STOPPED']])
    expect(await app.belay('deploy', '--yes', '--json')).toMatchObject({ code: 0 })
  })

  test('a damaged journal line must be told, and stand in the way of nothing', async () => {
    await server.sh(`sed -i '2s/.*/garbage "\\\\ line/' ${stateOf('shop')}/journal`)
    const { code, stdout } = await app.belay('status')
    expect(code).toBe(0)
    expect(stdout).toMatch(/journal/)
    expect(await app.belay('history')).toMatchObject({ code: 0 })
    app.compose({ services: { web: page('three') } })
    const ran = await app.belay('deploy', '--yes', '--json')
    expect(finished(ran)).toMatchObject({ outcome: 'confirmed', exit: 0 })
  })
})
