import { describe, expect, test } from 'vitest'
import { loadText, mistakesOf } from '../../../tests/config/memory-files.ts'

const below = (text: string): string => `app: shop\nhosts: [a]\n${text}`
const testsIn = (text: string) => loadText(below(text)).config.tests

const mistakesIn = (text: string) => mistakesOf(() => loadText(below(text)))

describe('a test', () => {
  test('must get every default, its paths from the folder of belay.yaml', () => {
    const file = 'coverage/coverage-summary.json'
    expect(
      testsIn(`test: [{ run: npm test, directory: web, coverage: { file: ${file} } }]`),
    ).toEqual([
      {
        name: 'npm test',
        run: 'npm test',
        timeoutMs: 600_000,
        directory: '/app/web',
        coverage: { file: `/app/web/${file}`, atLeast: 70 },
      },
    ])
  })

  test('may be a command alone, and its coverage a file alone', () => {
    const text = 'test:\n  - npm test\n  - { run: make, name: all, coverage: /tmp/lcov.info }\n'
    expect(testsIn(text)).toEqual([
      { name: 'npm test', run: 'npm test', timeoutMs: 600_000, directory: '/app' },
      {
        name: 'all',
        run: 'make',
        timeoutMs: 600_000,
        directory: '/app',
        coverage: { file: '/tmp/lcov.info', atLeast: 70 },
      },
    ])
  })

  test('of an environment must stand in for those of all', () => {
    const text =
      'app: shop\nhosts: [a]\ntest: [slow]\nenvironments: { staging: { test: [quick] }, live: {} }\n'
    const of = (environment: string) =>
      loadText(text, { environment }).config.tests.map(({ run }) => run)
    expect([of('staging'), of('live')]).toEqual([['quick'], ['slow']])
  })

  test('over several lines must be called by its first', () => {
    expect(testsIn('test:\n  - run: |\n      npm ci\n      npm test\n')[0]).toMatchObject({
      name: 'npm ci',
      run: 'npm ci\nnpm test\n',
    })
  })
})

test.each([
  [
    'test: npm test',
    'belay.yaml:3:7  test is "npm test"; a list is needed, such as [{ run: npm test }]',
  ],
  [
    'test: [{ name: unit }]',
    'belay.yaml:3:8  test[0] has no run; a command for the shell is needed',
  ],
  ['test: [{ run: x, comand: y }]', 'belay.yaml:3:18  unknown key "comand" in test[0]'],
  ['test: [{ run: x, timeot: 5m }]', 'did you mean "timeout"?'],
  ['test: [{ run: x, timeout: 5 }]', 'belay.yaml:3:27  test[0].timeout is 5; a duration is'],
  ['test: [{ run: x, timeout: 9h }]', 'a duration from 1s to 6h is needed here'],
  ['test: [{ run: x, coverage: {} }]', 'belay.yaml:3:28  test[0].coverage has no file'],
  [
    'test: [{ run: x, coverage: { file: a, at-least: 170 } }]',
    'test[0].coverage.at-least is 170; a share of the lines from 0 to 100 is needed, such as 70',
  ],
  [
    'test: [{ run: x, coverage: { file: a, at-least: 70% } }]',
    'test[0].coverage.at-least is "70%"; a share of the lines from 0 to 100 is needed, such as 70',
  ],
])('%s must be answered with its place and what is allowed', (text, line) => {
  expect(mistakesIn(text).join('\n')).toContain(line)
})
