import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { fakeSurroundings } from '../../tests/cli/surroundings.ts'
import { ciInit } from './commands/ci/init.ts'
import { run } from './run.ts'

let folder: string

const CONFIG = `app: shop
environments:
  production: { hosts: [deploy@shop.example.com], branch: main, env: { required: [KEY] } }
services: { web: { routes: [{ domain: shop.example.com, port: 80 }], health: / } }
notify: []
`.replace('notify: []\n', '')

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'belay-ci-write-'))
  execFileSync('git', ['init', '--quiet', folder])
  write('belay.yaml', CONFIG)
  write('compose.yaml', 'services: { web: { image: x } }')
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(path: string, text: string): void {
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, path), text)
}

const textOf = (path: string): string => readFileSync(join(folder, path), 'utf8')

async function ci(...argv: readonly string[]) {
  const env = { PATH: process.env['PATH'] }
  const around = fakeSurroundings(['ci', 'init', ...argv], { directory: folder, env })
  const code = await run(around, [ciInit])
  return { code, stdout: around.stdout.text(), stderr: around.stderr.text() }
}

const FILE = '.github/workflows/deploy.yml'

it('a file is written once, and the same the next time', async () => {
  const first = await ci('github', '--after', 'CI')
  expect(first).toMatchObject({ code: 0, stderr: '' })
  expect(first.stdout).toContain(`${FILE} is written, for GitHub Actions.`)
  expect(first.stdout).toContain('KEY')
  const text = textOf(FILE)
  expect((await ci('github')).stdout).toContain(`${FILE} is as it should be.`)
  expect(textOf(FILE)).toBe(text)
})

it('one that differs is shown, and left as it is unless told otherwise', async () => {
  await ci('github', '--after', 'CI')
  const text = textOf(FILE)
  write('belay.yaml', CONFIG.replace('branch: main', 'branch: trunk'))
  const refused = await ci('github')
  expect(refused.code).toBe(3)
  expect(refused.stderr).toContain('-     branches: ["main"]')
  expect(refused.stderr).toContain('+     branches: ["trunk"]')
  expect(refused.stderr).toContain('--force')
  expect(textOf(FILE)).toBe(text)
  expect((await ci('github', '--dry-run')).code).toBe(0)
  expect(textOf(FILE)).toBe(text)
  expect((await ci('github', '--force')).code).toBe(0)
  expect(textOf(FILE)).toContain('["trunk"]')
  expect(textOf(FILE)).toContain('workflows: ["CI"]')
  expect((await ci('github', '--yes', '--after', '-')).code).toBe(0)
  expect(textOf(FILE)).not.toContain('workflow_run:')
})

it("somebody else's file is not written over, and another place can be named", async () => {
  write('Jenkinsfile', 'pipeline { agent any }\n')
  const refused = await ci('jenkins')
  expect(refused.code).toBe(3)
  expect(refused.stderr).toContain('belay ci init did not write it')
  expect(textOf('Jenkinsfile')).toBe('pipeline { agent any }\n')
  expect((await ci('jenkins', '--file', 'deploy.Jenkinsfile')).code).toBe(0)
  write('.gitlab-ci.yml', 'build: { script: [make] }\n')
  expect((await ci('gitlab')).stdout).toContain('local: .gitlab/belay.yml')
  expect(textOf('.gitlab-ci.yml')).toBe('build: { script: [make] }\n')
})

it('the file lies at the root, also when belay.yaml does not', async () => {
  write('shop/belay.yaml', CONFIG.replace('KEY]', 'KEY], file: .env.live'))
  write('shop/compose.yaml', 'services: { web: { image: x } }')
  expect((await ci('github', '-C', join(folder, 'shop'))).code).toBe(0)
  expect(textOf(FILE)).toContain('--wait 30m -C shop\n')
  expect(textOf(FILE)).toContain('production) values=shop/.env.live ;;')
  execFileSync('git', ['-C', folder, 'add', '--all', '--force'])
  write('shop/.env.live', 'A=b')
  execFileSync('git', ['-C', folder, 'add', '--all', '--force'])
  await ci('github', '-C', join(folder, 'shop'), '--force')
  expect(textOf(FILE)).not.toContain('BELAY_ENV_FILE')
})

it.each([
  [['gihub'], 2, 'Did you mean github?'],
  [['travis'], 2, 'There are: github, gitlab, jenkins.'],
  [[], 2, 'belay ci init needs a system'],
])('belay ci init %j is a clear mistake', async (argv, code, said) => {
  const ended = await ci(...argv)
  expect(ended.code).toBe(code)
  expect(ended.stderr).toContain(said)
})

it('an odd branch, a folder outside of git and a wrong belay.yaml are told', async () => {
  write('belay.yaml', CONFIG.replace('branch: main', 'branch: "a$(x)"'))
  expect(await ci('github')).toMatchObject({ code: 2 })
  write('belay.yaml', CONFIG.replace('branch:', 'brnch:'))
  expect((await ci('github')).stderr).toContain('branch')
  write('belay.yaml', CONFIG)
  rmSync(join(folder, '.git'), { recursive: true })
  expect((await ci('github')).stderr).toContain('in no git repository')
})
