import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Failure } from '../../../base/failure.ts'
import type { ComposeParcel, RunResult } from '../../host.ts'
import type { ComposeConfigRequest } from '../../workstation.ts'
import { composeConfig } from './config.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'belay-elsewhere-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

const GOOD: RunResult = { code: 0, stdout: '{"services":{}}', stderr: '' }
const parcels: ComposeParcel[] = []
beforeEach(() => void parcels.splice(0))

/** Asks a machine without Docker, whose host answers with these, one after another. */
function asked(answers: readonly RunResult[], over: Partial<ComposeConfigRequest> = {}) {
  const env = { PATH: folder, HOME: '/home/ann', TAG: 'v7', AWS_KEY: 'unused', COMPOSE_FILE: 'x' }
  const left = [...answers]
  const elsewhere = async (parcel: ComposeParcel) => {
    parcels.push(parcel)
    return left.shift() ?? expect.unreachable()
  }
  const request = { directory: folder, files: ['compose.yaml'], profiles: ['web'], values: {} }
  return composeConfig({ env }, { ...request, project: 'shop', elsewhere, ...over })
}

const failureOf = (work: Promise<unknown>): Promise<Failure> =>
  work.then(
    () => expect.unreachable(),
    (error: Failure) => error,
  )
const sentOf = ({ contents }: ComposeParcel) =>
  contents.map(({ path }) => path.replace(`${folder}/`, '')).toSorted()

test('a host must get the compose files and all that they name, and nothing else', async () => {
  write({
    'compose.yaml': `
include: [sub/more.yaml]
services:
  web: { env_file: [web.env, gone.env], extends: { file: base/base.yaml, service: app }, build: ctx }
secrets: { token: { file: ./token.txt } }
`,
    'sub/more.yaml': 'services: { more: { env_file: more.env } }',
    'sub/more.env': 'A=1\n',
    'sub/.env': 'B=1\n',
    'base/base.yaml': 'services: { app: { env_file: base.env } }',
    'base/base.env': 'C=1\n',
    'web.env': 'D=1\n',
    'ctx/Dockerfile': 'FROM x\n',
    'token.txt': 'secret',
    'other.txt': 'not named',
  })
  expect(await asked([GOOD])).toEqual({ services: {} })
  const [parcel] = parcels
  expect(sentOf(parcel!)).toEqual([
    'base/base.env',
    'base/base.yaml',
    'compose.yaml',
    'sub/.env',
    'sub/more.env',
    'sub/more.yaml',
    'web.env',
  ])
  expect(parcel).toMatchObject({
    project: 'shop',
    profiles: ['web'],
    files: [join(folder, 'compose.yaml')],
    folders: [join(folder, 'ctx')],
    home: '/home/ann',
  })
})

test('of the caller’s environment only what the files mention may leave this machine', async () => {
  write({ 'compose.yaml': 'services: { web: { image: "x:${TAG}", environment: [OWN] } }' })
  await asked([GOOD], { values: { OWN: 'value', MORE: 'value' } })
  expect(parcels[0]?.values).toEqual({ TAG: 'v7', OWN: 'value', MORE: 'value' })
})

test('what the environment says itself must win over its caller', async () => {
  write({ 'compose.yaml': 'services: { web: { image: "x:${TAG}", env_file: "${TAG}.env" } }' })
  write({ 'v8.env': '', 'v7.env': '' })
  await asked([GOOD], { values: { TAG: 'v8' } })
  expect(parcels[0]?.values).toEqual({ TAG: 'v8' })
  expect(sentOf(parcels[0]!)).toEqual(['compose.yaml', 'v8.env'])
})

test('a file of the project that compose still asks for must be sent after the others', async () => {
  write({ 'compose.yaml': 'services: {}', 'new/kind.txt': 'x' })
  const missing = { code: 14, stdout: '', stderr: `open ${folder}/new/kind.txt: no such file\n` }
  await asked([missing, GOOD])
  expect(parcels.map(sentOf)).toEqual([['compose.yaml'], ['compose.yaml', 'new/kind.txt']])
})

test.each(['/etc/passwd', '/gone/x.env'])(
  'a file elsewhere that compose asks for must stay: %s',
  async (path) => {
    write({ 'compose.yaml': 'services: {}' })
    const missing = { code: 14, stdout: '', stderr: `open ${path}: no such file\n` }
    expect(await failureOf(asked([missing]))).toMatchObject({ code: 'COMPOSE_INVALID' })
    expect(parcels.length).toBe(1)
  },
)

test('what compose refuses there must lead to the line here, and its warnings be told', async () => {
  write({ 'compose.yaml': 'services:\n  web:\n    imag: a\n' })
  const unknown = 'services.web Additional property imag is not allowed'
  const stderr = `validating ${folder}/compose.yaml: ${unknown}\n`
  const failure = await failureOf(asked([{ code: 15, stdout: '', stderr }]))
  expect(failure.message).toBe(`${folder}/compose.yaml:3:5: ${unknown}`)
  const told: string[] = []
  const warned = { ...GOOD, stderr: 'time="x" level=warning msg="The \\"A\\" variable is odd"\n' }
  await asked([warned], { onWarning: (text) => void told.push(text) })
  expect(told).toEqual(['The "A" variable is odd'])
})

test.each([
  [
    'services:\n  web:\n    env_file: /etc/passwd',
    '3:15: env_file /etc/passwd is an absolute path',
  ],
  ['services:\n  web: { env_file: "${HOME}/x.env" }', '2:20: env_file /home/ann/x.env is an'],
  ['include: [/srv/more.yaml]', '1:11: include /srv/more.yaml is an absolute path'],
])(
  'what would be another file on the host must be refused, with its place: %s',
  async (text, says) => {
    write({ 'compose.yaml': text })
    const failure = await failureOf(asked([]))
    expect(failure).toMatchObject({ code: 'COMPOSE_UNSENDABLE', exit: 'unavailable' })
    expect(failure.message).toContain(`${folder}/compose.yaml:${says}`)
  },
)

test('no file at all, and one that may be missing, must not be refused', async () => {
  const optional = '{ path: /gone/x.env, required: false }'
  write({ 'compose.yaml': `services: { web: { env_file: [/dev/null, ${optional}] } }` })
  await asked([GOOD])
  expect(parcels.length).toBe(1)
})

test('more than a project has must be refused', async () => {
  write({ 'compose.yaml': 'services: { web: { env_file: big.env } }' })
  write({ 'big.env': `A=${'x'.repeat(9_000_000)}\n` })
  const failure = await failureOf(asked([]))
  expect(failure.message).toContain('more than 200 files or 8 MB belong to it')
})

test('a host whose compose cannot do it either, or takes too long, must be told as such', async () => {
  write({ 'compose.yaml': 'services: {}' })
  const none = { code: 1, stdout: '', stderr: "docker: 'compose' is not a docker command.\n" }
  const failure = await failureOf(asked([none]))
  expect(failure.code).toBe('DOCKER_MISSING_HERE')
  expect(failure.message).toContain('on the server: docker compose')
  const slow = { code: 124, stdout: '', stderr: '' }
  expect((await failureOf(asked([slow]))).code).toBe('COMPOSE_TOO_SLOW')
})

test('without a host to ask, the machine must be told what it lacks', async () => {
  write({ 'compose.yaml': 'services: {}' })
  const request = { directory: folder, files: ['compose.yaml'], profiles: [], values: {} }
  const reading = composeConfig({ env: { PATH: folder } }, { ...request, project: 'shop' })
  expect(await failureOf(reading)).toMatchObject({ code: 'DOCKER_MISSING_HERE' })
})
