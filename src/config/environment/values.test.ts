import { expect, test } from 'vitest'
import type { Failure } from '../../base/failure.ts'
import { loadText } from '../../../tests/config/memory-files.ts'
import { explainEnvironment } from './explain-names.ts'
import { templateText } from './write-template.ts'

const SMALL = 'app: shop\nhosts: [a]\n'

function failureOf(work: () => unknown): Failure {
  try {
    work()
  } catch (error) {
    return error as Failure
  }
  return expect.unreachable()
}

type Beside = Readonly<Record<string, string>>
const load = (beside: Beside, variables: Beside = {}, text = SMALL) =>
  loadText(text, { beside, variables })
const loadLeniently = (beside: Beside, variables: Beside = {}) =>
  loadText(SMALL, { beside, variables, isLenient: true })
const originsOf = (beside: Beside, variables: Beside = {}) =>
  explainEnvironment(loadLeniently(beside, variables)).names.map(
    ({ name, state, from }) => `${name} ${state} ${from}`,
  )

test('each name of the template must get its value from the file, the caller or its default', () => {
  const beside = {
    '/app/.env.example': 'A=1\nB=2\nC=3\nD=\n# E=\n',
    '/app/.env': 'A=file\nB=\n',
  }
  const loaded = load(beside, { A: 'caller', C: 'caller-c', D: 'caller-d', E: 'unused' })
  expect(loaded.config.env.values).toEqual({ A: 'file', B: '2', C: 'caller-c', D: 'caller-d' })
  expect(loaded.secrets).toEqual(['file', 'caller-c', 'caller-d'])
})

test('the defaults of a template must be no secrets: they are in the open', () => {
  const loaded = load({ '/app/.env.example': 'MODE=strict-mode\n', '/app/.env': 'KEY=hunter22\n' })
  expect(loaded.secrets).toEqual(['hunter22'])
})

test('all names without a value must be told at once, whoever asks for them', () => {
  const compose = `
services:
  web:
    image: "shop:\${TAG:?which version?}"
    environment: { A: "\${SECRET}", B: "\${OPTIONAL:-}", C: "\${ALSO?}", D: "\${X:+\${INNER:?}}" }
`
  const beside = {
    '/app/compose.yaml': compose,
    '/app/.env': 'EMPTY=\nDB=\n',
    '/app/.env.example':
      '# Where the database is.\nDB=\nEMPTY=\nKEY=change-me\n# The password.\nPASSWORD=\n',
  }
  const text = `${SMALL}env:\n  required: [TOKEN, DB]\n`
  const failure = failureOf(() => load(beside, {}, text))
  expect(failure).toMatchObject({
    code: 'ENV_MISSING',
    exit: 'input',
    message:
      'Required variables have no value: DB (empty), EMPTY (empty), KEY (placeholder), PASSWORD, ' +
      'TAG, ALSO, TOKEN',
  })
  expect(failure.evidence).toEqual([
    '.env.example:2  DB: Where the database is.',
    '.env.example:3  EMPTY',
    '.env.example:4  KEY (what stands there is only a placeholder)',
    '.env.example:6  PASSWORD: The password.',
    'compose.yaml:4  TAG: which version?',
    'compose.yaml:5  ALSO',
    'belay.yaml:4  TOKEN',
  ])
})

test('what a compose file demands must be filled as compose does it', () => {
  const value = '${A:?a}${B-x}${C:-${A?}}${D:+${E:?e}}$${F:?f}'
  const beside = { '/app/compose.yaml': `services: { web: { image: ${JSON.stringify(value)} } }` }
  const demanded = (variables: Beside) => loadLeniently(beside, variables).environment.missing
  expect(demanded({}).map(({ name }) => name)).toEqual(['A'])
  expect(demanded({ A: '' }).map(({ name }) => name)).toEqual(['A'])
  expect(demanded({ A: 'x', D: 'y' }).map(({ name }) => name)).toEqual(['E'])
  expect(demanded({ A: 'x', D: '' })).toEqual([])
})

