import { rmSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Release } from '../../../src/plan/release.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import {
  App,
  failures,
  finished,
  freshLab,
  page,
  pageConfig,
  pathWithoutDocker,
  type Ran,
  visit,
} from './scenario.ts'
import { current, lines, stateOf, world } from './server-state.ts'

/** A laptop, or a runner of CI, that has ssh and git, and no Docker. */

let lab: Lab
let server: Server
let bin: string
let app: App

beforeAll(async () => {
  lab = await freshLab()
  server = lab.server(1)
  bin = await pathWithoutDocker()
})
afterAll(() => rmSync(bin, { recursive: true, force: true }))
beforeEach(async () => {
  await server.clean()
  app = new App(lab)
  return () => app.remove()
})

/** Somewhere else than the compose file, with a file of every kind that compose reads. */
function wholeApp(text: string): void {
  app.write('deploy/web.env', 'FROM_ENV_FILE=1\nFILLED=${COLOUR}\n')
  app.write('deploy/base/base.yaml', `services: { web: ${JSON.stringify(page(text))} }`)
  app.write(
    'deploy/more/compose.yaml',
    'services: { idle: { image: "busybox:stable", profiles: [x] } }',
  )
  app.write('deploy/site/extra.html', 'shipped\n')
  app.write('deploy/compose.yaml', COMPOSE)
  app.config({ ...pageConfig('shop'), compose: 'deploy/compose.yaml' })
}

const COMPOSE = `{"name": "shop-of-ann",
  "include": ["more/compose.yaml"],
  "services": { "web": {
    "extends": { "file": "base/base.yaml", "service": "web" },
    "env_file": ["web.env"],
    "environment": { "COLOUR": null, "PASSWORD": "\${PASSWORD}" },
    "volumes": ["./site/extra.html:/extra.html:ro", "~/notes:/notes"] } } }
`
const CALLER = { COLOUR: 'deep-red-42', PASSWORD: 'canary $x \'y\' "z"' }

const without = (...argv: readonly string[]): Promise<Ran> =>
  app.with({ ...CALLER, HOME: app.folder, PATH: bin }, ...argv)
const withDocker = (...argv: readonly string[]): Promise<Ran> =>
  app.with({ ...CALLER, HOME: app.folder }, ...argv)
const deploy = (...flags: readonly string[]) => without('deploy', '--yes', '--json', ...flags)

async function recorded(release: string): Promise<Release> {
  const path = `${stateOf('shop')}/releases/${release}/release.json`
  return JSON.parse(await server.sh(`cat ${path}`)) as Release
}

describe('from init to rollback', () => {
  test('init must write a first configuration, and check say what it could not look at', async () => {
    app.compose({ services: { web: page('one', { expose: ['8000'] }) } })
    const written = await without('init', '--host', 'lab1', '--domain', '*', '--health', '/')
    expect([written.code, written.stderr]).toEqual([0, ''])
    const checked = await app.with({ PATH: bin, BELAY_SSH_CONFIG: '/nowhere' }, 'check')
    expect(checked.code).toBe(0)
    expect(checked.stdout).toContain('no mistake was found, but not all could be looked at')
    expect(checked.stdout).toContain('there is no docker command')
    expect(checked.stdout).toContain('belay plan production has lab1 read the compose file')
  })

  test('everything must work, and nobody be able to tell by the release who read it', async () => {
    wholeApp('one')
    await app.commit()
    const fresh = await world(server)
    const planned = await without('plan')
    expect(planned.code).toBe(0)
    const note =
      /^note: compose: there is no Docker Compose here, so lab1 read the compose file \(Compose 2/gm
    expect(planned.stdout.match(note)).toHaveLength(1)
    expect(await world(server)).toBe(fresh)

    expect(finished(await deploy())).toMatchObject({ outcome: 'confirmed', serving: 'r1' })
    expect(await visit(server)).toBe('200 one')
    const { composedOn, baseProject, project } = await recorded('r1')
    expect(composedOn).toEqual({ host: 'lab1', version: expect.stringMatching(/^v?2\./) })
    expect([baseProject, project]).toEqual(['shop-of-ann', 'shop-of-ann-r1'])
    const inside = 'docker exec shop-of-ann-r1-web-1 sh -c'
    expect(await server.sh(`${inside} 'cat /extra.html; echo $FILLED; echo "$PASSWORD"'`)).toBe(
      `shipped\n${CALLER.COLOUR}\n${CALLER.PASSWORD}`,
    )

    for (const again of [deploy, () => withDocker('deploy', '--yes', '--json')]) {
      expect(finished(await again())).toMatchObject({ outcome: 'nothing-to-do', serving: 'r1' })
    }

    wholeApp('two')
    await app.commit()
    expect(finished(await deploy())).toMatchObject({ outcome: 'confirmed', serving: 'r2' })
    expect(await visit(server)).toBe('200 two')
    const back = await without('rollback', '--yes', '--json')
    expect(finished(back)).toMatchObject({ outcome: 'confirmed', serving: 'r1' })
    expect(await visit(server)).toBe('200 one')
    const { code, stdout } = await without('status')
    expect([code, stdout.includes('r1')]).toEqual([0, true])
    expect(await current(server, 'shop')).toMatch(/^r1 /)
  })

  test('nothing that compose read on the server may stay there, and no secret be printed', async () => {
    wholeApp('one')
    const runs = [
      await without('plan', '--json'),
      await deploy(),
      await without('status', '--json'),
    ]
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0])
    const printed = runs.map(({ stdout, stderr }) => stdout + stderr).join('')
    expect(printed).not.toContain('canary')
    expect(printed).not.toContain(CALLER.COLOUR)
    const left = await server.sh(`ls ${stateOf('shop')}/work`)
    expect(lines(left).filter((name) => name !== 'watch-all')).toEqual([])
  })
})

