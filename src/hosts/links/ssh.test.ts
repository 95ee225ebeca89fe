import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { HostAddress } from '../../config/app-config.ts'
import { SshLink } from './ssh.ts'

/**
 * Stands in for the OpenSSH client: notes how it was called; answers `-G`; else says what the test
 * wants said, or runs the command here.
 */
const FAKE_SSH = `#!/bin/sh
echo "$*" >>"$FAKE/calls"
case " $* " in
  *" -G "*) cat "$FAKE/settings"; exit 0 ;;
  *" -S "*) for last; do :; done; exec sh -c "$last" ;;
esac
[ ! -e "$FAKE/says" ] || { cat "$FAKE/says" >&2; exit "$(cat "$FAKE/code")"; }
for last; do :; done
exec sh -c "$last"
`

const address: HostAddress = { name: 'ann@a', kind: 'ssh', destination: 'a', user: 'ann' }
const scope = { app: 'shop', environment: 'production' }

let folder: string
let env: Record<string, string>
let link: SshLink

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'belay-fake-'))
  writeFileSync(join(folder, 'ssh'), FAKE_SSH)
  chmodSync(join(folder, 'ssh'), 0o755)
  const key = join(folder, 'id_ed25519')
  writeFileSync(key, '')
  writeFileSync(join(folder, 'settings'), `user root\nidentityfile ${key}\nidentityfile /none/x\n`)
  env = { PATH: `${folder}:/usr/bin:/bin`, FAKE: folder, HOME: folder }
})

afterEach(async () => {
  await link.close()
  rmSync(folder, { recursive: true, force: true })
})

function linkThatRuns(script: string, openTimeoutMs = 10_000): SshLink {
  const command = (): readonly string[] => ['sh', '-c', script]
  const kit = { command, bytes: Buffer.from('the kit\n') }
  link = new SshLink({ address, env, kit, openTimeoutMs })
  return link
}

function linkThatFails(says: string, code = 255): SshLink {
  writeFileSync(join(folder, 'says'), says)
  writeFileSync(join(folder, 'code'), String(code))
  return linkThatRuns('true')
}

const calls = (): string[] => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n')

async function failureOf(broken: SshLink) {
  return broken.open(scope).then(
    () => expect.unreachable(),
    (error: unknown) => error,
  )
}

describe('why there is no link', () => {
  test.each([
    ['ssh: Could not resolve hostname a: Name or service not known', 'HOST_UNREACHABLE'],
    ['ssh: connect to host a port 22: Connection refused', 'HOST_UNREACHABLE'],
    ['ssh: connect to host a port 22: Connection timed out', 'HOST_UNREACHABLE'],
    ['kex_exchange_identification: read: Connection reset by peer', 'HOST_UNREACHABLE'],
    [
      'No ED25519 host key is known for a and you have requested strict checking.',
      'HOST_KEY_UNKNOWN',
    ],
    ['@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @', 'HOST_KEY_CHANGED'],
    ['ann@a: Permission denied (publickey).', 'SSH_REFUSED'],
    ['command-line: line 0: Bad configuration option: foo', 'SSH_FAILED'],
  ])('%j must be the failure %s, with those words as evidence', async (says, code) => {
    const failure = await failureOf(linkThatFails(`${says}\n`))
    expect(failure).toMatchObject({
      code,
      exit: 'unavailable',
      evidence: expect.arrayContaining([says]),
    })
  })

  test('a refusal must name user, methods and the keys that were offered', async () => {
    const failure = await failureOf(linkThatFails('ann@a: Permission denied (publickey).\n'))
    expect(failure).toMatchObject({
      message: `ann@a does not let ann in (it accepts: publickey); offered: ${folder}/id_ed25519`,
    })
  })

  test('a refusal without any key must say how to name one', async () => {
    writeFileSync(join(folder, 'settings'), 'user root\nidentityfile /none/x\n')
    const failure = await failureOf(linkThatFails('ann@a: Permission denied (publickey).\n'))
    expect(failure).toMatchObject({
      message: expect.stringContaining('offered: no key at all'),
      hint: expect.stringContaining('IdentityFile'),
    })
  })

  test('a machine without ssh must be told so', async () => {
    rmSync(join(folder, 'ssh'))
    env['PATH'] = folder
    expect(await failureOf(linkThatRuns('true'))).toMatchObject({ code: 'SSH_MISSING' })
  })

  test('an account that runs no commands must be told so, with what it said', async () => {
    const broken = linkThatRuns('echo This account is currently not available.; exit 1')
    expect(await failureOf(broken)).toMatchObject({
      code: 'HOST_SHELL_UNUSABLE',
      evidence: ['This account is currently not available.'],
    })
  })

  test('a host that lets us in and then says nothing must be given up', async () => {
    expect(await failureOf(linkThatRuns('exec sleep 30', 300))).toMatchObject({
      code: 'HOST_UNREACHABLE',
      message: 'cannot reach ann@a: it let us in, but did not answer in time',
    })
  })

  test('an interrupt must end the attempt at once', async () => {
    const signal = AbortSignal.timeout(200)
    const opening = linkThatRuns('exec sleep 30').open(scope, signal)
    await expect(opening).rejects.toMatchObject({
      code: 'CONNECT_INTERRUPTED',
      exit: 'interrupted',
    })
  })
})

