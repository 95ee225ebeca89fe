import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Lab } from '../../lab/lab.ts'
import type { Server } from '../../lab/server.ts'
import { type App, failures, freshLab, page, pageApp, pageConfig } from '../deploy/scenario.ts'
import { world } from '../deploy/server-state.ts'

/** The app's own tests, before anything else. */

let lab: Lab
let server: Server
let app: App

// `one` serves all along; a test that fails may touch nothing of it.
beforeAll(async () => {
  lab = await freshLab()
  server = lab.server(1)
  const serving = pageApp(lab)
  const { code, stderr } = await serving.belay('deploy', '--yes')
  if (code !== 0) throw new Error(stderr)
  serving.remove()
})
beforeEach(() => {
  app = pageApp(lab).compose({ services: { web: page('two') } })
})
afterEach(() => app.remove())

const config = (tests: readonly unknown[]) => app.config(pageConfig('shop', { test: tests }))
const LCOV = String.raw`printf 'SF:a\nLF:10\nLH:6\nend_of_record\n' >lcov.info`

describe('a test that fails must end it with 6, with nothing touched', () => {
  test.each([
    [
      'one that ends badly',
      { run: 'echo "1 of 2 failed"; exit 1' },
      'TEST_FAILED',
      /1 of 2 failed/,
    ],
    [
      'one that hangs',
      { run: 'echo waiting; sleep 600', timeout: '1s' },
      'TEST_TIMED_OUT',
      /waiting/,
    ],
    ['one that is killed', { run: 'kill -KILL $$' }, 'TEST_KILLED', /SIGKILL/],
    [
      'a command that does not exist',
      { run: 'belay-no-such' },
      'TEST_COMMAND_MISSING',
      /belay-no-such/,
    ],
    [
      'one that reaches too little of the code',
      { run: LCOV, coverage: 'lcov.info' },
      'COVERAGE_TOO_LOW',
      /60 % of the lines, and 70 % are needed/,
    ],
    [
      'one that writes another file',
      { run: 'echo "mode: set" >cover.out', coverage: 'cover.out' },
      'COVERAGE_UNUSABLE',
      /Go profile/,
    ],
    [
      'one that writes no file',
      { run: 'true', coverage: { file: 'belay.yaml' } },
      'COVERAGE_UNUSABLE',
      /from an earlier run/,
    ],
  ])('%s', async (...[, one, code, says]) => {
    config([{ run: 'true' }, { ...one, name: 'unit' }, { run: 'touch never' }])
    const before = await world(server)
    const ran = await app.belay('deploy', '--yes', '--json')
    expect([ran.code, failures(ran)]).toEqual([6, [code]])
    const [failed] = ran.events.filter((event) => event.type === 'failed')
    expect([failed?.message, ...(failed?.evidence ?? [])].join('\n')).toMatch(says)
    expect(failed?.hint).not.toBe('')
    const told = ran.events.map((event) => ('title' in event ? event.title : ''))
    expect([told.includes('true'), told.includes('touch never')]).toEqual([true, false])
    expect(await world(server)).toBe(before)
  })
})

test('plan must tell the tests and run none; test must run them alone, without a server', async () => {
  config([{ run: 'touch ran; echo hello', name: 'unit', timeout: '5m' }])
  const planned = await app.belay('plan')
  expect(planned.stdout).toContain(
    'note: tests: run here before anything else: unit (at most 5m 00s)',
  )
  const ran = await app.with({ BELAY_SSH_CONFIG: '/nowhere' }, 'test', '--verbose')
  expect([ran.code, ran.stdout.trim().replace(/\d+\.\d+s/, '…s')]).toEqual([
    0,
    'passed: the test of production, in …s',
  ])
  expect(ran.stderr).toMatch(/hello/)
})

test('what they print must be live, and no secret among it; what was left out be recorded', async () => {
  const env = { API_TOKEN: 'canary-4b1e-tests' }
  app.config(
    pageConfig('shop', {
      env: { required: ['API_TOKEN'] },
      test: [
        { run: 'echo "token ${API_TOKEN}"; until [ -e go ]; do sleep 0.1; done', name: 'unit' },
        { run: LCOV, name: 'covered', coverage: { file: 'lcov.info', 'at-least': 60 } },
      ],
    }),
  )
  const running = app.start(['deploy', '--yes', '--json'], env)
  await running.saying('"token •••"')
  app.write('go', '')
  const ran = await running.ended
  expect([ran.code, ran.stdout.includes('canary')]).toEqual([0, false])
  const judged = ran.events.find((event) => event.type === 'check-judged')
  expect(judged).toMatchObject({ check: 'coverage of covered', verdict: 'pass' })
  const receipt = await app.with(env, 'report')
  expect(receipt.stdout).toMatch(/covered: passed in .*, 60 % of the lines reached/)

  app.compose({ services: { web: page('three') } }).config(pageConfig('shop', { test: ['exit 1'] }))
  const skipped = await app.with(env, 'deploy', '--yes', '--skip-tests')
  expect(skipped.code).toBe(0)
  expect(skipped.stdout).toContain('warning: tests: left out, as --skip-tests asks for it: exit 1')
  expect((await app.belay('show')).stdout).toContain('left out, as --skip-tests asks for it')
})
