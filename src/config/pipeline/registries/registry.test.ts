import { expect, test } from 'vitest'
import { loadText } from '../../../../tests/config/memory-files.ts'
import { registryOf } from './registry.ts'

const BASE = 'app: shop\nhosts: [a.example.com]\n'
const load = (registry: string) =>
  loadText(`${BASE}registry: ${registry}\n`, { variables: { PW: 'letmein9', USER9: 'robot9' } })

test('one registry, or a list, must be taken with its login; what it was filled with is secret', () => {
  const { config, secrets } = load(
    '{ server: r.example.com, username: "${USER9}", password: "${PW}" }',
  )
  expect(config.registries).toEqual([
    {
      server: 'r.example.com',
      login: { username: 'robot9', password: 'letmein9' },
      timeoutMs: 1_800_000,
    },
  ])
  expect(secrets).toContain('letmein9')
  expect(
    load('[{ server: "r.example.com:5000", repository: "acme/{service}" }]').config.registries,
  ).toEqual([{ server: 'r.example.com:5000', repository: 'acme/{service}', timeoutMs: 1_800_000 }])
  expect(loadText(BASE).config.registries).toEqual([])
})

test('a password that is written in the file must be secret all the same', () => {
  expect(load('{ server: r.io, username: a, password: written7 }').secrets).toContain('written7')
})

test.each([
  ['{ server: "https://r.example.com" }', 'no https:// before it'],
  ['{ server: r.io, username: ann }', 'registry.username: password is missing'],
  ['[{ server: r.io }, { server: r.io }]', 'registry[1].server: is in the list already'],
  [
    '[{ server: a.io, repository: x }, { server: b.io, repository: y }]',
    'built images go to one registry',
  ],
  ['{ server: r.io, pasword: x }', 'did you mean "password"?'],
  ['{ server: r.io, repository: "Acme/Shop" }', 'a name in small letters is needed'],
])('registry: %s must be told: %s', (written, text) => {
  expect(() => load(written)).toThrow(
    expect.objectContaining({ evidence: expect.arrayContaining([expect.stringContaining(text)]) }),
  )
})

test('an image must lead to the registry in its name, and to the Hub without one', () => {
  const [hub, own] = [
    { server: 'docker.io', timeoutMs: 1 },
    { server: 'localhost:5000', timeoutMs: 1 },
  ]
  const of = (reference: string) => registryOf(reference, [hub, own])
  expect([of('redis:7'), of('acme/shop'), of('localhost:5000/shop'), of('ghcr.io/a/b')]).toEqual([
    hub,
    hub,
    own,
    undefined,
  ])
})
