import { describe, expect, test } from 'vitest'
import { readComposeWords } from './words.ts'

const text = `name: shop
services:
  web:
    image: shop-web
    depends_on: [db]
    ports:
      - 80:80
      - { a: b }
    healthcheck:
      interval: 5x
    environment:
      A: \${FOO:?needed}
    imag: x
  db:
    volumes: [data:/x]
`
const file = { path: '/app/compose.yaml', text }

const INTERPOLATING = 'error while interpolating services.web.environment.A'

/** As Compose 2.26 said it, and where it stands in the file above. */
const SAID: readonly [string, string, [number, number] | undefined][] = [
  [
    'validating /app/compose.yaml: services.web Additional property imag is not allowed',
    'services.web Additional property imag is not allowed',
    [13, 5],
  ],
  [
    'service ports services.web.ports.[1] is missing a target port',
    'service ports services.web.ports.[1] is missing a target port',
    [8, 9],
  ],
  [
    'service "web" depends on undefined service "db": invalid compose project',
    'service "web" depends on undefined service "db"',
    [5, 5],
  ],
  [
    'service "db" refers to undefined volume data: invalid compose project',
    'service "db" refers to undefined volume data',
    [15, 5],
  ],
  [
    'service "db" has neither an image nor a build context specified: invalid compose project',
    'service "db" has neither an image nor a build context specified',
    [14, 3],
  ],
  [
    `${INTERPOLATING}: required variable FOO is missing a value: needed`,
    `${INTERPOLATING}: required variable FOO is missing a value: needed`,
    [12, 7],
  ],
  [
    `decoding failed due to the following error(s):

error decoding 'services[web].healthcheck.interval': time: unknown unit "x" in duration "5x"`,
    `error decoding 'services[web].healthcheck.interval': time: unknown unit "x" in duration "5x"`,
    [10, 7],
  ],
  [
    'cannot extend service "web" in /app/compose.yaml: service "base" not found',
    'cannot extend service "web" in /app/compose.yaml: service "base" not found',
    [3, 3],
  ],
  ['Invalid containerPort: y', 'Invalid containerPort: y', undefined],
]

describe('readComposeWords', () => {
  test.each(SAID)('%j must be found in the file', (said, reason, at) => {
    const [line, column] = at ?? []
    expect(readComposeWords(said, [file])).toEqual({
      file: '/app/compose.yaml',
      reason,
      ...(at === undefined ? {} : { at: { line, column } }),
    })
  })

  test('warnings before the error must be passed over', () => {
    const said = 'time="2026" level=warning msg="The X variable is not set"\nempty compose file\n'
    expect(readComposeWords(said, [file]).reason).toBe('empty compose file')
  })

  test('of several files the one that is named, or has the key, must be told', () => {
    const other = { path: '/app/production.yaml', text: 'services:\n  web:\n    foo: 1\n' }
    const named =
      'validating /app/production.yaml: services.web Additional property foo is not allowed'
    expect(readComposeWords(named, [file, other])).toMatchObject({
      file: '/app/production.yaml',
      at: { line: 3, column: 5 },
    })
    const keyed = "error decoding 'services[web].healthcheck.interval': x"
    expect(readComposeWords(keyed, [file, other])).toMatchObject({
      file: '/app/compose.yaml',
      at: { line: 10 },
    })
  })

  test('broken YAML must be placed by us: compose names another line at times', () => {
    const broken = { path: '/app/b.yaml', text: 'services:\n  web:\n    image: a\n   foo: bar\n' }
    expect(
      readComposeWords('yaml: line 1: did not find expected key', [file, broken]),
    ).toMatchObject({
      file: '/app/b.yaml',
      at: { line: 4 },
      reason: expect.stringContaining('not YAML'),
    })
  })

  test('a key that is set twice must be placed', () => {
    const twice = { path: '/app/b.yaml', text: 'services:\n  web:\n    image: a\n    image: b\n' }
    const said =
      'yaml: unmarshal errors:\n  line 4: mapping key "image" already defined at line 3\n'
    expect(readComposeWords(said, [twice])).toMatchObject({ at: { line: 4, column: 5 } })
  })

  test('a file that is not there must still give a reason', () => {
    const said = 'open /app/none.yaml: no such file or directory\n'
    expect(readComposeWords(said, [{ path: '/app/none.yaml', text: '' }])).toEqual({
      file: '/app/none.yaml',
      reason: 'open /app/none.yaml: no such file or directory',
    })
  })
})
