import { describe, expect, test } from 'vitest'
import { loadText, mistakesOf } from '../../../tests/config/memory-files.ts'

const below = (text: string): string => `app: shop\nhosts: [deploy@a.example.com]\n${text}`
const variables = { NPM_TOKEN: 'hunter2-hunter2', VERSION: '1.2.3' }

const mistakesIn = (text: string) => mistakesOf(() => loadText(below(text), { variables }))

describe('build', () => {
  test('of a service must be laid over that of all, maps name by name, lists as a whole', () => {
    const { config } = loadText(
      below(`
build:
  on: deploy@a.example.com
  args: { NODE_ENV: production, PORT: 8000, DEBUG: false }
  labels: { team: shop }
  tags: [latest]
  cache: { from: [type=gha] }
services:
  worker:
    build: { target: worker, args: { PORT: 9000 }, tags: [edge], platforms: [linux/arm64] }
  web: {}
`),
    )
    const all = {
      args: { NODE_ENV: 'production', PORT: '8000', DEBUG: 'false' },
      labels: { team: 'shop' },
      publicArgs: [],
      platforms: [],
      cacheFrom: ['type=gha'],
      cacheTo: [],
      tags: ['latest'],
    }
    expect(config.build).toEqual({ on: 'deploy@a.example.com', ...all })
    expect(config.services['web']?.build).toBeUndefined()
    expect(config.services['worker']?.build).toEqual({
      ...all,
      target: 'worker',
      args: { ...all.args, PORT: '9000' },
      tags: ['edge'],
      platforms: ['linux/arm64'],
    })
  })

  test('of an environment must be laid over that of all, arguments one by one', () => {
    const text =
      'app: shop\nhosts: [a]\nbuild: { args: { A: x, B: y } }\n' +
      'environments: { staging: { build: { args: { B: z } } } }\n'
    expect(loadText(text).config.build.args).toEqual({ A: 'x', B: 'z' })
  })

  test('may take an argument from outside that is named as public', () => {
    const text = 'build: { public-args: [VERSION], args: { VERSION: "v${VERSION}" } }'
    expect(loadText(below(text), { variables }).config.build.args).toEqual({ VERSION: 'v1.2.3' })
    const ofAll = `build: { public-args: [VERSION] }
services: { web: { build: { args: { VERSION: "\${VERSION}" } } } }`
    expect(mistakesIn(ofAll)).toEqual([])
  })
})

test.each([
  [
    'build: { on: there }',
    'belay.yaml:3:14  build.on is "there", which is no host here; allowed: here, deploy@a.example.com; ' +
      'did you mean "here"?',
  ],
  [
    'build: { args: { NPM_TOKEN: "${NPM_TOKEN}" } }',
    'belay.yaml:3:29  build.args.NPM_TOKEN comes from ${NPM_TOKEN}: a build argument stays readable in ' +
      'the image. Hand a secret over by build.secrets of the compose file',
  ],
  [
    'services: { web: { build: { args: { T: "a-${NPM_TOKEN}" } } } }',
    'services.web.build.args.T comes from ${NPM_TOKEN}: a build argument stays readable',
  ],
  ['build: { platforms: [amd64] }', 'such as linux/amd64'],
  ['build: { platforms: linux/amd64 }', 'a list is needed, such as [linux/amd64]'],
  ['build: { tags: ["shop:latest"] }', 'a tag has only letters, digits and . _ - in it'],
  ['build: { args: [A=b] }', 'a map of texts is needed, such as { NODE_ENV: production }'],
  ['build: { args: { A: [b] } }', 'build.args.A is a list'],
  ['build: { traget: x }', 'unknown key "traget" in build; did you mean "target"?'],
  ['build: { cache: { form: [] } }', 'unknown key "form" in build.cache; did you mean "from"?'],
  ['build: { public-args: [a-b] }', 'the name of a variable has only letters, digits and _'],
])('%s must be answered with its place and what is allowed', (text, line) => {
  expect(mistakesIn(text).join('\n')).toContain(line)
})

test('the value of a secret must not be shown with the mistake', () => {
  const lines = mistakesIn('build: { args: { NPM_TOKEN: "${NPM_TOKEN}" } }')
  expect(lines.join()).not.toContain('hunter2')
})
