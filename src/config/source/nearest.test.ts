import { expect, test } from 'vitest'
import { nearest } from './nearest.ts'

const KNOWN = ['health', 'hosts', 'start-timeout', 'rollout', 'role', 'smoke', 'env']

test.each([
  ['helth', 'health'],
  ['healht', 'health'],
  ['healthcheck', 'health'],
  ['startTimeout', 'start-timeout'],
  ['start_timeout', 'start-timeout'],
  ['host', 'hosts'],
  ['Smoke', 'smoke'],
  ['rol', 'role'],
  ['roles', 'role'],
  ['envs', 'env'],
  ['evn', 'env'],
])('%s must lead to %s', (typed, known) => {
  expect(nearest(typed, KNOWN)).toBe(known)
})

test.each(['image', 'ports', 'x', '', 'constructor', 'a'.repeat(10_000)])(
  '%s must lead nowhere',
  (typed) => {
    expect(nearest(typed, KNOWN)).toBeUndefined()
  },
)
