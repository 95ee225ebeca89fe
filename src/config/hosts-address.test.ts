import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { parseHostAddress } from './hosts-address.ts'

test.each([
  ['shop', { name: 'shop', kind: 'ssh', destination: 'shop' }],
  ['local', { name: 'local', kind: 'local', destination: 'local' }],
  ['localhost', { name: 'localhost', kind: 'ssh', destination: 'localhost' }],
  [
    'deploy@shop.example.com',
    {
      name: 'deploy@shop.example.com',
      kind: 'ssh',
      destination: 'shop.example.com',
      user: 'deploy',
    },
  ],
  [
    'ssh://deploy@shop.example.com:2222',
    {
      name: 'deploy@shop.example.com:2222',
      kind: 'ssh',
      destination: 'shop.example.com',
      user: 'deploy',
      port: 2222,
    },
  ],
  ['ssh://shop/', { name: 'shop', kind: 'ssh', destination: 'shop' }],
  [
    'ssh://root@[2001:db8::1]:22',
    {
      name: 'root@2001:db8::1:22',
      kind: 'ssh',
      destination: '2001:db8::1',
      user: 'root',
      port: 22,
    },
  ],
  ['ssh://[fe80::1%eth0]', { name: 'fe80::1%eth0', kind: 'ssh', destination: 'fe80::1%eth0' }],
  [
    'me@corp.example@10.0.0.7',
    {
      name: 'me@corp.example@10.0.0.7',
      kind: 'ssh',
      destination: '10.0.0.7',
      user: 'me@corp.example',
    },
  ],
])('%s must be understood', (text, address) => {
  expect(parseHostAddress(text)).toEqual({ ok: true, address })
})

test.each([
  ['', 'it is empty'],
  ['-oProxyCommand=x', 'a host does not begin with -'],
  ['deploy@-oProxyCommand=x', 'no - at its beginning'],
  ['-oProxyCommand=x@host', 'a host does not begin with -'],
  ['ssh://-l@host', 'no - at its beginning'],
  ['ssh://deploy@-x:22', 'no - at its beginning'],
  ['a b', 'no spaces or control characters'],
  ['a\tb', 'no spaces or control characters'],
  ['a\nb', 'no spaces or control characters'],
  ['a\0b', 'no spaces or control characters'],
  ['a\u00a0b', 'no spaces or control characters'],
  ['root:hunter2@host', 'a password has no place here'],
  ['ssh://root:hunter2@host', 'a password has no place here'],
  ['host:22', 'a port needs the long form: ssh://host:22'],
  ['deploy@host:22', 'a port needs the long form: ssh://deploy@host:22'],
  ['deploy@host:/srv', 'a host has no path'],
  ['host/path', 'a host has no path'],
  ['ssh://host/path', 'a host has no path'],
  ['::1', 'an IPv6 address is written ssh://[::1]'],
  ['root@2001:db8::1', 'an IPv6 address is written ssh://root@[2001:db8::1]'],
  ['[::1]', 'an IPv6 address is written ssh://[::1]'],
  ['ssh://root@2001:db8::1', 'stands in brackets'],
  ['ssh://host:0', 'a whole number from 1 to 65535'],
  ['ssh://host:65536', 'a whole number from 1 to 65535'],
  ['ssh://host:22x', 'a whole number from 1 to 65535'],
  ['ssh://host:', 'a whole number from 1 to 65535'],
  ['ssh://', 'the name of the host is missing'],
  ['deploy@', 'the name of the host is missing'],
  ['@host', 'a user stands before the @'],
  ['https://host', 'only ssh:// leads to a host'],
  ['ssh://[.]', 'an IPv6 address stands in brackets'],
  ['münchen.example', 'a host is written in ASCII'],
  ['$(id)', 'a host has only letters'],
  ['`id`', 'a host has only letters'],
  ["a'b", 'a host has only letters'],
])('%j must be refused', (text, reason) => {
  expect(parseHostAddress(text)).toEqual({ ok: false, reason: expect.stringContaining(reason) })
})

test('whatever is accepted must be safe as words of an ssh command', () => {
  const pieces = fc.constantFrom(
    '-',
    '@',
    ':',
    '//',
    'ssh://',
    'a',
    '1',
    '[',
    ']',
    ' ',
    '$',
    'é',
    '.',
  )
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(pieces).map((some) => some.join('')),
  )
  fc.assert(
    fc.property(texts, (text) => {
      const parsed = parseHostAddress(text)
      if (!parsed.ok) return
      expect(parsed.address.destination).toMatch(/^[A-Za-z0-9_:][A-Za-z0-9_.:%-]*$/)
      expect(parsed.address.user ?? 'u').toMatch(/^[A-Za-z0-9_][A-Za-z0-9_.@+-]*\$?$/)
    }),
    { numRuns: 3000 },
  )
})
