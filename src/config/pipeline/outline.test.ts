import { expect, it } from 'vitest'
import { memoryFiles } from '../../../tests/config/memory-files.ts'
import { Failure } from '../../base/failure.ts'
import { readOutline } from './outline.ts'
import { stagesOf } from './stages.ts'

function outline(text: string, beside: Readonly<Record<string, string>> = {}) {
  const files = memoryFiles({ '/app/belay.yaml': text, ...beside })
  return readOutline({ directory: '/app', files })
}

it('tells environments, branches, names and files without a single value', () => {
  const text = `
app: shop
x-note: \${NOT_MEANT}
compose: deploy/compose.yaml
branch: main
smoke: [{ http: { path: /, send-headers: { authorization: "\${TOKEN}" } } }]
services: { web: { routes: [{ domain: a.b, port: "\${PORT}" }] } }
environments:
  staging: { hosts: [a], branch: develop, compose: { profiles: [x] } }
  production:
    hosts: ["\${HOST}"]
    env: { file: .env.production, required: [KEY] }
`
  const { app, file, environments } = outline(text, {
    '/app/deploy/compose.yaml': 'services: { web: { build: . } }',
    '/app/deploy/.env': 'A=b',
  })
  expect([app, file]).toEqual(['shop', 'belay.yaml'])
  const both = { composeFiles: ['deploy/compose.yaml'], builds: true, busy: 'wait' }
  expect(environments).toEqual([
    {
      ...both,
      name: 'staging',
      branch: 'develop',
      hosts: ['a'],
      variables: ['TOKEN', 'PORT'],
      required: [],
      envFile: 'deploy/.env',
    },
    {
      ...both,
      name: 'production',
      branch: 'main',
      hosts: [`\${HOST}`],
      variables: ['TOKEN', 'PORT', 'HOST'],
      required: ['KEY'],
      envFile: '.env.production',
    },
  ])
})

it('finds the compose file beside it, and the one environment that has no name', () => {
  const { environments } = outline('app: shop\nhosts: [a]\n', {
    '/app/docker-compose.yml': 'services: { web: { image: x } }',
  })
  expect(environments).toEqual([
    {
      name: 'production',
      hosts: ['a'],
      variables: [],
      required: [],
      composeFiles: ['docker-compose.yml'],
      builds: false,
      busy: 'wait',
    },
  ])
})

it('tells mistakes as ever', () => {
  for (const text of ['', 'app: [', 'app: Shop!\nhostss: [a]']) {
    expect(() => outline(text), text).toThrow(Failure)
  }
})

it("reads the stages of somebody's pipeline", () => {
  expect(stagesOf('stages: [a, b]')).toEqual(['a', 'b'])
  for (const text of ['x: 1', '', '[', 'stages: 3']) expect(stagesOf(text)).toEqual([])
})