test('files that a compose file includes or extends must be asked too, with their own values', () => {
  const beside = {
    '/app/compose.yaml': 'include: [sub/more.yaml]\nservices: {}',
    '/app/sub/more.yaml': 'services: { web: { image: "${FOUND:?}${LOST:?}" } }',
    '/app/sub/.env': 'FOUND=x\n',
  }
  expect(failureOf(() => load(beside)).evidence).toEqual(['sub/more.yaml:1  LOST'])
})

test('a name in the env file that nothing knows must be warned of, with the nearest one', () => {
  const beside = {
    '/app/compose.yaml': 'services: { web: { image: "shop:$TAG" } }',
    '/app/.env': 'SECRT_KEY=x\nTAG=1\nCOMPOSE_PROFILES=a\nQQQ=1\nNOTE=1\n',
    '/app/.env.example': 'SECRET_KEY=y\n#NOTE=\n',
  }
  expect(load(beside).config.env.warnings).toEqual([
    '.env:1: SECRT_KEY is neither in .env.example nor used by the compose file; did you mean ' +
      'SECRET_KEY?',
    '.env:4: QQQ is neither in .env.example nor used by the compose file',
  ])
  const { '/app/.env.example': _, ...without } = beside
  expect(load(without).config.env.warnings).toBeUndefined()
})

test('a template elsewhere must be read, one that is set and missing be told, and none be none', () => {
  const beside = { '/app/.env.example': 'A=\n', '/app/conf/t.env': 'B=2\n' }
  const set = `${SMALL}env:\n  template: conf/t.env\n`
  expect(load(beside, {}, set).config.env.values).toEqual({ B: '2' })
  expect(load(beside, {}, `${SMALL}env: { template: none }`).config.env.values).toEqual({})
  expect(failureOf(() => load({ '/app/.env': '' }, {}, set))).toMatchObject({
    code: 'ENV_TEMPLATE_MISSING',
    message: 'The template /app/conf/t.env is missing (belay.yaml:4)',
  })
  const broken = failureOf(() => load({ '/app/.env.example': 'A=1\nB C\n' }))
  expect(broken).toMatchObject({ code: 'ENV_FILE_INVALID' })
  expect(broken.message).toContain('/app/.env.example:2')
})

test('each name must be told with where its value comes from, and never with the value', () => {
  const beside = {
    '/app/compose.yaml':
      'services:\n  web:\n    image: "${TAG:-v1}${FROM_SHELL}${HOME}"\n    environment: [PASSED]\n',
    '/app/.env': 'FILE=secret-1\nBLANK=\n',
    '/app/.env.example': '# For a.\nFILE=\nDEFAULT=secret-2\nMISSING=\nCALLER=\n# BLANK=\n',
  }
  const variables = { CALLER: 'secret-3', FROM_SHELL: 'secret-4', HOME: '/root' }
  expect(originsOf(beside, variables)).toEqual([
    'BLANK none empty in .env:2',
    'CALLER given the caller',
    'DEFAULT default .env.example:3',
    'FILE given .env:1',
    'FROM_SHELL given the caller',
    'MISSING missing asked for by .env.example:4',
    'PASSED none not set',
    'TAG default compose.yaml:3',
  ])
})

test('a template that is written must have every name, its use, and no value of the user', () => {
  const beside = {
    '/app/compose.yaml': `
services:
  web:
    image: "shop:\${TAG:-v1}"
    environment: { KEY: "\${KEY}", DB: "\${DB:?where the database is}" }
`,
    '/app/.env': 'KEY=hunter22\nAPP_ONLY=hunter33\n',
  }
  const text = templateText(loadLeniently(beside).environment)
  expect(text.split('\n\n').slice(1)).toEqual([
    '# compose.yaml: services.web.image\n# TAG=v1',
    '# compose.yaml: services.web.environment.KEY\nKEY=',
    '# where the database is\n# compose.yaml: services.web.environment.DB\nDB=',
    'APP_ONLY=\n',
  ])
  const again = loadLeniently({ ...beside, '/app/.env.example': text }).environment
  expect(again.missing.map(({ name, at }) => `${name} ${at}`)).toEqual(['DB .env.example:14'])
})
