import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { configJsonSchema } from './json-schema.ts'
import type { JsonSchema } from './json-schema.ts'
import { loadText } from '../../tests/config/memory-files.ts'
import { publishedGuide, publishedSchema } from '../../scripts/published.ts'

const guide = readFileSync('docs/guide/configuration.md', 'utf8')

test('the committed JSON Schema must be the one that the code gives (scripts/schema.mjs)', () => {
  expect(readFileSync('schema/belay.schema.json', 'utf8')).toBe(publishedSchema())
})

test("the guide's reference must be the one that the code gives (scripts/schema.mjs)", () => {
  expect(guide).toBe(publishedGuide(guide))
})

test('every setting must have a description, and an example that is right', () => {
  const bare: string[] = []
  walk(configJsonSchema(), '', (path, schema) => {
    if (schema.description === undefined) bare.push(`${path}: no description`)
    if (schema.examples === undefined) bare.push(`${path}: no example`)
  })
  expect(bare).toEqual([])
})

/** Visits every key; the items of lists and maps are visited by their own names. */
function walk(
  root: JsonSchema,
  path: string,
  visit: (path: string, schema: JsonSchema) => void,
): void {
  const schemas = { '': root, ...root.definitions }
  for (const [name, schema] of Object.entries(schemas)) {
    for (const branch of [schema, ...(schema.anyOf ?? [])]) {
      for (const [key, inner] of Object.entries(branch.properties ?? {})) {
        visit(`${path}${name}.${key}`, inner)
        if (inner.$ref === undefined)
          walk({ ...inner, definitions: {} }, `${path}${name}.${key}`, visit)
      }
    }
  }
}

const KEYS: readonly (readonly [chapter: string, (example: string) => string])[] = [
  ['Top level', (example) => example],
  ['`compose`', (example) => `compose: { ${example} }`],
  ['`env`', (example) => `env: { ${example} }`],
  ['`services.<name>`', (example) => `services: { web: { ${example} } }`],
  [
    '`services.<name>.routes[…]`',
    (example) =>
      'services: { web: { routes: [{ domain: a.b, port: 1 }, { domain: c.d, port: 2, ' +
      `${example} }] } }`,
  ],
  ['`test[…]`', (example) => `test: [{ run: npm test, ${example} }]`],
  ['`build`', (example) => `build: { ${example} }`],
  ['`registry`', (example) => `registry: { ${withServer(example)} }`],
  ['`migrate`', (example) => `migrate: { service: web, run: up, ${example} }`],
  ['`tasks[…]`', (example) => `tasks: [{ service: web, run: up, ${example} }]`],
  ['`proxy`', (example) => `proxy: { ${example} }`],
  ['`proof`', (example) => `proof: { ${example} }`],
  ['`setup`', (example) => `setup: { ${example} }`],
  [
    '`setup.folders[…]`',
    (example) => `setup: { folders: [{ path: /srv/x, owner: 1, ${example} }] }`,
  ],
  ['`notify[…]`', (example) => `notify: [{ ${withChannel(example)} }]`],
  [
    '`notify[…].telegram`',
    (example) => `notify: [{ telegram: { token: t, chat: 1, ${example} } }]`,
  ],
  [
    '`notify[…].email`',
    (example) =>
      'notify: [{ email: { host: a, from: a@b.c, to: a@b.c, user: a, password: b, ' +
      `${example} } }]`,
  ],
  ['`notify[…].webhook`', (example) => `notify: [{ webhook: { url: "http://a", ${example} } }]`],
  ['`notify[…].gitlab-summary`', (example) => `notify: [{ gitlab-summary: { ${example} } }]`],
  ['`http`', (example) => `smoke: [{ http: { service: web, port: 1, ${example} } }]`],
  ['`tcp`', (example) => `smoke: [{ tcp: { service: db, port: 1, ${example} } }]`],
  ['`command`, or `run`', (example) => `smoke: [{ run: { service: db, command: x, ${example} } }]`],
  ['`tls`', (example) => `smoke: [{ tls: { service: web, domain: a.b, from: here, ${example} } }]`],
  ['`websocket`', (example) => `smoke: [{ websocket: { service: web, port: 1, ${example} } }]`],
  [
    '`static`',
    (example) => `smoke: [{ static: { service: web, paths: [/], port: 1, ${example} } }]`,
  ],
  ['`postgres`', (example) => `smoke: [{ postgres: { service: db, query: x, ${example} } }]`],
  ['`mysql`', (example) => `smoke: [{ mysql: { service: db, query: x, ${example} } }]`],
  ['`redis`', (example) => `smoke: [{ redis: { service: db, query: x, ${example} } }]`],
  ['`resources`', (example) => `smoke: [{ resources: { service: db, cpu: 9%, ${example} } }]`],
  ['`script`', (example) => `smoke: [{ script: { path: ./checks/smoke.sh, ${example} } }]`],
  ['`logs`', (example) => `smoke: [{ logs: { service: db, not: x, ${example} } }]`],
]