describe('the link', () => {
  test('the session must be what the command says, the kit sent when asked for', async () => {
    const opened = linkThatRuns(
      'echo hello; echo need-kit; read -r kit; echo "0 | $kit"; echo "0 . 0"; exec cat',
    )
    const session = await opened.open(scope)
    expect(await session.opening).toEqual({ code: 0, lines: ['the kit'] })
    expect(session.noise).toEqual(['hello'])
  })

  test('programs beside the session must go over its socket, quoted', async () => {
    await linkThatRuns('echo "0 . 0"; exec cat').open(scope)
    const ended = await link.run(['printf', '%s|', 'a b', "it's", '$HOME'], { timeoutMs: 5000 })
    expect(ended).toMatchObject({ code: 0, stdout: "a b|it's|$HOME|" })
    const [master = '', side = ''] = calls()
    const socket = /ControlPath=(\S+)/.exec(master)?.[1]
    expect(socket?.length).toBeLessThan(60)
    expect(side).toContain(`-F /dev/null -S ${socket} `)
  })

  test('forwards must be asked of ssh once each', async () => {
    await linkThatRuns('echo "0 . 0"; exec cat').open(scope)
    // The played ssh runs its last word; a forward's is a name that must not be a program here.
    writeFileSync(join(folder, 'belay'), '#!/bin/sh\nexit 0\n', { mode: 0o755 })
    const target = { kind: 'port', port: 8000 } as const
    const [one, two] = await Promise.all([link.wayTo(target), link.wayTo(target)])
    expect(one).toBe(two)
    await link.wayTo({ kind: 'socket', path: '/var/lib/belay/proxy/run/probe.sock' })
    const forwards = calls().filter((call) => call.includes('-O forward'))
    expect(forwards.map((call) => call.replace(/.* -L \S+\.sock:/, ''))).toEqual([
      '127.0.0.1:8000 belay',
      '/var/lib/belay/proxy/run/probe.sock belay',
    ])
  })

  test('what ssh says about a connection it could not pass on must be understood', async () => {
    const script = `echo "0 . 0"
      echo 'channel 2: open failed: connect failed: Connection refused' >&2
      echo 'channel 2: open failed: administratively prohibited: open failed' >&2
      exec cat`
    await linkThatRuns(script).open(scope)
    const target = { kind: 'port', port: 1 } as const
    await expect.poll(() => link.lastWords().length).toBe(2)
    expect(await link.whyClosed(target)).toBe('refused')
    expect(await link.whyClosed(target)).toBe('forbidden')
    expect(await link.whyClosed(target)).toBe('unknown')
  })

  test('closing must end ssh and leave nothing behind', async () => {
    const session = await linkThatRuns('echo "0 . 0"; exec cat').open(scope)
    const socketFolder = /ControlPath=(\S+)\/m/.exec(calls()[0]!)?.[1]
    expect(existsSync(socketFolder!)).toBe(true)
    const begun = performance.now()
    await link.close()
    expect(performance.now() - begun).toBeLessThan(1500)
    expect(existsSync(socketFolder!)).toBe(false)
    expect(session.isBroken).toBe(true)
  })

  test('opening again must begin anew', async () => {
    const first = await linkThatRuns('echo "0 . 0"; exec cat').open(scope)
    const second = await link.open(scope)
    expect([first.isBroken, second.isBroken]).toEqual([true, false])
  })
})
