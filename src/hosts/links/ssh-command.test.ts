import { describe, expect, test } from 'vitest'
import type { HostAddress } from '../../config/app-config.ts'
import { keyProbeArgv, masterArgv, settingsArgv, sideArgv } from './ssh-command.ts'

const at = (destination: string, more: Partial<HostAddress> = {}): { address: HostAddress } => ({
  address: { name: destination, kind: 'ssh', destination, ...more },
})

describe('what ssh is called with', () => {
  test('the address must come last, after the mark that ends the options', () => {
    const target = { ...at('a.example.com', { user: 'deploy', port: 2222 }), configFile: '/c' }
    const argv = masterArgv(target, '/tmp/x/m', ['sh', '-c', 'echo "$1"'])
    expect(argv.slice(0, 3)).toEqual(['ssh', '-F', '/c'])
    expect(argv.slice(-7, -1)).toEqual(['-p', '2222', '-l', 'deploy', '--', 'a.example.com'])
    expect(argv.at(-1)).toBe(`exec sh -c 'echo "$1"'`)
  })

  test('host keys must be checked, and nobody must be asked for a password', () => {
    const argv = masterArgv(at('a'), '/tmp/x/m', ['true'])
    expect(argv).toContain('StrictHostKeyChecking=yes')
    expect(argv).toContain('BatchMode=yes')
    expect(argv).toContain('ControlPath=/tmp/x/m')
  })

  test('settings of the user that would change what runs must be put aside', () => {
    const argv = masterArgv(at('a'), '/tmp/x/m', ['true'])
    for (const setting of ['RemoteCommand=none', 'RequestTTY=no', 'ClearAllForwardings=yes']) {
      expect(argv).toContain(setting)
    }
  })

  test('what the master carries must never connect by itself', () => {
    const argv = sideArgv('/tmp/x/m', ['-O', 'check', 'belay'])
    expect(argv).toContain('ProxyCommand=false')
    expect(argv.join(' ')).toContain('-F /dev/null -S /tmp/x/m')
  })

  test('asking for a key must not use a connection that is there already', () => {
    expect(keyProbeArgv(at('a'), [])).toContain('ControlPath=none')
    expect(settingsArgv(at('a'))).toEqual(['ssh', '-G', '--', 'a'])
  })

  test.each(['-oProxyCommand=id', '', 'a b', 'a\nb', '$(id)', 'a;b', '`id`', 'x'.repeat(300)])(
    'the address %j must be refused before it reaches ssh',
    (destination) => {
      const failure = { code: 'HOST_ADDRESS_UNSAFE', exit: 'input' }
      expect(() => settingsArgv(at(destination))).toThrow(expect.objectContaining(failure))
    },
  )

  test.each(['-oProxyCommand=id', '', 'a b'])('the user %j must be refused as well', (user) => {
    expect(() => settingsArgv(at('a', { user }))).toThrow('cannot be the address of a host')
  })

  test('an IPv6 address must be let through', () => {
    expect(settingsArgv(at('fe80::1%eth0')).at(-1)).toBe('fe80::1%eth0')
  })
})
