import { expect, test } from 'vitest'
import { readYaml } from '../source/read-yaml.ts'
import { callerSecrets } from './caller-secrets.ts'

/** The names that count as secret, when the caller has a value for each. */
function secret(compose: string, envFile = ''): readonly string[] {
  const trees = [readYaml(compose).tree!]
  const caller = (name: string) => `value of ${name}`
  const values = callerSecrets({ trees, envFiles: [envFile], caller })
  return values.map((value) => value.replace('value of ', ''))
}

const service = (text: string) => `services: { web: { ${text} } }`

test.each([
  ['environment: { A: "${PASS}" }', ['PASS']],
  ['environment: ["A=${PASS:-x}"]', ['PASS']],
  ['environment: [PASS]', ['PASS']],
  ['environment: { PASS: }', ['PASS']],
  ['command: "serve --token $PASS"', ['PASS']],
  ['command: "echo $$PASS"', []],
  ['labels: { auth: "${PASS}" }', ['PASS']],
  ['healthcheck: { test: "ping ${PASS}" }', ['PASS']],
  ['build: { context: ".", args: [PASS], labels: { a: "${LABEL}" } }', ['PASS', 'LABEL']],
  ['environment: { A: "${ONE:-${TWO}}" }', ['ONE', 'TWO']],
  ['some_new_key: "${PASS}"', ['PASS']],
])('what goes into a program must count as a secret: %s', (text, expected) => {
  expect(secret(service(text))).toEqual(expected)
})

test.each([
  'image: "registry.example.com/${NAME}:${X:-latest}"',
  'ports: ["${X}:80"]',
  'build: "${X}"',
  'build: { context: "${X}", target: "${Y}" }',
  'volumes: ["${X}:/data"]',
  'deploy: { replicas: "${X}" }',
  'user: "${X}"',
  'environment: { A: "${APP_VERSION}", B: "${GITHUB_SHA}", C: "${TAG}", D: "${HOME}", E: "$PORT" }',
])('what says which, where and how much must stay readable: %s', (text) => {
  expect(secret(service(text))).toEqual([])
})

test('a variable that goes into an image must stay readable wherever else it is used', () => {
  const web = 'image: "app:${RELEASE}", environment: { SHOWN: "${RELEASE}", KEY: "${KEY}" }'
  expect(secret(service(web))).toEqual(['KEY'])
})

test('secrets, configs and env files may take values of the caller as well', () => {
  const files = `secrets: { a: { environment: ONE }, b: { file: "./\${X}.txt" } }
configs: { c: { content: "token=\${TWO}" } }
volumes: { v: { name: "\${Y}", driver_opts: { o: "password=\${THREE}" } } }
`
  expect(secret(files, 'A=$FOUR\nFIVE\n  export SIX\nB=$$NO\n#SEVEN\n')).toEqual([
    'ONE',
    'TWO',
    'THREE',
    'FOUR',
    'FIVE',
    'SIX',
  ])
})

test('what the files spell out, small numbers and everyday words must hide nothing', () => {
  const trees = [
    readYaml('services: { web: { environment: { A: $A, B: $B, C: $C, D: $D } } }').tree!,
  ]
  const values: Record<string, string> = { A: 'web', B: '8080', C: 'production', D: 'hunter22' }
  expect(callerSecrets({ trees, envFiles: [], caller: (name) => values[name] })).toEqual([
    'hunter22',
  ])
})
