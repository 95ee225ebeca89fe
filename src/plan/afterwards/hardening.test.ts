import { expect, test } from 'vitest'
import { type ContainerPower, hardeningAdvice } from './hardening.ts'

const container = (service: string, over: Partial<ContainerPower> = {}): ContainerPower => ({
  service,
  user: '1001',
  securityOptions: ['no-new-privileges:true'],
  droppedCapabilities: ['ALL'],
  ...over,
})

test('advice must be one sentence that names each service where it applies', () => {
  const advice = hardeningAdvice([
    container('web', { user: '', droppedCapabilities: [] }),
    container('db', { user: '0:0', securityOptions: ['seccomp=unconfined'] }),
    container('good'),
  ])
  expect(advice).toBe(
    'containers could have less power; runs as root: db, web; may gain privileges ' +
      '(security_opt: [no-new-privileges:true]): db; keeps all capabilities (cap_drop: [ALL]): web',
  )
})

test('what is well bounded, or not known, must not be told of', () => {
  const { user: _, ...unknown } = container('web')
  expect(
    hardeningAdvice([unknown, container('db', { securityOptions: ['no-new-privileges'] })]),
  ).toBe(undefined)
  expect(
    hardeningAdvice([container('a', { user: '1000:0' }), container('b', { user: 'app' })]),
  ).toBe(undefined)
})
