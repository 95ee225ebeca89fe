import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { must } from '../../lab/command.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import { App, type Env, freshLab, IMAGES, page, pageConfig, type Ran, visit } from './scenario.ts'
import { running } from './server-state.ts'

// What shells, YAML, env files and JSON each understand in their own way.
const VALUES: Readonly<Record<string, string>> = {
  DOLLAR: 'a$b$$c${d}$(id)`id`',
  HASH: 'a#b # no comment',
  APOSTROPHE: "it's, isn't it",
  QUOTES: `it's "quoted" \\ and \\n stays`,
  LINES: 'one\ntwo\r\n\n\tfour\n',
  UNICODE: 'grüße 🚀 \u00a0 漢字',
  DASH: '-rf --yes -',
  SPACES: '  around  ',
  JSON: '{"a": [1, "b"], "c": null}',
  EQUALS: '=a=b;&|<>*?~!%',
}
const FOLDER = '-it\'s a "földer" $HOME'
const MOUNTED = './-conf $x/grüße #1.txt'
const CONTENT = Buffer.from('bytes \0 \xff "$x"\r\n', 'latin1')

let lab: Lab
let server: Server
let app: App
let ran: Ran

/** As compose reads it between single quotes: only the quote itself is written otherwise. */
const quoted = (value: string) => `'${value.replaceAll("'", "\\'")}'`
const named = (prefix: string) => Object.keys(VALUES).map((name) => `${prefix}_${name}`)
const valuesOf = (prefix: string) =>
  Object.fromEntries(Object.entries(VALUES).map(([name, value]) => [`${prefix}_${name}`, value]))

// One deployment of everything that is odd at once, from a folder with an odd name.
beforeAll(async () => {
  lab = await freshLab(IMAGES)
  server = lab.server(1)
  app = new App(lab, 'odd')
  const inFile = Object.entries(valuesOf('FILE')).filter(([, value]) => !value.includes('\\'))
  app.write('.env.production', inFile.map(([name, value]) => `${name}=${quoted(value)}\n`).join(''))
  const literal = Object.entries(valuesOf('LITERAL')).map(([name, value]) => [
    name,
    value.replaceAll('$', '$$$$'),
  ])
  const passed = [...inFile.map(([name]) => name), ...named('CALLER')]
  const environment = {
    TEXT: 'odd',
    ...Object.fromEntries(literal),
    ...Object.fromEntries(passed.map((name) => [name, `\${${name}}`])),
  }
  app.write(MOUNTED, CONTENT)
  const web = page('odd', {
    environment,
    volumes: [`${MOUNTED.replaceAll('$', '$$$$')}:/etc/odd file:ro`],
  })
  app.compose({ services: { 'Web_1.x': web } })
  const routes = [{ domain: '*', port: 8000 }]
  const services = { 'Web_1.x': { routes, health: '/', 'start-timeout': '10s', drain: '2s' } }
  const env = { file: '.env.production', required: named('CALLER') }
  app.config(pageConfig('odd', { services, env }))
  ran = await deployFrom(FOLDER, valuesOf('CALLER'))
})
afterAll(() => app.remove())

/** Moves all of the app into a folder of this name, and deploys from there. */
async function deployFrom(name: string, env: Env): Promise<Ran> {
  const inner = join(app.folder, name)
  mkdirSync(inner)
  for (const file of ['.env.production', 'compose.yaml', 'belay.yaml', '-conf $x']) {
    renameSync(join(app.folder, file), join(inner, file))
  }
  await must(['git', '-C', inner, 'init', '--quiet'])
  await must(['git', '-C', inner, 'add', '--all'])
  return app.with(env, 'deploy', '--yes', '--json', `-C${name}`)
}

test('names, folders and values that are odd must not stop a deployment', async () => {
  expect(ran).toMatchObject({ code: 0, stderr: '' })
  expect(await visit(server)).toBe('200 odd')
})

test.each(['LITERAL', 'CALLER', 'FILE'])(
  'values must arrive in the container byte for byte: %s',
  async (from) => {
    const found = await environment()
    for (const [name, value] of Object.entries(valuesOf(from))) {
      // What compose cannot write between single quotes was left out of the file.
      if (from === 'FILE' && value.includes('\\')) continue
      expect([name, found.get(name)]).toEqual([name, value])
    }
  },
)

async function environment(): Promise<ReadonlyMap<string, string>> {
  const [name = ''] = await running(server)
  const base64 = await server.sh(`docker exec ${name} base64 /proc/1/environ`)
  const entries = Buffer.from(base64, 'base64').toString('utf8').split('\0')
  return new Map(
    entries.map((entry) => [
      entry.slice(0, entry.indexOf('=')),
      entry.slice(entry.indexOf('=') + 1),
    ]),
  )
}

test('a mounted file must arrive byte for byte, whatever it and its folder are called', async () => {
  const [name = ''] = await running(server)
  const base64 = await server.sh(`docker exec ${name} base64 '/etc/odd file'`)
  expect(Buffer.from(base64, 'base64')).toEqual(CONTENT)
})
