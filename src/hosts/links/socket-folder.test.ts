import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeSocketFolder, sweep } from './socket-folder.ts'

let parent: string
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'belay-sweep-'))
})
afterEach(() => rmSync(parent, { recursive: true, force: true }))

function folder(name: string, ageHours: number): string {
  const path = join(parent, name)
  mkdirSync(path)
  const at = Date.now() / 1000 - ageHours * 3600
  utimesSync(path, at, at)
  return path
}

test('the folder must be closed to others, and short enough for a socket', async () => {
  const made = await makeSocketFolder()
  expect(statSync(made).mode & 0o777).toBe(0o700)
  expect(made.length).toBeLessThan(30)
  rmSync(made, { recursive: true })
})

test('what a killed process left behind must go; the rest must stay', async () => {
  const stale = folder('belay-ssh-old', 30)
  const fresh = folder('belay-ssh-new', 1)
  const live = folder('belay-ssh-live', 30)
  writeFileSync(join(live, 'm'), '')
  utimesSync(live, 1, 1)
  const foreign = folder('other-old', 30)
  await sweep(parent)
  const left = [stale, fresh, live, foreign].map((path) => existsSync(path))
  expect(left).toEqual([false, true, true, true])
})
