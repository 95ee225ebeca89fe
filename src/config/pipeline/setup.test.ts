import { expect, test } from 'vitest'
import type { Failure } from '../../base/failure.ts'
import { loadText } from '../../../tests/config/memory-files.ts'

const load = (setup: string) => loadText(`app: shop\nhosts: [a]\nsetup: ${setup}\n`).config.setup
const mistakeIn = (setup: string) => {
  try {
    load(setup)
  } catch (error) {
    return (error as Failure).evidence.join('\n')
  }
  return expect.unreachable()
}

test('what a server should have must be read, an owner by number or name', () => {
  expect(
    load(
      '{ deploy-user: deploy, firewall: [80], folders: [{ path: /srv/a, owner: 1001 }, ' +
        '{ path: /var/lib/shop, owner: "app:staff" }] }',
    ),
  ).toEqual({
    deployUser: 'deploy',
    firewall: [80],
    folders: [
      { path: '/srv/a', owner: '1001' },
      { path: '/var/lib/shop', owner: 'app:staff' },
    ],
  })
})

test.each([
  '/',
  '/etc',
  '/etc/x',
  '/usr/share/x',
  '/var/lib',
  '/var/lib/docker/x',
  '/home',
  'data',
  '/srv/../etc',
])('a folder of the system, or a relative one, must be refused: %s', (path) => {
  expect(mistakeIn(`{ folders: [{ path: ${path}, owner: 1 }] }`)).toMatch(
    /^belay\.yaml:3:\d+ {2}setup\.folders\[0\]\.path is .*; an absolute path is needed/,
  )
})

test.each([
  ['{ deploy-user: "Root User" }', 'setup.deploy-user'],
  ['{ firewall: [99999] }', 'a port is a whole number'],
  ['{ folders: [{ path: /srv/a, owner: "a b" }] }', 'an owner is'],
  ['{ folder: [] }', 'did you mean "folders"?'],
])('a mistake must be told with its place: %s', (setup, says) => {
  expect(mistakeIn(setup)).toContain(says)
  expect(mistakeIn(setup)).toMatch(/^belay\.yaml:3:/)
})
