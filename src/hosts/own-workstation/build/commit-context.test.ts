import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs'
import { symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Failure } from '../../../base/failure.ts'
import type { BuildContext } from '../../workstation.ts'
import { checkOut } from './checkout.ts'
import { readBuildContext } from './read-context.ts'

const machine = { env: { PATH: process.env['PATH'] } }

let folder: string
let aside: string
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'belay-commit-')))
  aside = mkdtempSync(join(tmpdir(), 'belay-aside-'))
})
afterEach(() => {
  for (const each of [folder, aside]) rmSync(each, { recursive: true, force: true })
})

function git(...words: string[]): string {
  const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'commit.gpgsign=false']
  return execFileSync('git', [...who, ...words], { cwd: folder, encoding: 'utf8' }).trim()
}

function put(path: string, content = '', mode = 0o644): void {
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, path), content, { mode })
}

function commit(message = 'a change'): void {
  git('add', '-A')
  git('commit', '-q', '--allow-empty', '-m', message)
}

beforeEach(() => {
  git('init', '-q', '-b', 'main')
  put('app/Dockerfile', 'FROM scratch\nCOPY . /\n')
  put('app/main.js', 'one')
  put('app/.dockerignore', '*.md\nnode_modules\n')
  put('.gitignore', 'dist\n*.log\n')
  commit()
})

interface Over {
  readonly recipe?: string | undefined
  readonly asItLies?: boolean
  readonly at?: string
}

function read({ at = 'app', ...over }: Over = {}): Promise<BuildContext> {
  const about = { recipe: 'Dockerfile', asItLies: false, ...over }
  return readBuildContext(machine, { folder: join(folder, at), ...about })
}

const hash = async (over: Over = {}): Promise<string> => (await read(over)).hash
const dirty = async (over: Over = {}): Promise<readonly string[]> => (await read(over)).dirty

describe('a context of a commit', () => {
  test('must be known by the commit, and by where it lies in it', async () => {
    const from = {
      kind: 'commit',
      commit: git('rev-parse', 'HEAD'),
      toplevel: folder,
      prefix: 'app/',
    }
    expect(await read()).toMatchObject({ dirty: [], from })
    put('Dockerfile', 'FROM scratch\n')
    commit()
    expect((await read({ at: '.' })).from).toMatchObject({ prefix: '' })
  })

  test('must be the same after a commit that a build does not see', async () => {
    const before = await hash()
    put('README.md', 'x')
    put('app/notes.md', 'x')
    put('other/main.js', 'x')
    commit()
    expect(await hash()).toBe(before)
  })

  test.each([
    ['a changed file', () => put('app/main.js', 'two')],
    ['a new file', () => put('app/more.js')],
    ['a changed recipe', () => put('app/Dockerfile', 'FROM busybox\n')],
    ['a program', () => (rmSync(join(folder, 'app/main.js')), put('app/main.js', 'one', 0o755))],
    ['a link', () => symlinkSync('main.js', join(folder, 'app/link'))],
    ['what was ignored before', () => (put('app/notes.md'), put('app/.dockerignore', ''))],
  ])('must be another after %s, and count as dirty until it is committed', async (_, change) => {
    const before = await hash()
    change()
    expect(await dirty()).not.toEqual([])
    expect(await hash()).toBe(before)
    commit()
    expect(await dirty()).toEqual([])
    expect(await hash()).not.toBe(before)
  })

  test('must be the same on every machine, whatever lies around and however it was fetched', async () => {
    const before = await hash()
    put('app/dist/bundle.js', 'made here')
    put('app/run.log', 'x')
    expect([await hash(), await dirty()]).toEqual([before, []])
    execFileSync('git', ['clone', '-q', '--depth', '1', `file://${folder}`, join(aside, 'clone')])
    const clone = join(aside, 'clone/app')
    const there = await readBuildContext(machine, {
      folder: clone,
      recipe: 'Dockerfile',
      asItLies: false,
    })
    expect(there.hash).toBe(before)
  })
})

