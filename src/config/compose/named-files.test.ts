import { expect, test } from 'vitest'
import { readYaml } from '../source/read-yaml.ts'
import { filesNamedIn, includesAddress } from './named-files.ts'

const VALUES: Readonly<Record<string, string>> = { ENV: 'staging' }

function named(text: string, isExtended = false): readonly string[] {
  const { tree } = readYaml(text)
  const from = { directory: '/app', isExtended, lookup: (name: string) => VALUES[name] }
  return filesNamedIn(tree!, from).map((each) => {
    const inside = each.kind === 'compose' ? ` in ${each.opened.directory}` : ''
    const optional = each.isRequired ? '' : '?'
    return `${each.at.line} ${each.kind} ${each.key} ${each.path}${optional}${inside}`
  })
}

test('env files must be found in every form, the ones that may be missing marked', () => {
  const text = `services:
  one: { env_file: one.env }
  two:
    env_file: [two.env, ../shared.env]
  three:
    env_file:
      - path: three.env
        required: false
      - { path: /etc/four.env, format: raw }
    label_file: ./labels
`
  expect(named(text)).toEqual([
    '2 env env_file /app/one.env',
    '4 env env_file /app/two.env',
    '4 env env_file /shared.env',
    '7 env env_file /app/three.env?',
    '9 raw env_file /etc/four.env',
    '10 raw label_file /app/labels',
  ])
})

test('an extended file must bring its own folder, and no file of it be demanded', () => {
  const text = `services:
  web: { extends: { file: common/base.yaml, service: app } }
  api: { extends: web }
  job: { extends: { service: web } }
`
  expect(named(text)).toEqual(['2 compose extends /app/common/base.yaml in /app/common'])
  expect(named('services: { app: { env_file: x.env } }', true)).toEqual([
    '1 env env_file /app/x.env?',
  ])
  expect(named('include: [more.yaml]', true)).toEqual([])
})

test('an include must bring its folder and its env files, written or not', () => {
  const text = `include:
  - more/compose.yaml
  - path: [a/one.yaml, b/two.yaml]
    project_directory: c
    env_file: [c.env]
  - { path: d.yaml, env_file: /dev/null }
`
  expect(named(text)).toEqual([
    '2 env include /app/more/.env?',
    '2 compose include /app/more/compose.yaml in /app/more',
    '5 env env_file /app/c.env',
    '3 compose include /app/a/one.yaml in /app/c',
    '3 compose include /app/b/two.yaml in /app/c',
    '6 env env_file /dev/null',
    '6 compose include /app/d.yaml in /app',
  ])
})

test('build contexts must be looked for, addresses not', () => {
  const text = `services:
  one: { build: . }
  two: { build: { context: two, additional_contexts: [docs=../docs, "base=docker-image://x"] } }
  three: { build: { context: "https://github.com/x/y.git", additional_contexts: { a: ./a } } }
`
  expect(named(text)).toEqual([
    '2 folder build /app?',
    '3 folder build /app/two?',
    '3 folder build /docs?',
    '4 folder build /app/a?',
  ])
})

test('variables in names must be filled in; what has no value there is left out', () => {
  const text = `services:
  web: { env_file: ["\${ENV}.env", "\${X:-fall}.env", "$ENV/x.env", "\${X:?why}.env"] }
`
  expect(named(text)).toEqual([
    '2 env env_file /app/staging.env',
    '2 env env_file /app/fall.env',
    '2 env env_file /app/staging/x.env',
  ])
})

test('anchors and merges must be followed', () => {
  const text = `x-web: &web { env_file: [web.env] }
services:
  web: *web
  api: { <<: *web, image: api }
`
  expect(named(text)).toEqual(['1 env env_file /app/web.env', '1 env env_file /app/web.env'])
})

test('a part that lies at an address must be known as missing here', () => {
  const from = { directory: '/app', isExtended: false, lookup: () => undefined }
  const includes = (text: string) => includesAddress(readYaml(text).tree!, from)
  expect(includes('include: [oci://example.com/x]')).toBe(true)
  expect(includes('include: [{ path: "https://github.com/x/y.git" }]')).toBe(true)
  expect(includes('include: [x.yaml]')).toBe(false)
  expect(includes('services: {}')).toBe(false)
})
