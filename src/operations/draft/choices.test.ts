import { expect, test } from 'vitest'
import type { AppConfig } from '../../config/app-config.ts'
import { serviceChoices } from './choices.ts'

test('a service that only a smoke check names must be known with its port, or as a mistake', () => {
  const smoke = [{ kind: 'tcp', service: 'cache', settings: { port: 6379 } }]
  const services: AppConfig['services'] = {}
  expect(serviceChoices({ services, smoke } as unknown as AppConfig)).toEqual({
    cache: { routes: [], checkPorts: [6379], isChecked: true },
  })
})