describe('what is not committed', () => {
  test('must be named by its path in the repository, sorted', async () => {
    put('app/main.js', 'two')
    put('app/a dir/ünï.js')
    put('other/x.js')
    expect(await dirty()).toEqual(['app/a dir/ünï.js', 'app/main.js'])
  })

  test('must count when it is deleted, renamed or staged', async () => {
    git('mv', 'app/main.js', 'app/moved.js')
    expect(await dirty()).toEqual(['app/main.js', 'app/moved.js'])
  })

  test('must not count where the build does not see it', async () => {
    put('app/notes.md', 'x')
    put('app/node_modules/x/index.js', 'x')
    expect(await dirty()).toEqual([])
  })

  test('must count in a recipe and its own list that lie elsewhere', async () => {
    put('docker/web.Dockerfile', 'FROM scratch\n')
    put('docker/web.Dockerfile.dockerignore', '*.js\n')
    commit()
    const recipe = '../docker/web.Dockerfile'
    put('app/main.js', 'ignored by the list of the recipe')
    expect(await dirty({ recipe })).toEqual([])
    put('docker/web.Dockerfile', 'FROM busybox\n')
    expect(await dirty({ recipe })).toEqual(['docker/web.Dockerfile'])
    expect(await dirty({ recipe: join(folder, 'docker/web.Dockerfile') })).toEqual([
      'docker/web.Dockerfile',
    ])
  })

  test('must count when it is the recipe itself, or all there is', async () => {
    put('app/New.Dockerfile', 'FROM scratch\n')
    expect(await dirty({ recipe: 'New.Dockerfile' })).toEqual(['app/New.Dockerfile'])
    put('fresh/Dockerfile', 'FROM scratch\n')
    expect(await dirty({ at: 'fresh' })).toEqual(['fresh/Dockerfile'])
  })

  test('must go in where that is asked for, and be named all the same', async () => {
    put('app/main.js', 'two')
    const asked = { asItLies: true }
    expect(await read(asked)).toMatchObject({
      dirty: ['app/main.js'],
      from: { kind: 'folder', because: 'asked' },
    })
    const before = await hash(asked)
    put('app/main.js', 'three')
    expect(await hash(asked)).not.toBe(before)
  })

  test('must change nothing of a clean tree, whether it is asked for or not', async () => {
    expect(await read({ asItLies: true })).toEqual(await read())
  })
})

describe('the folder as it lies must be taken', () => {
  test('outside of git, and before the first commit', async () => {
    rmSync(join(folder, '.git'), { recursive: true })
    expect((await read()).from).toEqual({ kind: 'folder', because: 'no-git' })
    git('init', '-q')
    expect((await read()).from).toEqual({ kind: 'folder', because: 'no-git' })
  })

  test('when git ignores all of it, as something else made it', async () => {
    put('dist/Dockerfile', 'FROM scratch\n')
    put('dist/bundle.js', 'x')
    expect(await read({ at: 'dist' })).toMatchObject({
      dirty: [],
      from: { kind: 'folder', because: 'not-committed' },
    })
  })

  test('when a submodule is in it, unless the build ignores that', async () => {
    const mode = '160000'
    git('update-index', '--add', '--cacheinfo', `${mode},${git('rev-parse', 'HEAD')},app/vendor`)
    git('commit', '-q', '-m', 'a submodule')
    mkdirSync(join(folder, 'app/vendor'))
    expect((await read()).from).toEqual({ kind: 'folder', because: 'submodules' })
    put('app/.dockerignore', 'vendor\n')
    git('add', 'app/.dockerignore')
    git('commit', '-q', '-m', 'ignored')
    expect((await read()).from.kind).toBe('commit')
  })

  test('for an address, which is not looked into', async () => {
    const context = { folder: 'https://example.com/app.git', recipe: 'Dockerfile', asItLies: false }
    const { from } = await readBuildContext(machine, context)
    expect(from).toEqual({ kind: 'folder', because: 'elsewhere' })
  })
})

describe('a checkout', () => {
  test('must hold the commit, whatever was changed or exported since, and touch nothing', async () => {
    put('app/run.sh', '#!/bin/sh\n', 0o755)
    symlinkSync('main.js', join(folder, 'app/link'))
    put('.gitattributes', 'app/main.js export-ignore\n')
    commit()
    put('app/main.js', 'two')
    put('app/new.js', 'x')
    const status = git('status', '--porcelain')
    const before = process.umask(0o077)
    try {
      const files = await checkOut(
        machine,
        { toplevel: folder, commit: git('rev-parse', 'HEAD') },
        aside,
      )
      expect(readFileSync(join(files, 'app/main.js'), 'utf8')).toBe('one')
      expect(readFileSync(join(files, 'app/link'), 'utf8')).toBe('one')
      expect(statSync(join(files, 'app/main.js')).mode & 0o777).toBe(0o644)
      expect(statSync(join(files, 'app/run.sh')).mode & 0o777).toBe(0o755)
      expect(() => statSync(join(files, 'app/new.js'))).toThrow('ENOENT')
    } finally {
      process.umask(before)
    }
    expect(git('status', '--porcelain')).toBe(status)
    expect(git('worktree', 'list').split('\n').length).toBe(1)
  })

  test('that fails must say what git said', async () => {
    const work = checkOut(machine, { toplevel: folder, commit: 'f'.repeat(40) }, aside)
    const failure: Failure = await work.then(
      () => expect.unreachable(),
      (error: Failure) => error,
    )
    expect(failure).toMatchObject({ code: 'COMMIT_UNREADABLE', exit: 'build' })
    expect(failure.message).toContain('the commit fffffff cannot be checked out: ')
  })
})
