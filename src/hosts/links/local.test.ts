import { afterEach, describe, expect, test } from 'vitest'
import { LocalLink } from './local.ts'

const scope = { app: 'shop', environment: 'production' }

let link: LocalLink
afterEach(() => link.close())

function linkThatRuns(script: string, openTimeoutMs = 10_000): LocalLink {
  const kit = {
    command: () => ['sh', '-c', script, 'belay'],
    bytes: Buffer.from('the kit\n'),
  }
  const env = { PATH: '/usr/bin:/bin', USER: 'ann' }
  link = new LocalLink({ name: 'local', env, kit, openTimeoutMs })
  return link
}

describe('this machine as a host', () => {
  test('the session must be the shell itself', async () => {
    const session = await linkThatRuns(
      'echo need-kit; read -r k; echo "0 | $k"; echo "0 . 0"; cat',
    ).open(scope)
    expect(await session.opening).toEqual({ code: 0, lines: ['the kit'] })
  })

  test('programs must run as they are, and addresses be what they are', async () => {
    await linkThatRuns('echo "0 . 0"; exec cat').open(scope)
    const ended = await link.run(['printf', '%s', 'a b'], { timeoutMs: 5000 })
    expect(ended).toMatchObject({ code: 0, stdout: 'a b' })
    expect(await link.wayTo({ kind: 'port', port: 80 })).toEqual({
      host: '127.0.0.1',
      port: 80,
      isForward: false,
    })
    expect(await link.wayTo({ kind: 'socket', path: '/x' })).toEqual({
      path: '/x',
      isForward: false,
    })
  })

  test('a shell that ends must be told, with what it said', async () => {
    const opening = linkThatRuns('echo no room; echo disk full >&2; exit 1').open(scope)
    await expect(opening).rejects.toMatchObject({
      code: 'HOST_SHELL_UNUSABLE',
      evidence: ['no room', 'disk full'],
    })
  })

  test('a shell that says nothing must be given up', async () => {
    const opening = linkThatRuns('exec sleep 20', 200).open(scope)
    await expect(opening).rejects.toMatchObject({ code: 'HOST_UNREACHABLE' })
  })

  test('an interrupt must end the attempt at once', async () => {
    const opening = linkThatRuns('exec sleep 20').open(scope, AbortSignal.timeout(100))
    await expect(opening).rejects.toMatchObject({ code: 'CONNECT_INTERRUPTED' })
  })

  test('closing must end the shell by the end of its input', async () => {
    const session = await linkThatRuns('echo "0 . 0"; exec cat').open(scope)
    await link.close()
    expect(session.isBroken).toBe(true)
  })
})
