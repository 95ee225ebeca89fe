import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readLook } from '../../operations/hook/server.ts'
import hookScript from './hook.sh'
import { placesIn, readInstalled, writeInstalled } from './installed.ts'
import onlyPush from './only-push.sh'
import script from './server.sh'

let home: string
let repository: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'belay-hook-'))
  repository = join(home, 'belay/shop/production.git')
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

function server(verb: string, words: readonly string[] = [], input = '') {
  const argv = ['-c', script as string, 'belay', verb, '~/belay/shop/production.git', ...words]
  const env = { HOME: home, PATH: process.env['PATH'] }
  return spawnSync('dash', argv, { env, input, encoding: 'utf8' })
}

const ask = (verb: string, words: readonly string[] = [], input = ''): string => {
  const { status, stdout, stderr } = server(verb, words, input)
  if (status !== 0) throw new Error(stderr)
  return stdout.trim()
}

const HOOK = {
  format: 1,
  kind: 'git-push',
  app: 'shop',
  environment: 'production',
  branch: 'main',
  host: 'a',
  folder: '',
  file: 'belay.yaml',
  busy: 'wait',
  version: '1',
  program: 'abc',
} as const

function installed(): void {
  ask('create', ['main', process.execPath])
  ask('put', ['belay/belay-abc.mjs', '600'], 'program')
  ask('use', ['abc'])
  ask('put', ['belay/hook.json', '600'], writeInstalled(HOOK))
}

const authorized = (): string => readFileSync(join(home, '.ssh/authorized_keys'), 'utf8')

describe('on the server', () => {
  it('looks at a place where nothing is', () => {
    const look = readLook(ask('look'))
    expect(look).toMatchObject({ repository, state: 'absent', keys: 0, isBusy: false, pushes: [] })
    expect(look.programs).toEqual(['git', 'flock'])
    expect(look.node?.version).toMatch(/^v\d+\./)
    expect(existsSync(join(home, 'belay'))).toBe(false)
  })
  it('knows its own repository, and that of somebody else', () => {
    spawnSync('git', ['init', '--quiet', '--bare', repository])
    expect(readLook(ask('look')).state).toBe('foreign')
    rmSync(repository, { recursive: true })
    installed()
    const look = readLook(ask('look'))
    expect(look.state).toBe('ours')
    expect(readInstalled(look.settings ?? '')).toEqual(HOOK)
    expect(statSync(repository).mode & 0o77).toBe(0)
    expect(readFileSync(join(repository, 'HEAD'), 'utf8')).toBe('ref: refs/heads/main\n')
  })
  it('keeps one program, the one that is used', () => {
    installed()
    expect([ask('has', ['abc']), ask('has', ['def'])]).toEqual(['yes', 'no'])
    ask('put', ['belay/belay-def.mjs', '600'], 'newer')
    ask('use', ['def'])
    expect(ask('has', ['abc'])).toBe('no')
    expect(readFileSync(placesIn(repository).program, 'utf8')).toBe('newer')
  })
  it('adds a key once, after a file that does not end its last line', () => {
    installed()
    mkdirSync(join(home, '.ssh'))
    writeFileSync(join(home, '.ssh/authorized_keys'), 'ssh-ed25519 AAAA ann')
    expect(ask('allow', [], 'ssh-ed25519 BBBB bob\n')).toBe('added')
    expect(ask('allow', [], 'ssh-ed25519 BBBB bob\n')).toBe('there')
    expect(ask('allow', [], 'ssh-ed25519 AAAA ann\n')).toBe('there')
    expect(authorized().split('\n')).toEqual([
      'ssh-ed25519 AAAA ann',
      `restrict,command="${repository}/belay/only-push" ssh-ed25519 BBBB belay:${repository}`,
      '',
    ])
    expect(readLook(ask('look')).keys).toBe(1)
  })
  it('removes what it made and nothing else, unless a push is being deployed', () => {
    installed()
    mkdirSync(join(home, '.ssh'))
    writeFileSync(join(home, '.ssh/authorized_keys'), 'ssh-ed25519 AAAA ann\n')
    ask('allow', [], 'ssh-ed25519 BBBB bob\n')
    writeFileSync(placesIn(repository).values, 'A=b\n')
    expect(readLook(ask('look')).values).toMatch(/^6/)
    const line = `flock "$1" "$2" -c '${(script as string).replaceAll("'", `'"'"'`)}' belay remove "$3"`
    const held = spawnSync(
      'dash',
      ['-c', line, 'x', placesIn(repository).lock, 'dash', repository],
      {
        env: { HOME: home, PATH: process.env['PATH'] },
        encoding: 'utf8',
      },
    )
    expect(held.stdout.trim()).toBe('busy')
    expect(existsSync(repository)).toBe(true)
    expect(ask('remove')).toBe('removed')
    expect(existsSync(repository)).toBe(false)
    expect(authorized()).toBe('ssh-ed25519 AAAA ann\n')
    expect(existsSync(placesIn(repository).values)).toBe(true)
    expect(server('remove').status).not.toBe(0)
  })
  it('lists the last pushes with their ends', () => {
    installed()
    const { logs } = placesIn(repository)
    for (const [name, end] of [
      ['20260101T000000-aaaaaaaa', '0'],
      ['20260102T000000-bbbbbbbb', ''],
    ]) {
      writeFileSync(join(logs, `${name}.log`), '')
      if (end !== '') writeFileSync(join(logs, `${name}.exit`), `${end}\n`)
    }
    expect(readLook(ask('look')).pushes).toEqual([
      { log: '20260101T000000-aaaaaaaa.log', ended: '0' },
      { log: '20260102T000000-bbbbbbbb.log', ended: '-' },
    ])
  })
})

