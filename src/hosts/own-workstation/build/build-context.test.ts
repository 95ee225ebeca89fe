import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync } from 'node:fs'
import { utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hashBuildContext } from './build-context.ts'

let context: string
beforeEach(() => {
  context = mkdtempSync(join(tmpdir(), 'belay-context-'))
  put('Dockerfile', 'FROM scratch\n')
  put('src/app.js', 'one')
  put('src/deep/run.sh', '#!/bin/sh\n')
})
afterEach(() => rmSync(context, { recursive: true, force: true }))

function put(path: string, content: string): void {
  mkdirSync(dirname(join(context, path)), { recursive: true })
  writeFileSync(join(context, path), content)
}

const hash = (dockerfile?: string): Promise<string> => hashBuildContext(context, dockerfile)

/** Whether a change is seen. */
async function isSeen(change: () => void): Promise<boolean> {
  const before = await hash()
  change()
  return (await hash()) !== before
}

describe('hashBuildContext', () => {
  test('the same files must give the same hash, whatever their times and other bits', async () => {
    expect(await isSeen(() => utimesSync(join(context, 'Dockerfile'), 1, 1))).toBe(false)
    expect(await isSeen(() => chmodSync(join(context, 'src/app.js'), 0o664))).toBe(false)
  })

  test.each([
    ['content', () => put('src/app.js', 'two')],
    ['a new file', () => put('src/new.js', '')],
    ['a removed file', () => rmSync(join(context, 'src/app.js'))],
    ['who may execute', () => chmodSync(join(context, 'src/deep/run.sh'), 0o755)],
    ['the recipe', () => put('Dockerfile', 'FROM busybox\n')],
    ['a link', () => symlinkSync('app.js', join(context, 'src/link.js'))],
    ['a long file', () => (put('big', ''), truncateSync(join(context, 'big'), 5_000_000))],
  ])('%s must be seen', async (_, change) => {
    expect(await isSeen(change)).toBe(true)
  })

  test('a file that moves must be seen', async () => {
    put('a', 'x')
    put('b', '')
    expect(
      await isSeen(() => {
        put('a', '')
        put('b', 'x')
      }),
    ).toBe(true)
  })

  test('what .dockerignore leaves out must not be seen', async () => {
    put('.dockerignore', 'node_modules\n*.log\n')
    expect(await isSeen(() => put('node_modules/x/index.js', 'x'))).toBe(false)
    expect(await isSeen(() => put('a.log', 'x'))).toBe(false)
    expect(await isSeen(() => put('src/a.log', 'x'))).toBe(true)
  })

  test('a recipe outside of the context, or ignored, must be seen all the same', async () => {
    put('.dockerignore', 'docker\n')
    put('docker/web', 'FROM a')
    const before = await hash('docker/web')
    put('docker/web', 'FROM b')
    expect(await hash('docker/web')).not.toBe(before)
    expect(await hash(join(context, 'docker/web'))).toBe(await hash('docker/web'))
  })

  test('a recipe may have an ignore list of its own', async () => {
    put('.dockerignore', 'src\n')
    put('Dockerfile.dockerignore', 'node_modules\n')
    expect(await isSeen(() => put('src/app.js', 'two'))).toBe(true)
    expect(await isSeen(() => put('node_modules/x', 'x'))).toBe(false)
  })

  test('a context that is not there must be told', async () => {
    await expect(hashBuildContext(join(context, 'none'), undefined)).rejects.toMatchObject({
      code: 'BUILD_CONTEXT_UNUSABLE',
      message: expect.stringContaining('no such file or directory'),
    })
  })

  test('a context of gigabytes must be refused before it is read', async () => {
    for (const name of ['a', 'b']) {
      put(name, '')
      truncateSync(join(context, name), 1.5 * 1024 ** 3)
    }
    const begun = performance.now()
    await expect(hash()).rejects.toMatchObject({ code: 'BUILD_CONTEXT_UNUSABLE' })
    expect(performance.now() - begun).toBeLessThan(2000)
  })

  test('a remote context must be known by its address', async () => {
    const [one, two] = ['https://example.com/a.git#v1', 'https://example.com/a.git#v2']
    expect(await hashBuildContext(one, undefined)).toBe(await hashBuildContext(one, undefined))
    expect(await hashBuildContext(one, undefined)).not.toBe(await hashBuildContext(two, undefined))
  })
})
