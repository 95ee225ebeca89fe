import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { must } from '../../lab/command.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import { type App, type Env, failures, freshLab, page, pageApp, pageConfig } from './scenario.ts'
import { world } from './server-state.ts'

let lab: Lab
let server: Server
let app: App

// `one` serves all along; nothing that follows may touch it.
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

interface Refusal {
  readonly exit: number
  readonly code: string
  /** What the message must have in it, whole, for a person. */
  readonly says: string | RegExp
  readonly env?: Env
}

/** The deployment must be refused so, by an event and in words, and nothing may have changed. */
async function refused({ exit, code, says, env = {} }: Refusal): Promise<void> {
  const before = await world(server)
  const ran = await app.with(env, 'deploy', '--yes', '--json')
  const [trouble] = ran.events.filter((event) => event.type === 'failed')
  expect([ran.code, failures(ran)]).toEqual([exit, [code]])
  const { message = '', evidence = [], hint = '' } = trouble ?? {}
  expect([message, ...evidence, hint].join('\n')).toMatch(says)
  expect(hint).not.toBe('')
  expect(ran.stderr).toBe('')
  expect(await world(server)).toBe(before)
}

const config = (extra: string, name = 'shop') => `app: ${name}\nhosts: [lab1]\n${extra}`

describe('a file with a mistake must be refused with its place', () => {
  test.each([
    ['broken YAML', config('keep: [1'), /belay\.yaml:\d+:\d+/],
    [
      'an unknown key',
      config('kep: 4'),
      /belay\.yaml:3:1 .*unknown key "kep"; did you mean "keep"/,
    ],
    ['a key that stands twice', config('keep: 4\nkeep: 5'), /belay\.yaml:4:1 .*set twice/],
    ['a name with a space', config('', 'my shop'), /belay\.yaml:1:6 .*my shop/],
    ['a name with a newline', config('', '"a\\nb"'), /belay\.yaml:1:6/],
    ['a name with a leading dash', config('', '-rf'), /belay\.yaml:1:6/],
    ['a host with a leading dash', 'app: shop\nhosts: ["-oProxyCommand=x"]', /belay\.yaml:2:9/],
  ])('%s', async (_, text, says) => {
    app.config(text)
    await refused({ exit: 2, code: 'CONFIG_INVALID', says })
  })

  test('no belay.yaml at all', async () => {
    rmSync(join(app.folder, 'belay.yaml'))
    await refused({ exit: 2, code: 'CONFIG_MISSING', says: /There is no belay\.yaml in/ })
  })

  test('a service that compose does not know', async () => {
    app.config(pageConfig('shop', { smoke: [{ tcp: { service: 'cache', port: 6379 } }] }))
    await refused({ exit: 2, code: 'COMPOSE_UNSUPPORTED', says: /compose has no service cache/ })
  })

  test('a compose file that compose refuses', async () => {
    app.compose('services:\n  web:\n    image: busybox:stable\n    portz: [80]\n')
    await refused({ exit: 2, code: 'COMPOSE_INVALID', says: /compose\.yaml:4.*portz/s })
  })

  test('a service with a space in its name', async () => {
    app.compose({ services: { web: page('two'), 'my worker': page('x') } })
    await refused({ exit: 2, code: 'COMPOSE_INVALID', says: /my worker/ })
  })
})

describe('values that are not there must be named, all of them', () => {
  test('a required variable that is missing, and one that is empty', async () => {
    app.write('.env.production', 'EMPTY=\n')
    const env = { file: '.env.production', required: ['EMPTY', 'MISSING'] }
    app.config(pageConfig('shop', { env }))
    const says = /^Required variables have no value: EMPTY \(empty\), MISSING$/m
    await refused({ exit: 2, code: 'ENV_MISSING', says })
  })

  test('an env file', async () => {
    app.write('.env.prod', 'A=1\n').config(pageConfig('shop', { env: { file: '.env.production' } }))
    await refused({
      exit: 2,
      code: 'ENV_FILE_MISSING',
      says: /\.env\.production is missing.*\.env\.prod/s,
    })
  })

  test('a variable of belay.yaml itself', async () => {
    app.config(config('smoke: [{ http: { path: "/${SMOKE_PATH}" } }]'))
    await refused({ exit: 2, code: 'CONFIG_INVALID', says: /belay\.yaml:3.*SMOKE_PATH/s })
  })
})

describe('a server that does not let us in must be told as what it is', () => {
  /** The lab's ssh_config with lines that win over it. */
  function sshWith(...lines: readonly string[]): Env {
    const entry = `Host lab1\n${lines.map((line) => `  ${line}\n`).join('')}\n`
    app.write('ssh_config', entry + readFileSync(lab.sshConfig, 'utf8'))
    return { BELAY_SSH_CONFIG: join(app.folder, 'ssh_config') }
  }

  const otherKey = async (): Promise<string> => {
    const file = join(app.folder, 'other')
    await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', file])
    return file
  }

  test('one that nobody answers for', async () => {
    const env = sshWith('Port 1')
    await refused({ exit: 3, code: 'HOST_UNREACHABLE', says: /lab1/, env })
  })

  test('a user whom it does not know', async () => {
    const env = sshWith('User nobody-here')
    await refused({ exit: 3, code: 'SSH_REFUSED', says: /lab1 does not let nobody-here in/, env })
  })

  test('a key that it does not know', async () => {
    const env = sshWith(`IdentityFile ${await otherKey()}`)
    app.write(
      'ssh_config',
      readFileSync(join(app.folder, 'ssh_config'), 'utf8').replace(/IdentityFile ".*"/g, ''),
    )
    await refused({ exit: 3, code: 'SSH_REFUSED', says: /lab1 does not let root in/, env })
  })

  test('a host key that is not known yet', async () => {
    const env = sshWith(`UserKnownHostsFile ${join(app.folder, 'known_hosts')}`)
    await refused({ exit: 3, code: 'HOST_KEY_UNKNOWN', says: /belay host trust/, env })
  })

  test('a host key that changed', async () => {
    const [type = '', key = ''] = readFileSync(`${await otherKey()}.pub`, 'utf8').split(' ')
    app.write('known_hosts', `lab1 ${type} ${key}\n`)
    const env = sshWith(`UserKnownHostsFile ${join(app.folder, 'known_hosts')}`)
    await refused({ exit: 3, code: 'HOST_KEY_CHANGED', says: /lab1/, env })
  })
})
