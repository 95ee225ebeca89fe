import { expect, test } from 'vitest'
import { Failure } from '../base/failure.ts'
import { loadText } from '../../tests/config/memory-files.ts'

function failureOf(run: () => unknown): Failure {
  try {
    run()
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('nothing failed')
}

const SMALL = 'app: shop\nhosts: [a]\n'
const SMOKE =
  `${SMALL}smoke:\n  - http: { service: web, port: 80, send-headers: { authorization: ` +
  `"Bearer \${TOKEN}" } }\n`

const echo = (command: string): string =>
  `${SMALL}smoke: [{ run: { service: web, command: '${command}' } }]`

test('a value from the environment must arrive whole, and be a secret', () => {
  const value = 's3cr:et #"\n$x ${Y} é'
  const loaded = loadText(echo('echo ${TOKEN}'), { variables: { TOKEN: value } })
  expect(loaded.config.smoke[0]?.settings).toMatchObject({
    argv: ['/bin/sh', '-c', `echo ${value}`],
  })
  expect(loaded.secrets).toEqual([value])
})

test.each([{}, { TOKEN: '' }, { TOKEN: undefined }])(
  'a variable without a value must be told with its line: %j',
  (variables) => {
    const why = 'TOKEN' in variables && variables.TOKEN === '' ? 'empty' : 'not set'
    expect(failureOf(() => loadText(SMOKE, { variables })).evidence).toEqual([
      `belay.yaml:4:68  smoke[0].http.send-headers.authorization takes \${TOKEN} from ` +
        `the environment, where it is ${why}`,
    ])
  },
)

test('names of other environments must not be needed', () => {
  const text = `
app: shop
environments:
  staging: { hosts: [a] }
  production:
    hosts: ["\${HOST}"]
    keep: "\${KEEP}"
    services: { web: { routes: [{ domain: "\${D}", port: "\${P}" }] } }
`
  expect(loadText(text, { environment: 'staging' }).config.hosts).toHaveLength(1)
  const failure = failureOf(() => loadText(text, { environment: 'production' }))
  expect(failure.evidence).toHaveLength(4)
})

test('numbers may come from the environment, also in quotes', () => {
  const text =
    `${SMALL}keep: \${KEEP}\nwave: "\${WAVE}"\nservices: { web: { routes: [{ domain: ` +
    `x.com, port: \${PORT} }] } }`
  const { config, secrets } = loadText(text, { variables: { KEEP: '7', WAVE: '2', PORT: '8080' } })
  expect(config).toMatchObject({
    keep: 7,
    wave: { kind: 'count', hosts: 2 },
    services: { web: { routes: [{ port: 8080 }] } },
  })
  expect(secrets).toEqual([])
})

test('a text that looks like a number must stay a text where one is asked for', () => {
  const { config } = loadText(SMOKE.replace('Bearer ', ''), { variables: { TOKEN: '123456' } })
  expect(config.smoke[0]?.settings).toMatchObject({ sendHeaders: { authorization: '123456' } })
})

test('no message may hold a value from the environment', () => {
  const variables = { A: 'canary 1', B: 'canary-2', C: 'canary-3', D: 'canary-4 x' }
  const text = `
app: \${A}
hosts: ["-\${B}"]
keep: \${C}
services: { web: { health: "\${D}" } }
`
  const failure = failureOf(() => loadText(text, { variables }))
  expect(failure.evidence).toHaveLength(4)
  expect(
    JSON.stringify([failure.message, failure.hint, failure.evidence, failure.details]),
  ).not.toContain('canary')
  expect(failure.evidence[2]).toBe(
    'belay.yaml:4:7  keep is "${C}"; a whole number from 2 to 50 is needed',
  )
})

test('an escaped reference must stand for itself, and other forms must be refused', () => {
  const { config, secrets } = loadText(echo('echo $${HOME} $HOME $(id) ${X}'), {
    variables: { X: 'x' },
  })
  expect(config.smoke[0]?.settings).toMatchObject({
    argv: ['/bin/sh', '-c', 'echo ${HOME} $HOME $(id) x'],
  })
  expect(secrets).toEqual(['x'])
  expect(failureOf(() => loadText(echo('echo ${HOME:-x}'))).evidence).toEqual([
    'belay.yaml:3:41  smoke[0].run.command has ${HOME:-x} in it; only ${NAME} works ' +
      'here, and $${…} stands for the text itself',
  ])
})

const WITH_ENV = `${SMALL}env: { file: .env.production, required: [DATABASE_URL, SECRET_KEY] }\n`

test('env file and caller together must give the values, the file winning', () => {
  const loaded = loadText(WITH_ENV, {
    variables: { SECRET_KEY: 'from-caller', DATABASE_URL: 'wrong', OTHER: 'unused' },
    beside: {
      '/app/.env.production': 'DATABASE_URL=postgres://u:p@db/x\nSECRET_KEY=\nMODE=production\n',
    },
  })
  expect(loaded.config.env).toEqual({
    required: ['DATABASE_URL', 'SECRET_KEY'],
    values: { DATABASE_URL: 'postgres://u:p@db/x', SECRET_KEY: 'from-caller', MODE: 'production' },
  })
  expect(loaded.config.compose.envFile).toBe('/app/.env.production')
  expect(loaded.secrets).toEqual(['postgres://u:p@db/x', 'from-caller'])
})

test('what belay.yaml spells out, and ordinary words, must not become secrets', () => {
  const { secrets } = loadText(
    `${SMALL}services: { web: { routes: [{ domain: x.example.com, port: 80 }] } }`,
    {
      beside: {
        '/app/.env': 'A=x.example.com\nB=true\nC=8000\nD=postgres\nE=web\nF=1234567\nG=hunter2\n',
      },
    },
  )
  expect(secrets).toEqual(['1234567', 'hunter2'])
})

test('.env beside the compose file must be read when nothing else is said', () => {
  const beside = { '/app/deploy/compose.yaml': '', '/app/deploy/.env': 'A=1', '/app/.env': 'A=2' }
  const { config } = loadText(`${SMALL}compose: deploy/compose.yaml`, { beside })
  expect(config.env.values).toEqual({ A: '1' })
  expect(config.compose.envFile).toBe('/app/deploy/.env')
})

test('all required names without a value must be told at once', () => {
  const text = `${SMALL}env: { file: .env.production, required: [A, B, C, D, A] }\n`
  const failure = failureOf(() =>
    loadText(text, { variables: { C: '' }, beside: { '/app/.env.production': 'A=\nD=x\n' } }),
  )
  expect(failure).toMatchObject({
    code: 'ENV_MISSING',
    exit: 'input',
    message: 'Required variables have no value: A (empty), B, C',
    hint: 'Set them in /app/.env.production, or in the environment of this command.',
    details: {
      names: [
        { name: 'A', why: 'empty' },
        { name: 'B', why: 'missing' },
        { name: 'C', why: 'missing' },
      ],
    },
  })
})

test('a missing env file must be told with what lies beside it', () => {
  const beside = { '/app/.env.example': '', '/app/.env.staging': '', '/app/README.md': '' }
  expect(failureOf(() => loadText(WITH_ENV, { beside }))).toMatchObject({
    code: 'ENV_FILE_MISSING',
    message: 'The env file /app/.env.production is missing (belay.yaml:3)',
    hint: 'Write it, or correct env.file. Beside it there are: .env.example, .env.staging.',
  })
})

test('a broken env file must be told with its line and without its values', () => {
  const beside = { '/app/.env.production': 'A=1\nB="canary\n' }
  const failure = failureOf(() => loadText(WITH_ENV, { beside }))
  expect(failure).toMatchObject({
    code: 'ENV_FILE_INVALID',
    message: '/app/.env.production:2 cannot be read: a " is opened and never closed',
  })
  expect(JSON.stringify(failure)).not.toContain('canary')
})
