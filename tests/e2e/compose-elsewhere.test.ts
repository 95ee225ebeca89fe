import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Host } from '../../src/hosts/host.ts'
import { hostAt } from '../../src/hosts/host-at.ts'
import { ownWorkstation } from '../../src/hosts/own-workstation/own-workstation.ts'
import type { ComposeConfigRequest } from '../../src/hosts/workstation.ts'
import { Lab } from '../lab/lab.ts'
import { CORPUS } from '../render/scene.ts'

/** The model that a host makes of the user's files must be the one that would be made here. */

const HOME = '/home/nobody here'
const NO_DOCKER = '/nowhere'

let lab: Lab
let host: Host
/** Of the same server, but with a state folder of its own below a home. */
let plain: Host
const folders: string[] = []

beforeAll(async () => {
  lab = await Lab.up({ servers: 1 })
  await lab.clean()
  host = await connected(lab.server(1).sshHost)
  plain = await connected(`${lab.server(1).sshHost}-deploy`)
})
afterAll(async () => {
  for (const each of [host, plain]) await each.close()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

async function connected(name: string): Promise<Host> {
  const reach = { env: { ...process.env }, sshConfig: lab.sshConfig }
  const link = hostAt({ name, kind: 'ssh', destination: name }, reach)
  await link.connect({ app: 'elsewhere', environment: 'production' })
  return link
}

function folderOf(): string {
  const folder = mkdtempSync(join(tmpdir(), 'belay e2e elsewhere-'))
  folders.push(folder)
  return folder
}

function copyOf(name: string): string {
  const folder = folderOf()
  cpSync(join(CORPUS, name), folder, { recursive: true })
  return folder
}

function given(files: Readonly<Record<string, string>>): string {
  const folder = folderOf()
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

type Over = Partial<ComposeConfigRequest> & {
  readonly env?: Readonly<Record<string, string>>
  readonly by?: Host
}

/** The model, or what compose refuses, and what it warns of: as read here, and as read there. */
async function both(directory: string, { env = {}, by = host, ...over }: Over = {}) {
  const own = { HOME, PWD: directory, ...env }
  const read = async (path: string | undefined) => {
    const warnings = new Set<string>()
    const onWarning = (text: string) => void warnings.add(text)
    const elsewhere = by.composeConfig.bind(by)
    const request = { directory, profiles: [], project: 'shop', values: {}, onWarning, elsewhere }
    const files = over.files ?? ['compose.yaml']
    const absolute = files.map((file) => join(directory, file))
    const here = ownWorkstation({ env: { ...own, PATH: path } })
    const made = here.composeConfig({ ...request, ...over, files: absolute })
    const model = await made.catch((error: Error) => error.message)
    return { model, warnings: [...warnings].toSorted() }
  }
  return { here: await read(process.env['PATH']), there: await read(NO_DOCKER) }
}

const OVER: Readonly<Record<string, Over>> = {
  layered: {
    files: ['compose.yaml', 'compose.production.yaml'],
    envFile: 'production.env',
    values: { WHO: 'wide world', FROM_FILE: 'a # b', QUOTED: '$not interpolated' },
  },
  profiles: { profiles: ['*'] },
  'secrets-configs': { values: { SESSION_KEY: 'key-$of "session' } },
}

describe('what a host reads', () => {
  test.each(readdirSync(CORPUS))('must be what is read here: %s', async (name) => {
    const { here, there } = await both(copyOf(name), OVER[name])
    expect(there).toEqual(here)
    expect(typeof here.model).toBe('object')
  })

  test('must be the same of files that name others, from folder to folder', async () => {
    const folder = given({
      'compose.yaml': `
include:
  - more/compose.yaml
  - { path: [third/a.yaml, third/b.yaml], project_directory: ., env_file: third.env }
x-common: &common { env_file: [web.env, { path: gone.env, required: false }] }
services:
  web:
    <<: *common
    extends: { file: base/base.yaml, service: app }
    build: { context: ./ctx, additional_contexts: { docs: ./docs, gone: ./nothing } }
    volumes:
      - ./data:/data
      - ../beside:/beside
      - ~/own:/own
      - "\${HOME}/home:/home"
      - "\${PWD}/pwd:/pwd"
      - /var/run/docker.sock:/var/run/docker.sock
      - "\${CI_PROJECT_DIR:-.}/src:/src"
  far: { build: "https://example.com/x.git#main", image: far }
  absent: { build: ./nothing }
secrets: { token: { file: ./token.txt } }
configs: { settings: { file: ./settings/app.toml } }
volumes: { bound: { driver_opts: { type: none, o: bind, device: "\${PWD}/bound" } } }
`,
      'web.env': 'FROM_WEB=1\nPASSED\nFILLED=${PASSED}-$FROM_WEB\n',
      'base/base.yaml': `
services:
  app: { extends: { file: ../deeper/deep.yaml, service: app }, env_file: base.env, volumes: ["./b:/b"] }
`,
      'base/base.env': 'FROM_BASE=1\n',
      'deeper/deep.yaml': 'services: { app: { image: "app:${TAG}", build: . } }',
      'more/compose.yaml': `
services:
  more: { image: "more:\${OF_MORE}", env_file: more.env, volumes: ["./m:/m"] }
`,
      'more/.env': 'OF_MORE=7\n',
      'more/more.env': 'FROM_MORE=1\n',
      'third/a.yaml': 'services: { third: { image: "third:${OF_THIRD}", volumes: ["./t:/t"] } }',
      'third/b.yaml': 'services: { third: { environment: [PASSED] } }',
      'third.env': 'OF_THIRD=3\n',
      'ctx/Dockerfile': 'FROM x\n',
      'docs/index.md': 'x\n',
      'token.txt': 'x\n',
    })
    const env = { TAG: 'v7', PASSED: 'on', CI_PROJECT_DIR: folder }
    const { here, there } = await both(folder, { env })
    expect(there).toEqual(here)
    expect(here.model).toMatchObject({
      services: {
        more: { image: 'more:7', environment: { FROM_MORE: '1' } },
        third: { image: 'third:3', environment: { PASSED: 'on' } },
        web: { image: 'app:v7', environment: { FROM_BASE: '1', FILLED: 'on-1', PASSED: 'on' } },
      },
    })
  })

  test('must be the same whatever the values, wherever they come from', async () => {
    const nasty = `it's "x" $HOME \${no} \`id\` \\n \t#é☃\nsecond line `
    const names = ['NASTY', 'OWN', 'EMPTY', 'UID', 'PATH_LIKE', 'IFS']
    const folder = given({
      'compose.yaml': JSON.stringify({
        services: {
          web: {
            image: 'x',
            environment: {
              ...Object.fromEntries(names.map((name) => [name, null])),
              LEFT: '${LEFT-x}',
            },
            command: names.map((name) => `\${${name}}`),
          },
        },
      }),
    })
    const env = {
      NASTY: nasty,
      EMPTY: '',
      UID: '1000',
      PATH_LIKE: '/a:/b',
      IFS: 'x',
      OWN: 'caller',
    }
    const { here, there } = await both(folder, { env, values: { OWN: nasty } })
    expect(there).toEqual(here)
    expect(JSON.stringify(here.model)).toContain('second line')
  })

  test('must be the same for a user of the server who is not root', async () => {
    const { here, there } = await both(copyOf('django'), { by: plain })
    expect(there).toEqual(here)
    expect(typeof here.model).toBe('object')
  })

  test('must be the same with an env file', async () => {
    const folder = given({
      'compose.yaml': 'services: { web: { image: "x:${TAG}", environment: [A, B] } }',
      'production.env': 'TAG=v9\nA=1\nB=${A}$CALLER\n',
    })
    const values = { TAG: 'v9', A: '1', B: '1x' }
    const envFile = join(folder, 'production.env')
    const { here, there } = await both(folder, { env: { CALLER: 'x' }, envFile, values })
    expect(there).toEqual(here)
  })

  test.each([
    'services: { web: { imag: x } }',
    'services:\n  web: { image: x, ports: [x] }',
    'services:\n  web:\n    image: [',
    'services: { web: { image: x, env_file: gone.env } }',
    'services: { web: { image: x, extends: { file: gone.yaml, service: y } } }',
    'services: { web: { image: x, depends_on: [y] } }',
    'services: { web: { image: "${GONE:?must be set}" } }',
    'include: [gone.yaml]\nservices: { web: { image: x } }',
    'services: { web: { image: "x:${GONE}" } }',
  ])('must be refused, and warned of, in the same words: %s', async (text) => {
    const { here, there } = await both(given({ 'compose.yaml': text }))
    expect(there).toEqual(here)
    expect(typeof here.model === 'string' || here.warnings.length > 0).toBe(true)
  })
})

test('nothing of it may stay on the host', async () => {
  for (const root of ['/var/lib/belay', '/home/deploy/.local/state/belay']) {
    const found = await lab.server(1).sh(`find ${root}/elsewhere -type d -name compose`)
    expect(found.trim()).toBe('')
  }
})
