import { describe, expect, test } from 'vitest'
import { loadText, mistakesOf } from '../../../tests/config/memory-files.ts'

const below = (text: string): string => `app: shop\nhosts: [a]\n${text}`

const mistakesIn = (text: string) => mistakesOf(() => loadText(below(text)))

describe('a migration', () => {
  test('must be for the shell where it is a text, and for none where it is a list', () => {
    const text =
      'migrate: { service: web, run: alembic upgrade head, undo: [alembic, downgrade, "-1"], ' +
      'version: alembic current }'
    expect(loadText(below(text)).config.migrate).toEqual({
      service: 'web',
      run: ['/bin/sh', '-c', 'alembic upgrade head'],
      undo: ['alembic', 'downgrade', '-1'],
      version: ['/bin/sh', '-c', 'alembic current'],
      timeoutMs: 600_000,
      name: 'alembic upgrade head',
    })
  })

  test('of an environment must stand in for that of all, and can be switched off there', () => {
    const text =
      'app: shop\nhosts: [a]\nmigrate: { service: web, run: one, timeout: 1h }\n' +
      'environments: { a: { migrate: none }, b: { migrate: { service: api, run: two } }, c: {} }\n'
    const of = (environment: string) => loadText(text, { environment }).config.migrate
    expect(of('a')).toBeUndefined()
    expect(of('b')).toMatchObject({ service: 'api', name: 'two', timeoutMs: 600_000 })
    expect(of('c')).toMatchObject({ service: 'web', name: 'one', timeoutMs: 3_600_000 })
  })

  test('over several lines must be called by its first', () => {
    const text = 'migrate:\n  service: web\n  run: |\n    python -m a\n    python -m b\n'
    expect(loadText(below(text)).config.migrate?.name).toBe('python -m a')
  })
})

test('tasks must get every default, and keep their order', () => {
  const text =
    'tasks:\n  - { service: web, run: a }\n  - { service: api, run: [b, c], name: bee, timeout: 1m }\n'
  expect(loadText(below(text)).config.tasks).toEqual([
    { service: 'web', run: ['/bin/sh', '-c', 'a'], timeoutMs: 300_000, name: 'a' },
    { service: 'api', run: ['b', 'c'], timeoutMs: 60_000, name: 'bee' },
  ])
})

test.each([
  ['migrate: alembic upgrade head', 'a map is needed, such as { service: web, run: alembic'],
  ['migrate: { run: x }', 'belay.yaml:3:10  migrate has no service'],
  ['migrate: { service: web }', 'migrate has no run; a command is a text for the shell, or a list'],
  ['migrate: { service: web, run: [] }', 'a command is a text for the shell, or a list of words'],
  [
    'migrate: { service: web, run: x, undoo: y }',
    'unknown key "undoo" in migrate; did you mean "undo"?',
  ],
  ['migrate: { service: web, run: x, timeout: 10 }', 'a duration is a number with a unit'],
  ['migrate: { service: web, run: x, timeout: 7h }', 'a duration from 1s to 6h is needed here'],
  ['tasks: { service: web, run: x }', 'a list is needed, such as [{ service: web, run: python'],
  ['tasks: [collectstatic]', 'tasks[0] is "collectstatic"'],
  ['undo: x', 'unknown key "undo"; it belongs to migrate'],
])('%s must be answered with its place and what is allowed', (text, line) => {
  expect(mistakesIn(text).join('\n')).toContain(line)
})
