import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { StagedFile } from '../host.ts'
import { tar } from './tar.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'belay-tar-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const file = (path: string, content: string | Uint8Array = '', mode = 0o644): StagedFile => ({
  path,
  content: typeof content === 'string' ? Buffer.from(content) : content,
  mode,
})

function unpack(files: readonly StagedFile[]): void {
  // --warning=all: anything that tar finds odd fails, as `warned` sees standard error.
  const argv = ['-C', folder, '-xpf', '-', '--warning=all', '--no-same-owner']
  execFileSync('tar', argv, { input: tar(files), stdio: ['pipe', 'pipe', 'inherit'] })
}

describe('tar', () => {
  test('tar must list what was written, folders first', () => {
    const text = execFileSync('tar', ['tvf', '-'], {
      input: tar([file('release.json', '{}'), file('files/web/nginx.conf', 'x\n', 0o755)]),
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC' },
    })
    expect(text.trimEnd().split('\n')).toEqual([
      'drwxr-xr-x root/root         0 2001-09-09 01:46 files/',
      'drwxr-xr-x root/root         0 2001-09-09 01:46 files/web/',
      '-rw-r--r-- root/root         2 2001-09-09 01:46 release.json',
      '-rwxr-xr-x root/root         2 2001-09-09 01:46 files/web/nginx.conf',
    ])
  })

  test('contents and modes must arrive byte for byte', () => {
    const bytes = Uint8Array.from({ length: 1025 }, (_, index) => index % 256)
    unpack([file('a/b', bytes, 0o640), file('empty', '', 0o600), file('block', 'x'.repeat(512))])
    expect(new Uint8Array(readFileSync(join(folder, 'a/b')))).toEqual(bytes)
    expect(statSync(join(folder, 'a/b')).mode & 0o777).toBe(0o640)
    expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o755)
    expect(readFileSync(join(folder, 'empty')).length).toBe(0)
    expect(readFileSync(join(folder, 'block'), 'utf8')).toBe('x'.repeat(512))
  })

  test('names that are long or strange must arrive as they are', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .filter((text) => !/[/\0\ud800-\udfff]/.test(text) && text !== '.' && text !== '..')
      .filter((text) => Buffer.byteLength(text) < 250)
    const path = fc.array(name, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/'))
    fc.assert(
      fc.property(path, (path) => {
        unpack([file(path, path)])
        expect(readFileSync(join(folder, path), 'utf8')).toBe(path)
        rmSync(folder, { recursive: true })
        folder = mkdtempSync(join(tmpdir(), 'belay-tar-'))
      }),
      { numRuns: 30 },
    )
  })

  test.each([99, 100, 101, 255])('a path of %i bytes must arrive whole', (length) => {
    const path = `${'d'.repeat(50)}/${'f'.repeat(length - 51)}`
    unpack([file(path, 'x')])
    expect(readFileSync(join(folder, path), 'utf8')).toBe('x')
  })

  test.each(['/etc/passwd', '../up', 'a/../b', 'a//b', 'a\0b', '', 'a/'])(
    'a path that leads elsewhere must be refused: %j',
    (path) => {
      expect(() => tar([file(path)])).toThrow('not a path inside a folder')
    },
  )
})