describe('a hook', () => {
  const run = (name: string): { status: number | null; stdout: string; stderr: string } => {
    const file = join(repository, 'hooks', name)
    mkdirSync(join(file, '..'), { recursive: true })
    writeFileSync(file, hookScript as string)
    chmodSync(file, 0o755)
    return spawnSync(file, [], { cwd: repository, encoding: 'utf8', input: '' })
  }
  it('hands on its own name and place', () => {
    installed()
    writeFileSync(placesIn(repository).program, 'console.log(process.argv.slice(2).join(" "))')
    expect(run('post-receive').stdout).toBe(`hook receive post-receive ${repository}\n`)
  })
  it('refuses a push when Node is gone, and says what to do', () => {
    installed()
    rmSync(placesIn(repository).node)
    symlinkSync('/nowhere/node', placesIn(repository).node)
    const { status, stderr } = run('pre-receive')
    expect(status).toBe(1)
    expect(stderr).toContain('Node is gone from this server')
    expect(stderr).toContain('belay hook install')
  })
})

describe('a key that may only push', () => {
  it.each(['', 'id', 'git-shell', 'git-receive-pack', 'sh -c "git-receive-pack x"'])(
    'may not: %s',
    (wish) => {
      installed()
      const file = join(repository, 'belay/only-push')
      writeFileSync(file, onlyPush as string)
      const env = { PATH: process.env['PATH'], SSH_ORIGINAL_COMMAND: wish }
      const { status, stdout, stderr } = spawnSync('dash', [file], {
        env,
        encoding: 'utf8',
        input: '',
      })
      expect([status, stdout]).toEqual([1, ''])
      expect(stderr).toContain('This key may push to')
    },
  )
  it('reaches this very repository, whatever path it names', () => {
    installed()
    const file = join(repository, 'belay/only-push')
    writeFileSync(file, onlyPush as string)
    const env = { PATH: process.env['PATH'], SSH_ORIGINAL_COMMAND: `git-upload-pack '/etc'` }
    const ran = spawnSync('dash', [file], { env, encoding: 'utf8', input: '0000' })
    expect(ran.stderr).toBe('')
    expect(ran.status).toBe(0)
  })
})

it('settings that another version wrote are not guessed at', () => {
  expect(readInstalled(writeInstalled(HOOK))).toEqual(HOOK)
  for (const text of ['', '{', 'null', '{"format":2}', JSON.stringify({ ...HOOK, branch: 3 })]) {
    expect(readInstalled(text)).toBeUndefined()
  }
})
