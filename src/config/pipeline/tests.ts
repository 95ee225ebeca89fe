import { resolve as resolvePath } from 'node:path'
import * as z from 'zod/mini'
import { described, duration, keyed, line, listOf, optional } from '../source/leaves.ts'
import { compact, text, turned, withDefault } from '../source/leaves.ts'

/** One of the user's own commands that must end well before anything is built or touched. */
export interface TestConfig {
  /** The command itself where nobody gave it a name. */
  readonly name: string
  /** For the shell of this machine. */
  readonly run: string
  readonly timeoutMs: number
  /** Absolute. */
  readonly directory: string
  readonly coverage?: CoverageConfig
}

export interface CoverageConfig {
  /** Absolute. */
  readonly file: string
  /** Per cent of the lines. */
  readonly atLeast: number
}

const DEFAULTS = { timeout: '10m', atLeast: 70 } as const

export type TestSettings = z.output<ReturnType<typeof oneTest>>

/** The key `test`. */
export function testKey() {
  const allowed = 'a list is needed, such as [{ run: npm test }]'
  return withDefault(listOf(oneTest(), allowed), [], {
    description:
      'Commands that must end well before anything is built: run here, in this order. The first ' +
      'that fails ends the deployment, with nothing touched.',
    examples: [[{ run: 'npm test', timeout: '10m' }]],
  })
}

function oneTest() {
  const allowed = 'a test is a command such as npm test, or { run: npm test, timeout: 10m }'
  const whole = keyed(testKeys())
  const short = z.pipe(
    turned(line(allowed), (run) => ({ run })),
    whole,
  )
  const test = z.union([whole, short], { error: allowed })
  return described(test, { id: 'test', description: "One of the app's own tests." })
}

function testKeys() {
  return {
    run: described(text('a command for the shell is needed, such as npm test'), {
      description: 'The command, for `/bin/sh` on this machine, in the environment of the caller.',
      examples: ['npm test'],
    }),
    name: optional(line('a text of one line is needed, such as unit'), {
      description: 'What it is called in what is told. Left out, it is the command.',
      examples: ['unit'],
    }),
    timeout: withDefault(duration('1s', '6h'), DEFAULTS.timeout, {
      description: 'When it is ended, with everything that it started.',
      examples: ['5m'],
    }),
    directory: optional(line('the path of a folder is needed, such as web'), {
      description: 'Where it runs, relative to `belay.yaml`. Left out, it is beside that file.',
      examples: ['web'],
    }),
    coverage: optional(coverage(), {
      description:
        'A file that the tests write, and how much of the code they must have reached. Istanbul ' +
        '`coverage-summary.json`, LCOV or Cobertura XML.',
      examples: [{ file: 'coverage/coverage-summary.json', 'at-least': 70 }],
    }),
  }
}

function coverage() {
  const allowed = 'a file is needed, or { file: coverage/lcov.info, at-least: 70 }'
  const path = line('the path of a file is needed, such as coverage/lcov.info')
  const share = 'a share of the lines from 0 to 100 is needed, such as 70'
  const number = z.number({ error: share })
  const least = number.check(z.minimum(0, { error: share }), z.maximum(100, { error: share }))
  const keys = keyed({
    file: described(path, {
      description: 'Relative to the folder in which the test runs.',
      examples: ['coverage/lcov.info'],
    }),
    'at-least': withDefault(least, DEFAULTS.atLeast, {
      description: 'Per cent of the lines.',
      examples: [80],
    }),
  })
  const short = turned(path, (file) => ({ file, 'at-least': DEFAULTS.atLeast }))
  return z.union([keys, short], { error: allowed })
}

/** With every default filled in. Paths are taken from the folder of `belay.yaml`. */
export function resolveTests(tests: readonly TestSettings[], directory: string): TestConfig[] {
  return tests.map((test) => {
    const folder = resolvePath(directory, test.directory ?? '.')
    return compact({
      name: test.name ?? firstLine(test.run),
      run: test.run,
      timeoutMs: test.timeout,
      directory: folder,
      coverage: test.coverage && {
        file: resolvePath(folder, test.coverage.file),
        atLeast: test.coverage['at-least'],
      },
    })
  })
}

function firstLine(command: string): string {
  return command.trim().split('\n')[0] ?? command
}
