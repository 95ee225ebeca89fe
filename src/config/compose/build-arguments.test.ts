import { expect, test } from 'vitest'
import { readYaml } from '../source/read-yaml.ts'
import { outsideArguments } from './build-arguments.ts'

const VALUES: Readonly<Record<string, string>> = {
  NPM_TOKEN: 'hunter2-hunter2',
  APP_VERSION: '1.2.3',
  GIT_COMMIT: 'c0ffee',
  NODE_ENV: 'production',
  EMPTY: '',
  COUNT: '12',
}

const found = (text: string) => {
  const { tree } = readYaml(text)
  if (tree === undefined) throw new Error('no YAML')
  return outsideArguments(tree, (name) => VALUES[name]).map(
    ({ service, name, variable, at }) => `${at.line} ${service} ${name} ${variable}`,
  )
}

const args = (written: string): string => `services:\n  web:\n    build:\n      args: ${written}\n`

test.each([
  ['in braces', '{ TOKEN: "${NPM_TOKEN}" }', 'TOKEN'],
  ['without', '{ TOKEN: $NPM_TOKEN }', 'TOKEN'],
  ['with a default', '{ TOKEN: "${NPM_TOKEN:-none}" }', 'TOKEN'],
  ['inside of a text', '{ URL: "https://x:${NPM_TOKEN}@y" }', 'URL'],
  ['by its own name', '{ NPM_TOKEN: }', 'NPM_TOKEN'],
  ['in a list', '["A=1", "TOKEN=${NPM_TOKEN}"]', 'TOKEN'],
  ['in a list by its own name', '[NPM_TOKEN]', 'NPM_TOKEN'],
])('an argument from outside must be found: %s', (_, written, name) => {
  expect(found(args(written))).toEqual([`4 web ${name} NPM_TOKEN`])
})

test.each([
  ['a plain text', '{ A: b, C: "$$NPM_TOKEN" }'],
  ['a version or a commit', '{ A: "${APP_VERSION}", B: "${GIT_COMMIT}" }'],
  ['a word that many use', '{ A: "${NODE_ENV}", B: "${COUNT}" }'],
  ['a default of the file', '{ A: "${NOT_SET:-b}", B: "${EMPTY:-c}", NOT_SET: }'],
  ['nothing at all', '{}'],
])('what holds no secret must be let through: %s', (_, written) => {
  expect(found(args(written))).toEqual([])
})

test('a service without a build, and a build that is a folder alone, must be passed over', () => {
  expect(found('services: { a: { image: x }, b: { build: . }, c: }')).toEqual([])
})
