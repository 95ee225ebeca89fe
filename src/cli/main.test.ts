import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs'
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const folder = mkdtempSync(join(tmpdir(), 'belay-cli-'))
const BELAY = join(folder, 'belay.js')

const CONFIG = `
app: shop
environments:
  staging: { hosts: [deploy@staging.invalid] }
  production:
    hosts: [deploy@a.invalid]
    env: { required: [API_TOKEN] }
services: { web: { routes: [{ domain: shop.example.com, port: 8000 }] } }
`

function belay(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BELAY, ...argv], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
    timeout: 20_000,
  })
  return { code: status, stdout, stderr }
}

/** A text is meant whole, a pattern in part. */
const like = (wanted: string | RegExp): unknown =>
  wanted instanceof RegExp ? expect.stringMatching(wanted) : wanted

beforeAll(() => {
  execFileSync(process.execPath, ['scripts/build.mjs', folder], { cwd: ROOT })
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  mkdirSync(join(folder, 'shop'))
  writeFileSync(join(folder, 'shop/belay.yaml'), CONFIG)
  writeFileSync(join(folder, 'shop/compose.yaml'), 'services: { web: { image: shop:1 } }\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('the program that is shipped', () => {
  it('tells its version, also as the one file that a server is given', () => {
    const { code, stdout, stderr } = belay(['--version'])
    expect([code, stdout, stderr]).toEqual([0, `${version}\n`, ''])
    const alone = join(folder, 'alone.mjs')
    renameSync(join(folder, 'program.js'), alone)
    const { stdout: told } = spawnSync(process.execPath, [alone, '-V'], { encoding: 'utf8' })
    renameSync(alone, join(folder, 'program.js'))
    expect(told).toBe(`${version}\n`)
  })
  it('keeps for the next call what was compiled in one that went well', () => {
    const home = join(folder, 'home')
    const kept = join(home, '.cache/belay')
    mkdirSync(home)
    expect(belay(['status'], { HOME: home }).code).toBe(2)
    expect(existsSync(kept)).toBe(false)
    const { code, stdout } = belay(['schema'], { HOME: home })
    const { ino, size } = statSync(join(kept, 'schema'))
    expect([code, readdirSync(kept)]).toEqual([0, ['schema']])
    expect(size).toBeGreaterThan(100_000)
    expect(belay(['schema'], { HOME: home })).toEqual({ code: 0, stdout, stderr: '' })
    expect(statSync(join(kept, 'schema')).ino).toBe(ino)
  })
  it('runs from any folder, with Node alone', () => {
    const { code, stderr } = belay(['status', '-C', 'shop', 'nowhere'])
    expect([code, stderr]).toEqual([
      2,
      'error: There is no environment "nowhere"\nhint: There are: staging, production.\n',
    ])
  })
  it('tells how it is called, on standard output', () => {
    const { code, stdout, stderr } = belay([])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('Usage: belay <command>')
    expect(belay(['help', 'deploy']).stdout).toContain('Usage: belay deploy [environment]')
  })
  it('prints the schema of its configuration', () => {
    const { stdout } = belay(['schema'])
    expect(JSON.parse(stdout)).toEqual(
      JSON.parse(readFileSync(join(ROOT, 'schema/belay.schema.json'), 'utf8')),
    )
  })
})

describe('what was typed wrongly', () => {
  it.each([
    [['statsu'], "not understood: unknown command 'statsu'", 'Did you mean status?'],
    [['status', '--jsn'], "not understood: unknown option '--jsn'", 'Did you mean --json?'],
    [['status'], /^There is no belay\.yaml in /, /`belay init`/],
    [['status', '--config', 'x.yaml'], 'There is no file x.yaml', /`belay init`/],
    [['status', '-C', 'shop'], 'Which environment? There are several', /staging, production/],
    [
      ['status', '-C', 'shop', 'prodution'],
      'There is no environment "prodution"',
      /^Did you mean production\?/,
    ],
    [
      ['plan', '-C', 'shop', 'production'],
      'Required variable has no value: API_TOKEN',
      /environment of this command/,
    ],
    [['exec', '-C', 'shop', 'staging', 'web'], /^belay exec needs a command/, /exec --help/],
  ])('belay %j ends with 2, what is wrong and what to do', (argv, message, hint) => {
    const { code, stdout, stderr } = belay(argv)
    const [said = '', ...more] = stderr.trimEnd().split('\n')
    const hinted = more.at(-1) ?? ''
    expect([code, stdout]).toEqual([2, ''])
    expect(said.replace('error: ', '')).toEqual(like(message))
    expect(hinted.replace('hint: ', '')).toEqual(like(hint))
  })
  it('is an event with --json, and nothing else', () => {
    const { code, stdout, stderr } = belay(['statsu', '--json'])
    expect([code, stderr]).toEqual([2, ''])
    expect(JSON.parse(stdout)).toMatchObject({
      v: 1,
      event: { type: 'failed', code: 'NOT_UNDERSTOOD', hint: 'Did you mean status?' },
    })
  })
})

describe('without a terminal', () => {
  it.each([['deploy'], ['rollback'], ['restart'], ['lease', 'release']])(
    'belay %s %s changes nothing unless --yes was said',
    (...words) => {
      const argv = [...words.filter((word) => word !== undefined), '-C', 'shop', 'staging']
      const { code, stderr } = belay(argv)
      expect(code).toBe(3)
      expect(stderr).toContain('there is nobody here to answer')
      expect(stderr).toContain('--yes')
    },
  )
  it('belay init names the flags that answer its questions', () => {
    mkdirSync(join(folder, 'fresh'))
    writeFileSync(
      join(folder, 'fresh/compose.yaml'),
      'services: { web: { image: "shop:1", ports: ["80:8000"] }, db: { image: postgres } }\n',
    )
    const { code, stderr } = belay(['init', '-C', 'fresh'])
    expect([code, stderr.split('\n')[1]]).toEqual([
      3,
      'hint: Run it at a terminal, or give: --host.',
    ])
  })
  it('belay init writes a file that belay then reads', () => {
    const argv = ['init', '-C', 'fresh', '--host', 'deploy@x.invalid', '--domain', '*']
    expect(belay(argv)).toMatchObject({ code: 0, stderr: '' })
    const { code, stderr } = belay(argv)
    expect([code, stderr.split('\n')[0]]).toEqual([
      2,
      'error: belay.yaml is there already, and is left as it is',
    ])
    expect(belay(['deploy', '-C', 'fresh']).stderr).toContain('nobody here to answer')
  })
})

describe('a reader that went away', () => {
  it('neither breaks the command nor prints a stack', () => {
    const line = `"${process.execPath}" "${BELAY}" schema | head -n 1; echo "\${PIPESTATUS[0]}"`
    const { stdout, stderr } = spawnSync('bash', ['-c', line], { cwd: folder, encoding: 'utf8' })
    expect([stdout, stderr]).toEqual(['{\n0\n', ''])
  })
})
