import { expect, test } from 'vitest'
import { isNetwork } from './network.ts'

test.each(['10.0.0.5', '0.0.0.0/0', '192.168.1.0/24', '::1', '2001:db8::/32', '::ffff:10.0.0.1'])(
  '%s must be an address or a range of them',
  (text) => expect(isNetwork(text)).toBe(true),
)

test.each(['', '10.0.0', '10.0.0.256', '10.0.0.05', '10.0.0.0/33', '10.0.0.0/8/8', '::1/129'])(
  '%j must be none',
  (text) => expect(isNetwork(text)).toBe(false),
)

test.each([':', 'fe80::1%eth0', 'lb.example.com', '10.0.0.0/ 8', '10.0.0.0/x', 'a b', '[::1]'])(
  '%j must be none either',
  (text) => expect(isNetwork(text)).toBe(false),
)
