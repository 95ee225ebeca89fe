import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  type Event,
  newRunner,
  type RanJob,
  runJob,
  type Runner,
  workflowOf,
} from '../ci/github-runner.ts'
import { runGitlabJob } from '../ci/gitlab-runner.ts'
import { must } from '../lab/command.ts'
import { Lab } from '../lab/lab.ts'
import { place } from '../lab/place.ts'
import type { Server } from '../lab/server.ts'
import { App, BELAY, deaf, IMAGES, page, visit } from './deploy/scenario.ts'
import { current, running } from './deploy/server-state.ts'

let server: Server
let app: App
let runner: Runner
let lab: Lab
let tools: string
let address: string

beforeAll(async () => {
  lab = await Lab.up({ servers: 1 })
  server = lab.server(1)
  await server.loadImages(IMAGES)
  address = `ssh://root@127.0.0.1:${server.port}`
  // What "Install Belay" would install.
  tools = mkdtempSync(join(tmpdir(), 'belay-ci-tools-'))
  writeFileSync(join(tools, 'belay'), `#!/bin/sh\nexec "${process.execPath}" "${BELAY}" "$@"\n`)
  chmodSync(join(tools, 'belay'), 0o755)
})
afterAll(() => rmSync(tools, { recursive: true, force: true }))

/** The repository as the person keeps it: values come from outside, the image's text among them. */
beforeEach(async () => {
  await server.clean()
  const routes = [{ domain: '*', port: 8000 }]
  const asking = { http: { path: '/', 'send-headers': { authorization: '${SMOKE_TOKEN}' } } }
  const production = {
    hosts: [address],
    branch: 'main',
    env: { file: '.env.live', required: ['TEXT'] },
  }
  app = new App({ env: {} }, 'shop')
    .compose({ services: { web: page('one', { environment: { TEXT: '${TEXT}' } }) } })
    .config({
      app: 'shop',
      environments: { production },
      services: { web: { routes, health: asking, 'start-timeout': '5s', drain: '2s' } },
    })
    .write('.gitignore', '.env.live\n')
  await must(['git', 'init', '--quiet', '--initial-branch', 'main', app.folder])
  for (const system of ['github', 'gitlab'])
    await must([process.execPath, BELAY, '-C', app.folder, 'ci', 'init', system])
  await app.commit()
  runner = newRunner({
    env: { PATH: `${tools}:${process.env['PATH']}`, HOME: tools },
    replaced: (step) => step.includes('@') || step === 'Install Belay',
  })
})
afterEach(() => {
  app.remove()
  rmSync(join(runner.temp, '..'), { recursive: true, force: true })
})

function secrets(): Record<string, string> {
  const { key, knownHosts } = place()
  const [, hostKey] = /^lab1 (.*)$/m.exec(readFileSync(knownHosts, 'utf8'))!
  return {
    BELAY_SSH_KEY: readFileSync(key, 'utf8'),
    BELAY_KNOWN_HOSTS: `[127.0.0.1]:${server.port} ${hostKey}`,
    BELAY_ENV_FILE: 'TEXT=one',
    SMOKE_TOKEN: 's3cret-token',
  }
}

/** What actions/checkout does: the commit, and nothing of an earlier job. */
async function checkout(): Promise<void> {
  rmSync(runner.workspace, { recursive: true, force: true })
  await must(['git', 'clone', '--quiet', app.folder, runner.workspace])
}

async function github(
  inputs: Readonly<Record<string, string>> = {},
  given: Record<string, string> = secrets(),
): Promise<RanJob & { text: string }> {
  await checkout()
  const { jobs } = workflowOf(
    readFileSync(join(runner.workspace, '.github/workflows/deploy.yml'), 'utf8'),
  )
  const by = inputs['action'] === undefined ? 'push' : 'workflow_dispatch'
  const event: Event = {
    github: { event_name: by, ref_name: 'main', event: {} },
    inputs,
    secrets: given,
  }
  const chosen = await runJob(jobs['choose']!, event, runner)
  expect(JSON.parse(chosen.outputs['environments']!)).toEqual(['production'])
  const ran = await runJob(
    jobs['deploy']!,
    { ...event, matrix: { environment: 'production' } },
    runner,
  )
  return { ...ran, text: ran.steps.map(({ output }) => output).join('') }
}

