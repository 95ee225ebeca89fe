import { describe, expect, it } from 'vitest'
import { healthCommandOf, healthTimeoutOf, memoryBytesOf, stopGraceOf } from './service-facts.ts'

describe('the health command', () => {
  const image = ['CMD', 'from-image']

  it.each([
    [{ test: ['CMD', 'curl', 'x y'] }, ['curl', 'x y']],
    [{ test: ['CMD-SHELL', 'curl x || exit 1'] }, ['/bin/sh', '-c', 'curl x || exit 1']],
    [{ test: ['NONE'] }, undefined],
    [{ disable: true, test: ['CMD', 'a'] }, undefined],
    [{ interval: '5s' }, ['from-image']],
    [undefined, ['from-image']],
  ])('of %j is %j', (healthcheck, expected) => {
    expect(healthCommandOf(healthcheck, image)).toEqual(expected)
  })

  it('of an image may be an argv already, or nothing', () => {
    expect(healthCommandOf(undefined, ['pg_isready'])).toEqual(['pg_isready'])
    expect(healthCommandOf(undefined, ['NONE'])).toBeUndefined()
    expect(healthCommandOf(undefined, undefined)).toBeUndefined()
  })
})

it('times and limits are Docker’s where none are given', () => {
  expect(healthTimeoutOf({ timeout: '1.5s' })).toBe(1500)
  expect(healthTimeoutOf({ timeout: '0s' })).toBe(30_000)
  expect(healthTimeoutOf(undefined)).toBe(30_000)
  expect(stopGraceOf({ stop_grace_period: '1m30s' })).toBe(90)
  expect(stopGraceOf({ stop_grace_period: '500ms' })).toBe(1)
  expect(stopGraceOf({})).toBe(10)
  expect(memoryBytesOf({ mem_limit: '1048576' })).toBe(1_048_576)
  expect(memoryBytesOf({ deploy: { resources: { limits: { memory: '2048' } } } })).toBe(2048)
  expect(memoryBytesOf({ mem_limit: '0' })).toBeUndefined()
  expect(memoryBytesOf({})).toBeUndefined()
})
