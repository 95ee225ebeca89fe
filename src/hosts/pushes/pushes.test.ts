import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SYSTEM_CLOCK } from '../../cli/machine/clock.ts'
import { checkOut, ignoreHere, isTracked, tipOf } from './checkout.ts'
import { isAlive, ownEnvironment, startDetached } from './detach.ts'
import { follow } from './follow.ts'
import { isHeld, takeLock } from './lock.ts'

let folder: string
const env = { PATH: process.env['PATH'], HOME: '/nowhere' }
const at = (name: string): string => join(folder, name)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'belay-pushes-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await holds()) return
    await new Promise((done) => setTimeout(done, 25))
  }
  throw new Error('it never came to hold')
}

describe('a detached program', () => {
  const start = (script: string): number =>
    startDetached(['sh', '-c', script], { log: at('log'), env, directory: folder })

  it('is read along until its end is written down', async () => {
    const pid = start(`echo one; while [ ! -e go ]; do sleep 0.05; done; echo two; echo 4 >exit`)
    let text = ''
    const out = (bytes: Uint8Array): void => {
      text += Buffer.from(bytes).toString()
      if (text === 'one\n') writeFileSync(at('go'), '')
    }
    const code = await follow(
      { log: at('log'), ended: at('exit'), pid },
      { clock: SYSTEM_CLOCK, out },
    )
    expect([code, text]).toEqual([4, 'one\ntwo\n'])
  })
  it('that vanished has no code, and its last words are shown', async () => {
    const pid = start('echo last words; kill -KILL $$')
    let text = ''
    const out = (bytes: Uint8Array): void => void (text += Buffer.from(bytes).toString())
    const code = await follow(
      { log: at('log'), ended: at('exit'), pid },
      { clock: SYSTEM_CLOCK, out },
    )
    expect([code, text]).toEqual([undefined, 'last words\n'])
    await until(() => !isAlive(pid))
  })
  it('sees nothing of git and sshd, and leads a group of its own', async () => {
    const seen = ownEnvironment({ GIT_DIR: 'x', SSH_CLIENT: 'y', PATH: '/bin', HOME: '/h' })
    expect(seen).toEqual({ PATH: '/bin', HOME: '/h' })
    const pid = start('ps -o pgid= -p $$ >group')
    await until(() => existsSync(at('group')) && readFileSync(at('group'), 'utf8').trim() !== '')
    expect(Number(readFileSync(at('group'), 'utf8'))).toBe(pid)
  })
})

describe('the lock', () => {
  it('is held by one at a time, in turn', async () => {
    const told: string[] = []
    const first = await takeLock(at('lock'), { env, onBusy: () => told.push('first') })
    expect(await isHeld(at('lock'), env)).toBe(true)
    const second = takeLock(at('lock'), { env, onBusy: () => told.push('second') })
    await until(() => told.length > 0)
    first.release()
    const lock = await second
    expect(told).toEqual(['second'])
    lock.release()
    await until(async () => !(await isHeld(at('lock'), env)))
  })
  it('goes when its holder dies', async () => {
    const module = new URL('./lock.ts', import.meta.url)
    expect(readFileSync(module, 'utf8')).toContain('exec cat >/dev/null')
    const holder = startDetached(
      ['sh', '-c', `(exec sleep 60) | flock "${at('lock')}" sh -c 'echo held; exec cat'`],
      { log: at('log'), env, directory: folder },
    )
    await until(() => isHeld(at('lock'), env))
    process.kill(-holder, 'SIGKILL')
    await until(async () => !(await isHeld(at('lock'), env)))
  })
})

describe('a checkout', () => {
  const git = (where: string, ...words: readonly string[]): string => {
    const who = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com']
    return execFileSync('git', ['-C', where, ...who, ...words], { encoding: 'utf8' }).trim()
  }
  function commit(file: string, text: string): string {
    writeFileSync(join(at('work'), file), text)
    git(at('work'), 'add', '--all')
    git(at('work'), 'commit', '--quiet', '--message', file)
    git(at('work'), 'push', '--quiet', '--force', at('bare'), 'HEAD:refs/heads/main')
    return git(at('work'), 'rev-parse', 'HEAD')
  }
  const checkout = () => ({ repository: at('bare'), folder: at('tree'), env })
  beforeEach(() => {
    execFileSync('git', ['init', '--quiet', '--bare', at('bare')])
    execFileSync('git', ['init', '--quiet', '--initial-branch', 'main', at('work')])
  })

  it('is the pushed commit, and keeps what no commit knows', async () => {
    const first = commit('a', '1')
    await checkOut(checkout(), { branch: 'main', commit: first })
    expect(readFileSync(join(at('tree'), 'a'), 'utf8')).toBe('1')
    writeFileSync(join(at('tree'), 'data'), 'kept')
    writeFileSync(join(at('tree'), 'a'), 'changed by somebody')
    await ignoreHere(checkout(), 'data')
    await ignoreHere(checkout(), 'data')
    git(at('work'), 'rm', '--quiet', 'a')
    const second = commit('b', '2')
    await checkOut(checkout(), { branch: 'main', commit: second })
    expect(existsSync(join(at('tree'), 'a'))).toBe(false)
    expect(readFileSync(join(at('tree'), 'data'), 'utf8')).toBe('kept')
    expect(git(at('tree'), 'status', '--porcelain')).toBe('')
    expect(git(at('tree'), 'rev-parse', '--abbrev-ref', 'HEAD')).toBe('main')
    expect([await isTracked(checkout(), 'b'), await isTracked(checkout(), 'data')]).toEqual([
      true,
      false,
    ])
  })
  it('knows the tip of a branch, and that there is none', async () => {
    const tip = commit('a', '1')
    expect(await tipOf(checkout(), 'main')).toBe(tip)
    expect(await tipOf(checkout(), 'other')).toBeUndefined()
  })
  it('that git cannot make is a failure with its words', async () => {
    commit('a', '1')
    const missing = { branch: 'main', commit: '1'.repeat(40) }
    await expect(checkOut(checkout(), missing)).rejects.toMatchObject({ code: 'CHECKOUT_FAILED' })
  })
})