test.each(KEYS)('every example of the chapter %s must load', (chapter, around) => {
  const text = guide.split(`### ${chapter}\n`)[1]?.split('\n### ')[0] ?? ''
  const rows = [...text.matchAll(/^\| `([^`]+)` \|.*\| `(.*)` \|$/gm)]
  expect(rows.length).toBeGreaterThan(1)
  for (const [, key = '', escaped = ''] of rows) {
    const example = escaped.replaceAll('\\|', '|')
    expect(loadExample(around(example), key), `${chapter} ${example}`).toBeDefined()
  }
})

/** A registry has a name, and both halves of a login or none. */
function withServer(example: string): string {
  const half = /^(username|password):/.exec(example)?.[1]
  const other = half === 'username' ? 'password: x, ' : half === 'password' ? 'username: x, ' : ''
  return `${other}${example.startsWith('server:') ? '' : 'server: r.io, '}${example}`
}

/** The keys beside the channel's own need one. */
function withChannel(example: string): string {
  return /^(on|name|template):/.test(example) ? `slack: { url: "http://a" }, ${example}` : example
}

const routed = { routes: [{ domain: 'x.y', port: 1 }] }

/** Examples of one key stand over what the frame has already. */
function loadExample(text: string, key: string): unknown {
  const framed = JSON.parse(JSON.stringify(parse(text, { uniqueKeys: false })))
  const whole = { app: 'shop', hosts: ['a', 'deploy@a.example.com'], ...framed }
  if (['smoke', 'suites'].includes(key)) whole.services = { web: routed }
  if (key === 'services' || key === 'health') Object.assign(whole.services.web, routed)
  const scripts = { '/app/checks/smoke.sh': '#!/bin/sh' }
  const beside = Object.fromEntries(
    [
      'deploy/compose.yaml',
      'compose.production.yaml',
      '.env.production',
      'deploy/.env.example',
    ].map((name) => [`/app/${name}`, 'SECRET_KEY=x\nDATABASE_URL=x\n']),
  )
  const login = { REGISTRY_USER: 'u', REGISTRY_PASSWORD: 'p' }
  const values = { SMOKE_TOKEN: 't', SMOKE_PASSWORD: 'p', SECRET_KEY: 'x', DATABASE_URL: 'x' }
  const variables = { ...values, ...login }
  return loadText(JSON.stringify(whole), { beside: { ...beside, ...scripts }, variables }).config
}

test('every block of YAML in the guide must load', () => {
  const blocks = [...guide.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text]) => text ?? '')
  expect(blocks.length).toBeGreaterThanOrEqual(5)
  for (const block of blocks) {
    const text = /^app:/m.test(block) ? block : `app: shop\nhosts: [a]\n${block}`
    const environment = /^ {2}production:/m.test(text) ? { environment: 'production' } : {}
    const beside = { '/app/.env.production': 'DATABASE_URL=x\nSECRET_KEY=y\n' }
    const variables = { SMOKE_TOKEN: 'token', SMOKE_PASSWORD: 'word' }
    expect(loadText(text, { ...environment, beside, variables }).config.app).toBe('shop')
  }
})

test('the JSON Schema must let a variable stand for a number, and keep x- free', () => {
  const schema = configJsonSchema()
  expect(schema.properties?.['keep']?.anyOf).toContainEqual({
    $ref: '#/definitions/from-environment',
  })
  expect(schema.patternProperties).toHaveProperty('^x-')
  expect(schema.additionalProperties).toBe(false)
})
