import { expect, test } from 'vitest'
import type { ComposeModel } from '../plan/compose-model.ts'
import { checkAgainstCompose } from './compose-check.ts'
import { loadText } from '../../tests/config/memory-files.ts'

const loaded = loadText(`
app: shop
hosts: [a]
services:
  wrker: { role: worker }
  web: { routes: [{ domain: x.com, port: 80 }] }
environments:
  production:
    services: { metrics: {} }
smoke:
  - http: {}
  - tcp: { service: cahe, port: 1 }
  - run: { service: zzz, command: x }
`)

test('services that compose does not know must be told with place and nearest name', () => {
  const model: ComposeModel = { services: { web: {}, worker: {}, cache: {} } }
  expect(checkAgainstCompose(loaded, model)).toEqual([
    {
      at: { line: 5, column: 3 },
      path: 'services.wrker',
      text: 'services.wrker: the compose file has no service "wrker"; did you mean "worker"?',
    },
    {
      at: { line: 9, column: 17 },
      path: 'environments.production.services.metrics',
      text:
        'environments.production.services.metrics: the compose file has no service "metrics"; ' +
        'it has: web, worker, cache; one in a profile needs compose: { profiles: […] }',
    },
    {
      at: { line: 12, column: 21 },
      path: 'smoke[1].tcp.service',
      text: 'smoke[1].tcp.service: the compose file has no service "cahe"; did you mean "cache"?',
    },
    {
      at: { line: 13, column: 21 },
      path: 'smoke[2].run.service',
      text:
        'smoke[2].run.service: the compose file has no service "zzz"; it has: web, worker, ' +
        'cache; ' +
        'one in a profile needs compose: { profiles: […] }',
    },
  ])
})

test('services whose image runs a migration or a task must be there', () => {
  const text =
    'app: shop\nhosts: [a]\nmigrate: { service: wbe, run: x }\ntasks: [{ service: wbe, run: y }]'
  const model = { services: { web: {} } }
  expect(checkAgainstCompose(loadText(text), model).map((it) => it.text)).toEqual([
    'migrate.service: the compose file has no service "wbe"; did you mean "web"?',
    'tasks[0].service: the compose file has no service "wbe"; did you mean "web"?',
  ])
  expect(checkAgainstCompose(loadText('app: shop\nhosts: [a]\nmigrate: none'), model)).toEqual([])
})

test('a name that every object has must not pass for a service', () => {
  const odd = loadText('app: shop\nhosts: [a]\nservices: { constructor: {}, toString: {} }')
  expect(checkAgainstCompose(odd, { services: {} })).toHaveLength(2)
})

test('nothing must be told when all are there', () => {
  const services = { web: {}, wrker: {}, metrics: {}, cahe: {}, zzz: {} }
  expect(checkAgainstCompose(loaded, { services })).toEqual([])
})
