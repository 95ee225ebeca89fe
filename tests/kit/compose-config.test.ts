import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ComposeParcel } from '../../src/hosts/host.ts'
import { composeConfigPayload, readComposeConfig } from '../../src/hosts/wire/compose-config.ts'
import { Rig, SHELLS } from './rig.ts'

const soon = { timeout: 20_000, interval: 50 }
const bytes = (text: string) => new TextEncoder().encode(text)

const PARCEL: ComposeParcel = {
  project: 'shop',
  files: ['/home/ann/my app/compose.yaml', "/home/ann/my app/it's.yaml"],
  profiles: ['web'],
  contents: [{ path: '/home/ann/my app/compose.yaml', content: bytes('the file\n') }],
  folders: ['/home/ann/my app/context'],
  values: { TOKEN: 'it\'s $HOME `id` "x"\ntwo', EMPTY: '' },
  home: "/home/ann's",
}

describe.each(SHELLS)('compose files of another machine, read under %s', (shell) => {
  let rig: Rig
  beforeEach(() => {
    rig = new Rig(shell)
  })
  afterEach(() => rig.close())

  const read = (env: Record<string, string> = {}) =>
    rig.once(['compose-config'], { payload: composeConfigPayload(PARCEL), env })

  test('compose must get the files, the words and the values, and nothing of the host', async () => {
    const answer = await read({ SECRET_OF_HOST: 'x', DOCKER_HOST: 'tcp://nowhere' })
    expect(answer.code).toBe(0)
    const [asked = ''] = rig.asked
    const folder = /--env-file (\S+)\/values\.env/.exec(asked)?.[1] ?? ''
    expect(asked.replaceAll(folder, 'AT')).toBe(
      'compose --ansi never --env-file AT/values.env --project-name shop ' +
        "-f AT/root/home/ann/my app/compose.yaml -f AT/root/home/ann/my app/it's.yaml " +
        '--profile web config --format json',
    )
    expect(rig.dockerSays('config.files').split('\n').toSorted()).toEqual([
      './home/ann/my app/context',
      'the file',
    ])
    expect(rig.dockerSays('values.env')).toBe('TOKEN="it\'s \\$HOME `id` \\"x\\"\\ntwo"\nEMPTY=""')
    const env = rig.dockerSays('config.env').split('\n')
    const own = env.filter((line) => !/^(PATH|PWD|OLDPWD|SHLVL|_)=/.test(line)).toSorted()
    expect(own).toEqual([`DOCKER_CONFIG=${rig.folder}/.docker`, "HOME=/home/ann's"])
  })

  test('what it says must come back with the paths of the other machine', async () => {
    const { lines } = await read()
    expect(readComposeConfig(lines)).toEqual({
      code: 0,
      stdout: '{"at":"/home/ann/data"}',
      stderr: 'time="x" level=warning msg="in /home/ann"\n',
    })
    rig.dockerHas('config-exit', '15')
    expect(readComposeConfig((await read()).lines)).toMatchObject({ code: 15 })
  })

  test('all of it must be closed to others while it lasts, and gone afterwards', async () => {
    await read()
    expect(rig.dockerSays('config.modes')).toBe('700 .\n600 values.env')
    expect(readdirSync(join(rig.state, 'work'))).toEqual([])
  })

  test('in a session nothing of it may stay until the next request', async () => {
    const { session, child } = rig.session()
    const payload = composeConfigPayload(PARCEL)
    await session.opening
    const { lines } = await session.request({
      verb: 'compose-config',
      words: [],
      payload,
      timeoutMs: 10_000,
    })
    expect(readComposeConfig(lines).code).toBe(0)
    const work = join(rig.state, 'work', String(child.pid))
    expect(existsSync(join(work, 'compose'))).toBe(false)
    expect(rig.read(`work/${child.pid}/payload`)).toBe('')
    await expect.poll(() => rig.read(`work/${child.pid}/output`), soon).toBe('')
    child.stdin?.end()
  })

  test('what a crash left behind must go with the next reading, and with the next lease', async () => {
    for (const next of [read, () => rig.acquire()]) {
      const folder = await crashed()
      expect(existsSync(join(folder, 'compose/values.env'))).toBe(true)
      await next()
      expect(existsSync(folder)).toBe(false)
    }
  })

  /** A session that was killed while compose ran; resolves to what it had for itself. */
  async function crashed(): Promise<string> {
    rig.dockerHas('config-hangs')
    const { session, child } = rig.session()
    await session.opening
    const payload = composeConfigPayload(PARCEL)
    const asked = session.request({ verb: 'compose-config', words: [], payload, timeoutMs: 10_000 })
    asked.catch(() => undefined)
    await expect.poll(() => existsSync(join(rig.docker, 'config-began')), soon).toBe(true)
    const ended = new Promise((resolve) => child.once('close', resolve))
    process.kill(-child.pid!, 'SIGKILL')
    await ended
    for (const name of ['config-hangs', 'config-began']) rmSync(join(rig.docker, name))
    return join(rig.state, 'work', String(child.pid))
  }

  test('a parcel that is damaged must be refused as such', async () => {
    const answer = await rig.once(['compose-config'], { payload: 'no tar' })
    expect(answer.code).toBe(75)
    expect(answer.lines.at(-1)).toMatch(/^cannot unpack the compose files into /)
  })
})
