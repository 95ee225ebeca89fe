import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bootstrapArgv, KIT } from '../../src/hosts/kit/kit.ts'
import { located } from './rig.ts'

const source = join(import.meta.dirname, '../../src/hosts/kit')

describe('the text of the kit', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'belay-kit-text-'))
    writeFileSync(join(folder, 'kit.sh'), KIT.bytes)
    const [, , script = ''] = bootstrapArgv({ app: 'a', environment: 'b' })
    writeFileSync(join(folder, 'bootstrap.sh'), script)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('it must hold every part', () => {
    const files = ['', 'instructions'].flatMap((at) =>
      readdirSync(join(source, at)).map((name) => join(source, at, name)),
    )
    const parts = files.filter((path) => path.endsWith('.sh') && !path.endsWith('bootstrap.sh'))
    expect(parts.length).toBeGreaterThan(10)
    for (const path of parts) expect(KIT.bytes.includes(readFileSync(path))).toBe(true)
  })

  test.each(['kit.sh', 'bootstrap.sh'])('shellcheck must find nothing in %s', (name) => {
    const found = spawnSync(located('shellcheck'), ['-s', 'sh', name], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(found.stdout).toBe('')
    expect(found.status).toBe(0)
  })

  test.each([['dash'], ['busybox', 'sh'], ['bash', '--posix']])('%s must read it', (...shell) => {
    const [program = '', ...words] = shell
    for (const name of ['kit.sh', 'bootstrap.sh']) {
      expect(spawnSync(located(program), [...words, '-n', name], { cwd: folder }).status).toBe(0)
    }
  })

  test('functions must be short, and each be called', () => {
    const text = KIT.bytes.toString()
    const bodies = [...text.matchAll(/^([a-z_]+)\(\) \{\n(.*?)^\}/gms)]
    expect(bodies.length).toBeGreaterThan(100)
    for (const [whole, name = ''] of bodies) {
      expect([name, whole.split('\n').length <= 60]).toEqual([name, true])
      expect([name, text.split(new RegExp(`\\b${name}\\b`)).length > 2]).toEqual([name, true])
    }
  })

  test('only the commands of checks may be evaluated', () => {
    const lines = KIT.bytes.toString().split('\n')
    expect(lines.filter((line) => /\beval\b/.test(line) && !line.trim().startsWith('#'))).toEqual([
      '  eval "set -- $(printf %s "$4" | base64 -d)"',
    ])
  })
})
