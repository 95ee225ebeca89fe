import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Role } from '../base/words.ts'
import type { ComposeModel } from '../plan/compose-model.ts'
import { answerMistake, openQuestions, writeConfig } from './init.ts'
import type { Answers, Question } from './init.ts'
import type { InitFacts } from './init/facts.ts'
import { loadText } from '../../tests/config/memory-files.ts'

function factsOf(
  services: ComposeModel['services'],
  roles: Readonly<Record<string, Role>>,
  more: Partial<InitFacts> = {},
): InitFacts {
  const known = Object.entries(roles).map(([name, role]) => [name, { role, because: `of ${name}` }])
  return {
    model: { name: 'shop', services } satisfies ComposeModel,
    roles: Object.fromEntries(known),
    folder: 'shop',
    files: [],
    ...more,
  }
}

/** Answers every question as a person would who always presses Enter, except for the server. */
function answered(facts: InitFacts, answers: Answers): Answers {
  const [question] = openQuestions(facts, answers)
  if (question === undefined) return answers
  const answer =
    question.default ?? { app: 'shop', hosts: 'a, deploy@b', port: '8000' }[question.id as 'app']
  expect(answerMistake(question, answer)).toBeUndefined()
  return answered(facts, { ...answers, [question.id]: answer })
}

const SHOP = factsOf(
  {
    web: {
      build: { context: '.' },
      ports: [{ target: 8000, published: '80', protocol: 'tcp' }],
      healthcheck: { test: ['CMD-SHELL', 'curl -fsS http://localhost:8000/health || exit 1'] },
    },
    worker: { build: { context: '.' } },
    api: { build: { context: '.' }, expose: ['9000'] },
    migrate: { build: { context: '.' } },
    db: { image: 'postgres:16' },
  },
  { web: 'app', worker: 'worker', api: 'app', migrate: 'job', db: 'accessory' },
  { branch: 'main', files: ['.env', '.env.production', 'compose.yaml'] },
)

test('only what the compose file does not say must be asked', () => {
  expect(openQuestions(SHOP, {}).map(({ id, default: preset }) => [id, preset])).toEqual([
    ['hosts', undefined],
    ['web', 'web'],
    ['domain', '*'],
  ])
  expect(openQuestions(SHOP, { web: 'none' }).map(({ id }) => id)).toEqual(['hosts'])
  expect(openQuestions(SHOP, { web: 'api' }).map(({ id }) => id)).toEqual([
    'hosts',
    'domain',
    'health',
  ])
  const done = { hosts: 'a', web: 'web', domain: '*' }
  expect(openQuestions(SHOP, done)).toEqual([])
})

test('the file must be short, and say why', () => {
  const text = writeConfig(SHOP, {
    hosts: 'deploy@a.example.com ssh://deploy@[2001:db8::1]:22',
    web: 'web',
    domain: 'shop.example.com',
  })
  expect(
    text,
  ).toBe(`# How Belay deploys this app. \`belay check --explain\` lists every setting there is;
# \`belay plan\` shows what a deployment would do, and touches nothing.
app: shop

environments:
  production:
    hosts:
      - deploy@a.example.com
      - "ssh://deploy@[2001:db8::1]:22"
    # Deploying from another branch asks first.
    branch: main
    # Values for the compose file. Add \`required: [NAME, …]\` for those that must be set.
    env:
      file: .env.production

services:
  web:
    # Requests for this domain go to port 8000 of the container.
    routes:
      - domain: shop.example.com
        port: 8000
    # A release is kept only when this answers 200.
    health: /health
  worker:
    # of worker
    role: worker
  # api listens on port 9000: give it \`routes\` if users call it, too.
  migrate:
    # of migrate
    role: job
  db:
    # of db
    role: accessory
`)
  const { config } = loadText(text, { beside: { '/app/.env.production': '' } })
  expect(config.hosts.map(({ name }) => name)).toEqual([
    'deploy@a.example.com',
    'deploy@2001:db8::1:22',
  ])
  expect(config.services['web']).toMatchObject({
    routes: [{ domain: 'shop.example.com', port: 8000 }],
  })
})

test('what the compose file takes from outside must be required, with or without a file', () => {
  const needing = { ...SHOP, variables: ['DB_PASSWORD', 'KEY'] }
  const answers = { hosts: 'a', web: 'none' }
  const withFile = loadText(writeConfig(needing, answers), {
    beside: { '/app/.env.production': 'DB_PASSWORD=x\nKEY=y\n' },
  })
  expect(withFile.config.env.values).toEqual({ DB_PASSWORD: 'x', KEY: 'y' })
  const without = writeConfig({ ...needing, files: [] }, answers)
  expect(() => loadText(without)).toThrow(/DB_PASSWORD|KEY|variables/)
})

test.each<[string, ComposeModel['services'][string], string | undefined]>([
  [
    'a path on its port',
    { healthcheck: { test: ['CMD', 'wget', '-qO-', 'http://127.0.0.1:8000/up?x=1'] } },
    'health: /up?x=1',
  ],
  [
    'a path on another port',
    { healthcheck: { test: ['CMD', 'curl', 'http://localhost:9/up'] } },
    'port: 9',
  ],
  [
    'no port, which is 80',
    { healthcheck: { test: ['CMD-SHELL', "curl 'http://localhost/up'"] } },
    'port: 80',
  ],
  ['something else', { healthcheck: { test: ['CMD', 'pg_isready'] } }, undefined],
  ['another machine', { healthcheck: { test: ['CMD', 'curl', 'http://db:8000/x'] } }, undefined],
  [
    'a variable',
    { healthcheck: { test: ['CMD-SHELL', 'curl http://localhost:8000/$P'] } },
    undefined,
  ],
])('a healthcheck that asks for %s must be carried over or left to Docker', (_, service, line) => {
  const ports = [{ target: 8000, published: '8000' }]
  const facts = factsOf({ web: { ...service, ports } }, { web: 'app' })
  expect(openQuestions(facts, {}).map(({ id }) => id)).toEqual(['hosts', 'domain'])
  const text = writeConfig(facts, { hosts: 'a', domain: '*' })
  expect(text).toContain(line ?? 'port: 8000\n')
  expect(text.includes('health')).toBe(line !== undefined)
  expect(loadText(text).config.services['web']?.checks).toHaveLength(line === undefined ? 0 : 1)
})

