import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Failure } from '../../base/failure.ts'
import type { TestConfig } from '../../config/pipeline/tests.ts'
import { ownWorkstation } from '../../hosts/own-workstation/own-workstation.ts'
import { stubWorld } from '../../../tests/support/worlds.ts'
import { runTests } from './run-tests.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'belay-tests-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const env = {
  PATH: process.env['PATH'],
  HOME: '/home/ann',
  GIT_DIR: '/elsewhere/.git',
  NODE_ENV: 'x',
}
const worldOf = (signal?: AbortSignal) =>
  stubWorld({}, { workstation: ownWorkstation({ env, ...(signal ? { signal } : {}) }) })

const one = (run: string, over: Partial<TestConfig> = {}): TestConfig => ({
  name: 'unit',
  run,
  timeoutMs: 20_000,
  directory: folder,
  ...over,
})
const covered = (run: string, atLeast = 70): TestConfig =>
  one(run, { coverage: { file: join(folder, 'lcov.info'), atLeast } })

const lcov = (hit: number, found: number): string =>
  String.raw`printf 'SF:a\nLF:${found}\nLH:${hit}\nend_of_record\n' >lcov.info`

const failureOf = (work: Promise<unknown>): Promise<Failure> =>
  work.then(
    () => expect.unreachable(),
    (error: Failure) => error,
  )

describe('tests', () => {
  test('must run in their order, in their folder, and be told as they go', async () => {
    const world = worldOf()
    const tests = [one('pwd; echo first >order'), one('echo second >>order', { name: 'more' })]
    const reports = await runTests(world, tests)
    expect(reports.map(({ name, command }) => [name, command])).toEqual([
      ['unit', 'pwd; echo first >order'],
      ['more', 'echo second >>order'],
    ])
    expect(readFileSync(join(folder, 'order'), 'utf8')).toBe('first\nsecond\n')
    const told = world.told.map((event) => ('text' in event ? event.text : event.type))
    expect(told).toEqual([
      'phase-started',
      'step-started',
      folder,
      'step-finished',
      'step-started',
      'step-finished',
      'phase-finished',
    ])
  })

  test('without any, nothing must be told', async () => {
    const world = worldOf()
    expect(await runTests(world, [])).toEqual([])
    expect(world.told).toEqual([])
  })

  test('must see the environment of the caller, but not the repository of a git hook', async () => {
    const script = 'echo "$HOME ${GIT_DIR-none} $NODE_ENV ${BELAY_COMMAND-none}" >seen'
    await runTests(worldOf(), [one(script)])
    expect(readFileSync(join(folder, 'seen'), 'utf8')).toBe('/home/ann none x none\n')
  })

  test('must not show the command to who lists processes', async () => {
    await runTests(worldOf(), [
      one('tr "\\0" " " </proc/$PPID/cmdline >a; tr "\\0" " " </proc/$$/cmdline >b'),
    ])
    expect(readFileSync(join(folder, 'b'), 'utf8')).not.toContain('cmdline')
  })

  test('must have their standard input closed', async () => {
    await runTests(worldOf(), [one('cat')])
  })
})