describe('what goes wrong must be told as it is, and change nothing', () => {
  const refused = async (says: readonly (string | RegExp)[], ...argv: readonly string[]) => {
    const before = await world(server)
    const ran = await without(...argv)
    for (const text of says) expect(ran.stderr).toMatch(text)
    expect(await world(server)).toBe(before)
    return ran.code
  }

  test('a mistake that compose finds: with the place in the file here', async () => {
    app.compose('services:\n  web:\n    imag: x\n').config(pageConfig('shop'))
    expect(
      await refused([/compose\.yaml:3:5: services\.web Additional property imag/], 'plan'),
    ).toBe(2)
  })

  test('a file that means another one there: with its place', async () => {
    app
      .compose('services:\n  web:\n    image: x\n    env_file: /etc/hostname\n')
      .config(pageConfig('shop'))
    const says = [/compose\.yaml:4:15: env_file \/etc\/hostname is an absolute path/]
    expect(await refused(says, 'deploy', '--yes')).toBe(3)
  })

  test('an image that must be built: before anybody agrees to it', async () => {
    app.write('Dockerfile', 'FROM busybox:stable\n').config(pageConfig('shop'))
    app.compose({ services: { web: { build: '.', expose: ['8000'] } } })
    const says = [
      /cannot build web on this machine: there is no docker command/,
      /push to a registry/,
    ]
    for (const argv of [['plan'], ['deploy', '--yes']]) expect(await refused(says, ...argv)).toBe(3)
  })

  test('an image that the server cannot get: that it cannot come from here either', async () => {
    const image = 'registry.invalid/nothing:1'
    app.compose({ services: { web: page('one', { image }) } }).config(pageConfig('shop'))
    const ran = await deploy()
    expect([ran.code, failures(ran)]).toEqual([7, ['IMAGE_UNAVAILABLE']])
    expect(ran.stdout).toContain('cannot come from here (there is no docker command)')
  })

  test('a server without Docker: as its own fault', async () => {
    wholeApp('one')
    await server.sh('mv /usr/bin/docker /usr/bin/docker.away')
    try {
      const ran = await without('plan')
      expect([ran.code, /lab1/.test(ran.stderr)]).toEqual([3, true])
      expect(ran.stderr).not.toContain('on this machine')
    } finally {
      await server.sh('mv /usr/bin/docker.away /usr/bin/docker')
    }
  })
})

describe('check without a server', () => {
  const check = () => app.with({ PATH: bin, BELAY_SSH_CONFIG: '/nowhere' }, 'check')

  test('must find what can be found without compose', async () => {
    app.config(pageConfig('shop'))
    app.compose('services:\n  web: [\n')
    expect(await check()).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/compose\.yaml:3:1: this is not YAML/),
    })
    app.compose({ services: { wep: page('one') } })
    expect(await check()).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no service "web".*wep/),
    })
    app.compose({ services: { web: page('one', { env_file: 'gone.env' }) } })
    const { code, stdout } = await check()
    expect([code, stdout.includes('env_file gone.env: there is no such file')]).toEqual([0, true])
  })

  test('must not mistake a part that lies elsewhere for one that is missing', async () => {
    app.config(pageConfig('shop'))
    app.compose({ include: ['oci://registry.invalid/shop'], services: { other: page('one') } })
    expect(await check()).toMatchObject({ code: 0 })
  })
})
