import { expect, test } from 'vitest'
import { digestIn, dockerConfig, pinned } from './words.ts'
import { registryTrouble } from './trouble.ts'

const registry = { server: 'r.example.com', timeoutMs: 60_000 }
const codeOf = (line: string): string | undefined =>
  registryTrouble({ where: 'a', reference: 'x', registry, isLate: false, lines: [line] })?.code

test.each([
  ['Error response from daemon: unauthorized: authentication required', 'REGISTRY_REFUSES_LOGIN'],
  ['no basic auth credentials', 'REGISTRY_REFUSES_LOGIN'],
  ['denied: requested access to the resource is denied', 'REGISTRY_FORBIDS'],
  [
    'pull access denied for x, repository does not exist or may require authorization',
    'REGISTRY_FORBIDS',
  ],
  ['manifest for r.example.com/x:1 not found: manifest unknown', 'REGISTRY_LACKS_IMAGE'],
  ['toomanyrequests: You have reached your pull rate limit', 'REGISTRY_BUSY'],
  ['received unexpected HTTP status: 500 Internal Server Error', 'REGISTRY_BROKEN'],
  ['dial tcp: lookup r.example.com: no such host', 'REGISTRY_DOWN'],
  ['dial tcp 127.0.0.1:9: connect: connection refused', 'REGISTRY_DOWN'],
  ['http: server gave HTTP response to HTTPS client', 'REGISTRY_UNTRUSTED'],
  ['x509: certificate signed by unknown authority', 'REGISTRY_UNTRUSTED'],
  ['manifest verification failed for digest sha256:1', 'REGISTRY_WRONG_DIGEST'],
  ['filesystem layer verification failed for digest sha256:1', 'REGISTRY_WRONG_DIGEST'],
  ['error pulling image configuration: unexpected EOF', 'REGISTRY_CUT'],
  ['write /var/lib/docker/tmp/GetImageBlob1: no space left on device', 'LAYERS_NO_SPACE'],
  ['something else', undefined],
])('what Docker says (%s) must be told as %s', (line, code) => {
  expect(codeOf(line)).toBe(code)
})

test('what takes too long must be told with the limit, and end with 7 as all of them', () => {
  const late = registryTrouble({ where: 'a', reference: 'x', registry, isLate: true, lines: [] })
  expect(late).toMatchObject({
    code: 'REGISTRY_SLOW',
    exit: 'build',
    message: 'x took longer than 60.0s with r.example.com',
  })
})

test('Docker must be given one login, the Hub under its own address, and none without one', () => {
  const login = { username: 'ann', password: 'x:y' }
  expect(JSON.parse(dockerConfig({ ...registry, login }))).toEqual({
    auths: { 'r.example.com': { auth: Buffer.from('ann:x:y').toString('base64') } },
  })
  const hub = JSON.parse(dockerConfig({ server: 'docker.io', timeoutMs: 1, login })) as object
  expect(hub).toHaveProperty(['auths', 'https://index.docker.io/v1/'])
  expect(JSON.parse(dockerConfig(registry, { currentContext: 'far' }))).toEqual({
    auths: {},
    currentContext: 'far',
  })
})

test('what was pushed must be called by its digest', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  expect(digestIn(['5f70: Pushed', `1a2b3c4: digest: ${digest} size: 941`])).toBe(digest)
  expect(digestIn(['5f70: Pushed'])).toBeUndefined()
  expect(pinned('localhost:5000/a/b:1a2b3c4', digest)).toBe(`localhost:5000/a/b@${digest}`)
})
