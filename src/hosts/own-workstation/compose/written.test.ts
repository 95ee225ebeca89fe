import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ComposeWritten } from '../../workstation.ts'
import { composeWritten } from './written.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'belay-written-'))
  mkdirSync(join(folder, 'more'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
const caller = { TOKEN: 'from-the-caller', PROJECT: 'theirs', COMPOSE_PROJECT_NAME: 'no' }

function written(text: string, over: object = {}): Promise<ComposeWritten> {
  write('compose.yaml', text)
  const request = { directory: folder, files: ['compose.yaml'], values: {} }
  return composeWritten({ env: caller }, { ...request, ...over })
}

test.each([
  ['name: shop', 'shop'],
  ['name: "shop" # ours', 'shop'],
  ['{"name": "shop", "services": {}}', 'shop'],
  ['{\n  "name":\n    "shop"\n}', 'shop'],
  ['{ name: shop, services: { web: { image: x } } }', 'shop'],
  ['name: ${PROJECT}', 'theirs'],
  ['name: ${NOBODY:-shop}', 'shop'],
  ['x-text: |\n  name: no\n', undefined],
  ['services: { name: { image: x } }', undefined],
  ['name: Not Allowed', undefined],
  ['name: ${NOBODY:?why}', undefined],
  ['', undefined],
])('the name of a project must be found however it is written: %j', async (text, name) => {
  expect((await written(text)).name).toBe(name)
})

test('of several files the last that has a name must give it', async () => {
  write('other.yaml', 'name: other')
  const both = (files: readonly string[]) => written('name: shop', { files })
  expect((await both(['compose.yaml', 'other.yaml'])).name).toBe('other')
  expect((await both(['other.yaml', 'compose.yaml'])).name).toBe('shop')
})

test('values that compose takes from the caller must be told as secrets, from every file', async () => {
  write('more/compose.yaml', 'services: { api: { environment: [TOKEN] } }')
  expect((await written('include: [more/compose.yaml]')).secrets).toEqual(['from-the-caller'])
  write('web.env', 'A=$TOKEN\n')
  expect((await written('services: { web: { env_file: web.env } }')).secrets).toEqual([
    'from-the-caller',
  ])
  expect((await written('services: { web: { image: "x:$TOKEN" } }')).secrets).toEqual([])
})

test('what the environment says itself must not be taken for the caller’s', async () => {
  const text = 'services: { web: { environment: { A: "$TOKEN" } } }'
  expect((await written(text, { values: { TOKEN: 'own' } })).secrets).toEqual([])
})

test('a $ that costs a value a part of it must be told, with file and line, and no part', async () => {
  write('.env', 'A=1\nPASSWORD=pa$word\n')
  write('web.env', 'KEY=x$TOKEN$rest\n')
  write('raw.env', 'KEY=x$rest\n')
  const files = '[web.env, { path: raw.env, format: raw }]'
  const text = `services: { web: { env_file: ${files}, environment: { A: "\${used}" } } }`
  const envFile = join(folder, '.env')
  const { warnings, namesInEnvFiles } = await written(text, { envFile })
  expect(warnings.map((warning) => warning.split(' in ')[0])).toEqual([
    'web.env:1: a $',
    '.env:2: a $',
  ])
  expect(warnings.join()).toContain("PASSWORD='…' in single quotes")
  expect(warnings.join()).not.toMatch(/word\b(?!=)|rest/)
  expect([...namesInEnvFiles].toSorted()).toEqual(['TOKEN', 'rest', 'word'])
})

test('services must be known from all files, and unknown where a part is not here', async () => {
  write('more/compose.yaml', 'services: { api: {} }')
  write('base.yaml', 'services: { app: {} }')
  const web = 'services: { web: { extends: { file: base.yaml, service: app } } }'
  expect((await written(`include: [more/compose.yaml]\n${web}`)).services).toEqual(['web', 'api'])
  expect((await written(`include: [oci://example.com/x]\n${web}`)).services).toBeUndefined()
  expect((await written(`${web}\n---\nservices: {}`)).services).toBeUndefined()
})

test('what is no YAML must be a mistake with its place; files that are missing are told', async () => {
  const { mistakes, services } = await written('services:\n  web: [')
  expect(mistakes).toMatchObject([{ file: join(folder, 'compose.yaml'), at: { line: 2 } }])
  expect(services).toBeUndefined()
  expect((await written('a: 1\n---\nb: 2')).mistakes).toEqual([])
  const { missing } = await written('services:\n  web:\n    env_file: gone.env')
  expect(missing).toEqual(['compose.yaml:3: env_file gone.env: there is no such file'])
})