test('the GitHub file must deploy, keep out what fails, and go back on the typed word', async () => {
  const first = await github()
  expect([first.code, first.text]).toEqual([0, expect.stringContaining('r1')])
  expect(await visit(server)).toBe('200 one')
  expect(first.summary).toContain('### Belay: deploy production, success')
  const out = (name: string): string => readFileSync(join(runner.temp, 'belay-out', name), 'utf8')
  expect(first.summary).toMatch(/^#+ .*shop.* production/m)
  expect(JSON.parse(out('receipt.json'))).toMatchObject({ v: 1, release: 'r1' })

  const second = await github({}, { ...secrets(), BELAY_ENV_FILE: 'TEXT=two' })
  expect(second.code).toBe(0)
  expect(await visit(server)).toBe('200 two')

  const { TEXT: _, ...web } = deaf('three') as Record<string, unknown>
  await app.compose({ services: { web } }).commit('broken')
  const broken = await github()
  expect(broken.code).toBe(4)
  expect(broken.summary).toContain('failure')
  expect(broken.summary).toContain('nothing listens on port 8000')
  expect(await visit(server)).toBe('200 two')

  const refused = await github({ environment: 'production', action: 'rollback', confirm: 'yes' })
  expect([refused.code, refused.text]).toEqual([3, expect.stringContaining('type production')])
  const dry = await github({ environment: 'production', action: 'rollback', 'dry-run': 'true' })
  expect([dry.code, await visit(server)]).toEqual([0, '200 two'])
  const back = await github({
    environment: 'production',
    action: 'rollback',
    confirm: 'production',
  })
  expect([back.code, await visit(server)]).toEqual([0, '200 one'])
  for (const { text, summary } of [first, second, broken, back]) {
    expect(text + summary).not.toContain('s3cret-token')
  }
})

test('a key that is missing, or a server that is another, must stop the job before it deploys', async () => {
  const none = await github({}, {})
  expect([none.code, none.text]).toEqual([
    2,
    expect.stringContaining('BELAY_SSH_KEY BELAY_KNOWN_HOSTS'),
  ])
  const otherKey = 'AAAAC3NzaC1lZDI1NTE5AAAAIJnOtTheKeyOfThisServerAtAll00000000000000000000'
  const stranger = `[127.0.0.1]:${server.port} ssh-ed25519 ${otherKey}`
  const wrong = await github({}, { ...secrets(), BELAY_KNOWN_HOSTS: stranger })
  expect(wrong.code).toBe(3)
  const unnamed = await github({}, { ...secrets(), SMOKE_TOKEN: '' })
  expect([unnamed.code, unnamed.text]).toEqual([2, expect.stringContaining('SMOKE_TOKEN')])
  expect(await running(server)).toEqual([])
})

test('a cancelled GitHub job must leave the old release serving', async () => {
  expect((await github()).code).toBe(0)
  const config = readFileSync(join(app.folder, 'belay.yaml'), 'utf8')
  await app
    .write('belay.yaml', config.replace('"start-timeout":"5s"', '"start-timeout":"1m"'))
    .compose({ services: { web: deaf('two') } })
    .commit('never answers')
  const watched: Promise<void>[] = []
  runner = {
    ...runner,
    onStart: (step, pid) => {
      if (step === 'Belay') watched.push(cancelOnceProving(pid))
    },
  }
  const cancelled = await github()
  await Promise.all(watched)
  expect(cancelled.code).toBe(130)
  expect(await visit(server)).toBe('200 one')
  expect(await current(server, 'shop')).toContain('r1')
  expect(await running(server)).toEqual(['shop-production-r1-web-1'])
})

/** As the runner does when somebody presses cancel. */
async function cancelOnceProving(pid: number): Promise<void> {
  const isProving = async () => (await running(server)).includes('shop-production-r2-web-1')
  for (const end = Date.now() + 60_000; Date.now() < end && !(await isProving()); );
  process.kill(pid, 'SIGINT')
}

test('the GitLab file must deploy and roll back in the same way', async () => {
  const gitlab = async (env: Record<string, string> = {}) => {
    await checkout()
    const text = readFileSync(join(runner.workspace, '.gitlab-ci.yml'), 'utf8')
    const files = secrets()
    for (const name of ['BELAY_SSH_KEY', 'BELAY_KNOWN_HOSTS', 'BELAY_ENV_FILE']) {
      const file = join(runner.temp, name)
      writeFileSync(file, `${files[name]}\n`)
      files[name] = file
    }
    const given = { ...runner.env, ...files, CI_COMMIT_REF_NAME: 'main', ...env }
    const [ran] = await runGitlabJob(text, 'belay-production', { ...runner, env: given })
    return ran!
  }
  expect((await gitlab()).code).toBe(0)
  expect(await visit(server)).toBe('200 one')
  expect(readFileSync(join(runner.workspace, 'belay-out/receipt.xml'), 'utf8')).toContain(
    '<testsuite',
  )
  await app.compose({ services: { web: page('two') } }).commit('two')
  expect((await gitlab()).code).toBe(0)
  expect(await visit(server)).toBe('200 two')
  const byHand = { BELAY_ENVIRONMENT: 'production', BELAY_ACTION: 'rollback' }
  expect(await gitlab(byHand)).toMatchObject({
    code: 3,
    output: expect.stringContaining('type production'),
  })
  expect(await gitlab({ ...byHand, BELAY_CONFIRM: 'production' })).toMatchObject({ code: 0 })
  expect(await visit(server)).toBe('200 one')
  const other = await gitlab({ CI_COMMIT_REF_NAME: 'feature' })
  expect(other).toMatchObject({ code: 3, output: expect.stringContaining('deployed from main') })
})