test.each<[Question['id'], string, string | undefined]>([
  ['app', 'shop-2', undefined],
  ['app', 'My Shop', 'lower-case letters, digits and -'],
  ['hosts', 'a, b', undefined],
  ['hosts', ' ', 'at least one server is needed'],
  ['hosts', 'a,a', 'a is there twice'],
  ['hosts', 'a,-x', '-x: a host does not begin with -, which ssh takes for an option'],
  ['port', '0', 'a whole number from 1 to 65535'],
  ['port', '80x', 'a whole number from 1 to 65535'],
  ['domain', '*', undefined],
  ['domain', 'https://x.com', 'a name such as shop.example.com, or *'],
  ['health', '-', undefined],
  ['health', 'up', 'a path such as /health, or -'],
])('the answer to %s, %j, must be judged', (id, answer, mistake) => {
  expect(answerMistake({ id, text: '' }, answer)).toBe(mistake)
})

test('443 must not be proposed beside another port, as the proxy does the TLS', () => {
  const ports = [
    { target: 443, published: '443' },
    { target: 8080, published: '80' },
  ]
  const facts = factsOf({ web: { ports } }, { web: 'app' })
  expect(openQuestions(facts, {}).map(({ id }) => id)).toEqual(['hosts', 'domain', 'health'])
  expect(writeConfig(facts, { hosts: 'a' })).toContain('port: 8080')
})

test('a proxy of the app’s own, and a service that nothing asks, must be pointed out', () => {
  const ports = [{ target: 80, published: '80' }]
  const text = (image: string) =>
    writeConfig(factsOf({ front: { image, ports } }, { front: 'app' }), { hosts: 'a', health: '-' })
  for (const image of ['nginx', 'caddy:2', 'registry:5000/library/nginx-unprivileged@sha256:0']) {
    expect(text(image)).toContain("# It works behind Belay's own proxy.")
  }
  expect(text('myapp/nginx-config:1')).not.toContain('proxy')
  expect(text('web')).toContain('    # health: /health\n')
})

test('what looks like a variable must be written so that it stands for itself', () => {
  const branch = 'feature/${HOME}'
  const text = writeConfig(factsOf({}, {}, { branch }), { hosts: 'a' })
  expect(loadText(text).config.branch).toBe(branch)
})

test('an answer outside of the choices must be refused', () => {
  const question = { id: 'web', text: '', choices: ['web', 'none'] } as const
  expect(answerMistake(question, 'wbe')).toBe('one of: web, none')
})

test('an app without a usable name must be asked for one', () => {
  const facts = factsOf({}, {}, { model: { services: {} }, folder: 'Ünï_Shop (2)' })
  expect(writeConfig(facts, { hosts: 'a' })).toContain('app: uni-shop-2\n')
  const odd = { ...facts, folder: '店' }
  expect(openQuestions(odd, {}).map(({ id }) => id)).toEqual(['app', 'hosts', 'web'])
})

test('whatever the compose file holds, the file written for it must load and say the same', () => {
  const name = fc
    .oneof(
      fc.stringMatching(/^[a-zA-Z0-9._-]{1,20}$/),
      fc.constantFrom('null', 'true', '1', '-', '---', '.', '0x1', 'y', '<<', '~', 'constructor'),
    )
    .filter((text) => text !== '__proto__' && /^[a-zA-Z0-9._-]+$/.test(text))
  const service = fc.record({
    role: fc.constantFrom<Role>('app', 'worker', 'job', 'accessory'),
    because: fc.string({ unit: 'binary' }),
    ports: fc.array(
      fc.record({ target: fc.integer({ min: 1, max: 65_535 }), published: fc.constant('80') }),
      { maxLength: 3 },
    ),
    test: fc.array(
      fc.oneof(
        fc.string(),
        fc.webUrl(),
        fc.webPath().map((path) => `http://localhost:80${path}`),
      ),
    ),
  })
  const branch = fc
    .string({ minLength: 1 })
    .filter((text) => text.trim() !== '' && !/\p{Cc}/u.test(text))
  fc.assert(
    fc.property(fc.dictionary(name, service, { maxKeys: 6 }), branch, (services, checkedOut) => {
      const facts: InitFacts = {
        model: {
          services: Object.fromEntries(
            Object.entries(services).map(([key, { ports, test }]) => [
              key,
              { ports, healthcheck: { test } },
            ]),
          ),
        },
        roles: services,
        folder: 'shop',
        branch: checkedOut,
        files: ['.env.prod'],
      }
      const answers = answered(facts, {})
      const { config } = loadText(writeConfig(facts, answers), { beside: { '/app/.env.prod': '' } })
      expect(config.branch).toBe(checkedOut)
      const web =
        answers.web ??
        Object.keys(services).find(
          (key) => services[key]?.role === 'app' && (services[key]?.ports.length ?? 0) > 0,
        )
      const said = Object.entries(services).map(([key, { role }]) => {
        if (key === web) return config.services[key]?.routes.length === 1
        return role === 'app' || config.services[key]?.role === role
      })
      expect(said).not.toContain(false)
    }),
    { numRuns: 150 },
  )
})
