import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { kindOf, listFiles, readWithMode } from './files.ts'
import { commitAt, originOf, shownAddress, trackedFiles } from './git.ts'

const machine = { env: { PATH: process.env['PATH'] } }

let folder: string
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'belay-git-')))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function git(...words: string[]): void {
  const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.com']
  execFileSync('git', [...who, ...words], { cwd: folder, stdio: 'ignore' })
}

function put(path: string, content = ''): void {
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, path), content)
}

function repository(): void {
  git('init', '-q', '-b', 'main')
  put('compose.yaml', 'services: {}\n')
  put('conf/nginx.conf')
  put('conf/ünïcode name.txt')
  put('.gitignore', 'data\n')
  git('add', '-A')
  git('commit', '-q', '-m', 'First, with "quotes"')
}

describe('the commit', () => {
  test('it must be told with its subject and branch', async () => {
    repository()
    const id = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: folder, encoding: 'utf8' }).trim()
    expect(await commitAt(machine, folder)).toEqual({
      id,
      subject: 'First, with "quotes"',
      branch: 'main',
      dirty: false,
    })
    git('checkout', '-q', '--detach')
    expect(await commitAt(machine, folder)).toMatchObject({ branch: '' })
  })

  test.each([
    ['a changed file', () => put('compose.yaml', 'x')],
    ['a new file', () => put('new.txt')],
  ])('%s must make it dirty', async (_, change) => {
    repository()
    change()
    expect(await commitAt(machine, folder)).toMatchObject({ dirty: true })
  })

  test('an ignored file must not', async () => {
    repository()
    put('data/x')
    expect(await commitAt(machine, folder)).toMatchObject({ dirty: false })
  })

  test('outside of git, before the first commit and without git there must be none', async () => {
    expect(await commitAt(machine, folder)).toBeUndefined()
    git('init', '-q')
    expect(await commitAt(machine, folder)).toBeUndefined()
    expect(await commitAt({ env: { PATH: '/nowhere' } }, folder)).toBeUndefined()
  })

  test('a damaged repository must be told in the words of git', async () => {
    repository()
    writeFileSync(join(folder, '.git/config'), '[broken')
    await expect(commitAt(machine, folder)).rejects.toMatchObject({
      code: 'GIT_REFUSED',
      message: expect.stringContaining('bad config'),
    })
  })
})

describe('tracked files', () => {
  test('they must be relative to the folder, and there', async () => {
    repository()
    expect(await trackedFiles(machine, join(folder, 'conf'))).toEqual([
      'nginx.conf',
      'ünïcode name.txt',
    ])
    rmSync(join(folder, 'conf/nginx.conf'))
    expect(await trackedFiles(machine, join(folder, 'conf'))).toEqual(['ünïcode name.txt'])
  })

  test('a tracked file must be told as itself, an untracked one as nothing', async () => {
    repository()
    put('data/x')
    put('c*')
    expect(await trackedFiles(machine, join(folder, 'compose.yaml'))).toEqual([''])
    expect(await trackedFiles(machine, join(folder, 'data/x'))).toEqual([])
    expect(await trackedFiles(machine, join(folder, 'data'))).toEqual([])
    expect(await trackedFiles(machine, join(folder, 'c*'))).toEqual([])
  })

  test('outside of git they must be undefined', async () => {
    put('a')
    expect(await trackedFiles(machine, folder)).toBeUndefined()
    expect(await trackedFiles(machine, join(folder, 'a'))).toBeUndefined()
    expect(await trackedFiles(machine, join(folder, 'none/a'))).toBeUndefined()
  })
})

describe('files', () => {
  test('they must be read with their mode', async () => {
    put('run.sh', '#!/bin/sh\n')
    chmodSync(join(folder, 'run.sh'), 0o750)
    const { content, mode } = await readWithMode(join(folder, 'run.sh'))
    expect([Buffer.from(content).toString(), mode]).toEqual(['#!/bin/sh\n', 0o750])
    await expect(readWithMode(join(folder, 'none'))).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: `${folder}/none cannot be read: no such file or directory`,
    })
  })

  test('a path must be a file, a folder or nothing', async () => {
    put('a')
    expect(await kindOf(join(folder, 'a'))).toBe('file')
    expect(await kindOf(folder)).toBe('folder')
    expect(await kindOf(join(folder, 'none'))).toBeUndefined()
    expect(await kindOf('/dev/null')).toBeUndefined()
  })

  test('all files must be listed, sorted, up to the limit', async () => {
    put('b/c')
    put('b/a')
    put('z')
    expect(await listFiles(folder, 3)).toEqual(['b/a', 'b/c', 'z'])
    await expect(listFiles(folder, 2)).rejects.toMatchObject({ code: 'TOO_MANY_FILES' })
  })
})

describe('where a repository was cloned from', () => {
  test.each([
    ['https://github.com/ann/shop.git', 'https://github.com/ann/shop.git'],
    ['https://x-access-token:canary@github.com/ann/shop', 'https://github.com/ann/shop'],
    ['https://canary@example.com:8443/shop', 'https://example.com:8443/shop'],
    ['ssh://git@example.com:2222/shop.git', 'ssh://example.com:2222/shop.git'],
    ['git@github.com:ann/shop.git', 'ssh://github.com/ann/shop.git'],
    ['/srv/git/shop.git', undefined],
    ['file:///srv/git/shop.git', undefined],
    ['../shop', undefined],
    ['', undefined],
  ])('%j must be shown without user and password, as %j', (written, shown) => {
    expect(shownAddress(written)).toBe(shown)
  })

  test('it must be asked of git, and be nothing where there is none', async () => {
    repository()
    expect(await originOf(machine, folder)).toBeUndefined()
    git('remote', 'add', 'origin', 'https://a:b@example.com/shop')
    expect(await originOf(machine, folder)).toBe('https://example.com/shop')
    rmSync(join(folder, '.git'), { recursive: true })
    expect(await originOf(machine, folder)).toBeUndefined()
  })
})
