import { execFileSync } from 'node:child_process'
import { lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type TarEntry, tarStream } from './tar-stream.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'belay-tar-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function bytesOf(entries: readonly TarEntry[]): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of tarStream(entries)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function file(
  path: string,
  content: string | Buffer,
  size = Buffer.from(content).length,
): TarEntry {
  const read = () => Readable.from([Buffer.from(content)])
  return { path, kind: 'file', mode: 0o640, size, read }
}

test('files, folders and links must arrive as they are, long names and targets too', async () => {
  const deep = `${'long-name/'.repeat(15)}x`
  const bytes = Buffer.from(Uint8Array.from({ length: 70_000 }, (_, index) => index % 251))
  const input = await bytesOf([
    { path: 'empty', kind: 'folder' },
    file('a', bytes),
    file(deep, 'deep'),
    { path: 'short', kind: 'link', target: 'a' },
    { path: 'far', kind: 'link', target: deep },
    file('last', ''),
  ])
  const argv = ['-C', folder, '-xpf', '-', '--warning=all', '--no-same-owner']
  execFileSync('tar', argv, { input, stdio: ['pipe', 'pipe', 'inherit'] })
  expect(readFileSync(join(folder, 'a')).equals(bytes)).toBe(true)
  expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o640)
  expect(readFileSync(join(folder, deep), 'utf8')).toBe('deep')
  expect(['short', 'far'].map((name) => readlinkSync(join(folder, name)))).toEqual(['a', deep])
  expect(lstatSync(join(folder, 'empty')).isDirectory()).toBe(true)
  expect(readFileSync(join(folder, 'last')).length).toBe(0)
})

test.each([3, 5])(
  'a file that has another size than was said must break it off: %i',
  async (size) => {
    await expect(bytesOf([file('a', 'four', size)])).rejects.toThrow('a changed while it was read')
  },
)