describe('a test that fails', () => {
  test('must end it, with its last lines and the code for tests', async () => {
    const world = worldOf()
    const tests = [one('for n in $(seq 99); do echo "line $n"; done; exit 3'), one('touch never')]
    const failure = await failureOf(runTests(world, tests))
    expect(failure).toMatchObject({ code: 'TEST_FAILED', exit: 'tests' })
    expect(failure.message).toBe('unit failed: it ended with code 3')
    expect(failure.evidence.length).toBe(30)
    expect(failure.evidence.at(-1)).toBe('line 99')
    expect(() => readFileSync(join(folder, 'never'))).toThrow('ENOENT')
    const ends = world.told
      .filter((event) => 'ok' in event)
      .map((event) => 'ok' in event && event.ok)
    expect(ends).toEqual([false, false])
  })

  test('by hanging must be ended with all that it started', async () => {
    const script = 'sleep 60 & echo $! >pid; echo waiting; wait'
    const failure = await failureOf(runTests(worldOf(), [one(script, { timeoutMs: 1000 })]))
    expect(failure).toMatchObject({ code: 'TEST_TIMED_OUT', exit: 'tests', evidence: ['waiting'] })
    expect(failure.message).toContain('took longer than 1.0s')
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'))
    await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false)
  })

  test.each([
    ['kill -KILL $$', 'SIGKILL', 'out of memory'],
    ['sh -c "kill -SEGV \\$\\$"', 'SIGSEGV', 'last lines'],
  ])('by a signal must be told as such: %s', async (script, signal, hint) => {
    const failure = await failureOf(runTests(worldOf(), [one(script)]))
    expect(failure).toMatchObject({ code: 'TEST_KILLED', exit: 'tests' })
    expect(failure.message).toContain(signal)
    expect(failure.hint).toContain(hint)
  })

  test('as there is no such command must be told with the shell’s own words', async () => {
    const failure = await failureOf(runTests(worldOf(), [one('no-such-command-belay --all')]))
    expect(failure).toMatchObject({ code: 'TEST_COMMAND_MISSING', exit: 'tests' })
    expect(failure.message).toContain('does not find')
    expect(failure.evidence.join()).toContain('no-such-command-belay')
  })

  test('as its file may not be executed must be told so', async () => {
    writeFileSync(join(folder, 'run.sh'), '#!/bin/sh\n', { mode: 0o644 })
    const failure = await failureOf(runTests(worldOf(), [one('./run.sh')]))
    expect(failure.message).toContain('a command of it is not executable')
  })

  test('as its folder is not there must be wrong input, before any runs', async () => {
    const tests = [one('touch never'), one('true', { directory: join(folder, 'web') })]
    const failure = await failureOf(runTests(worldOf(), tests))
    expect(failure).toMatchObject({ code: 'TEST_FOLDER_MISSING', exit: 'input' })
    expect(() => readFileSync(join(folder, 'never'))).toThrow('ENOENT')
  })

  test('by an interrupt must be told as one', async () => {
    const failure = await failureOf(runTests(worldOf(AbortSignal.timeout(300)), [one('sleep 30')]))
    expect(failure).toMatchObject({ code: 'WORK_INTERRUPTED', exit: 'interrupted' })
  })
})

describe('coverage', () => {
  test('that is enough must be told as a check, with the share', async () => {
    const world = worldOf()
    const [report] = await runTests(world, [covered(lcov(7, 10))])
    expect(report?.coverage).toMatchObject({ percent: 70, atLeast: 70 })
    expect(world.told).toContainEqual({
      type: 'check-judged',
      host: '',
      check: 'coverage of unit',
      verdict: 'pass',
      text: '70 % of the lines, at least 70 % are needed',
    })
  })

  test('that is a hair too low must not be rounded up', async () => {
    const failure = await failureOf(runTests(worldOf(), [covered(lcov(69_999, 100_000))]))
    expect(failure).toMatchObject({ code: 'COVERAGE_TOO_LOW', exit: 'tests' })
    expect(failure.message).toBe('unit reached 69.99 % of the lines, and 70 % are needed')
  })

  test('from an earlier run must not count, however new its date', async () => {
    const file = join(folder, 'lcov.info')
    writeFileSync(file, 'SF:a\nLF:1\nLH:1\nend_of_record\n')
    utimesSync(file, new Date(), new Date(Date.now() + 3_600_000))
    const failure = await failureOf(runTests(worldOf(), [covered('true')]))
    expect(failure).toMatchObject({ code: 'COVERAGE_UNUSABLE', exit: 'tests' })
    expect(failure.message).toContain('it is from an earlier run')
  })

  test('may be written by one test and judged after another', async () => {
    const judged = covered('true')
    await runTests(worldOf(), [one(lcov(9, 10)), judged])
  })

  test.each([
    ['true', 'the test did not write it'],
    ['mkdir lcov.info', 'it is no file'],
    ['echo hello >lcov.info', 'it is none of: Istanbul JSON summary, LCOV, Cobertura XML'],
    ['echo "mode: set" >lcov.info', 'it is a Go profile'],
  ])('that cannot be had must fail the tests: %s', async (run, says) => {
    const failure = await failureOf(runTests(worldOf(), [covered(run)]))
    expect(failure).toMatchObject({ code: 'COVERAGE_UNUSABLE', exit: 'tests' })
    expect(failure.message).toContain(says)
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}
