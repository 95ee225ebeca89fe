import { describe, expect, it } from 'vitest'
import { loadText } from '../../tests/config/memory-files.ts'
import type { Failure } from '../base/failure.ts'

const HEAD =
  'app: shop\nhosts: [a]\nservices: { web: { routes: [{ domain: x.y, port: 1 }] }, db: {} }\n'
const beside = { '/app/smoke.sh': '#!/bin/sh', '/app/plain.sh': 'echo' }

const load = (text: string, head = HEAD) =>
  loadText(head + text, { beside, variables: { TOKEN: 't' } }).config

function mistake(check: string, head = HEAD): string {
  try {
    load(`smoke: [{ ${check} }]\n`, head)
  } catch (error) {
    return (error as Failure).evidence.join('\n')
  }
  return ''
}

const settingsOf = (check: string) => load(`smoke: [{ ${check} }]\n`).smoke[0]

describe('what checks are told', () => {
  it('must leave no trace of what is not said, or the same release would count as another', () => {
    expect(settingsOf('http: { path: /a, from: host }')?.settings).toEqual({
      path: '/a',
      status: [200],
      sendHeaders: {},
      headers: {},
      timeoutMs: 5000,
    })
  })

  it('must mean any 3xx where a redirect is expected, unless a status is said', () => {
    const status = (check: string) => settingsOf(check)?.settings.status
    expect(status('http: { redirect: /b }')).toEqual([301, 302, 303, 307, 308])
    expect(status('http: { redirect: /b, status: 308 }')).toEqual([308])
  })

  it('must be whole for each kind', () => {
    expect(settingsOf('redis: { service: db }')).toMatchObject({
      kind: 'database',
      service: 'db',
      settings: { engine: 'redis' },
    })
    expect(settingsOf('resources: { disk: 90% }')).toMatchObject({
      service: 'web',
      settings: { of: 'host', disk: 90 },
    })
    expect(settingsOf('resources: { service: db, memory: 80% }')).toMatchObject({
      settings: { of: 'service', memory: 80 },
    })
    expect(settingsOf('script: ./smoke.sh')).toMatchObject({
      settings: { path: './smoke.sh', args: [], timeoutMs: 30_000 },
    })
    expect(settingsOf('steps: [{ http: { path: /a, service: web } }]')).toMatchObject({
      service: 'web',
      settings: { steps: [{ path: '/a', save: {} }] },
    })
    expect(settingsOf('http: { url: "https://w.x.y" }')?.settings).toMatchObject({ from: 'here' })
  })
})

describe('mistakes in checks', () => {
  it.each([
    ['http: { send-json: 1, send-body: x }', 'only one of send-json, send-form and send-body'],
    ['http: { redirect: /a, follow: 1 }', 'take one of them'],
    ['http: { url: "https://a", from: network }', 'url is asked from here alone'],
    ['http: { from: there }', 'allowed: host, network, here'],
    ['http: { security-headers: [hsts] }', 'allowed: strict-transport-security, x-content'],
    ['http: { security-headers: yes please }', 'true is needed, or a list of: strict-transport'],
    ['http: { cors: { methods: [PUT] } }', 'smoke[0].http.cors has no origin'],
    ['steps: []', 'a list of steps is needed'],
    ['steps: [{ http: { cors: { origin: "https://a" } } }]', 'a check of its own, not a step'],
    ['steps: [{ http: {}, save: { a: { json: token } } }]', 'a place in JSON is needed'],
    ['static: {}', 'paths or page is needed'],
    ['resources: {}', 'memory, cpu or disk is needed'],
    ['resources: { memory: 0.8 }', 'a share from 1% to 100% is needed'],
    ['postgres: { query: select 1 }', 'smoke[0].postgres has no service'],
    ['redis: { service: db, output: PONG }', 'output is of a query'],
    ['script: ./smok.sh', 'there is no ./smok.sh; did you mean "smoke.sh"?'],
    ['script: { path: plain.sh }', 'plain.sh is not executable: chmod +x plain.sh'],
    [
      'script: { path: smoke.sh, args: ["${TOKEN}"] }',
      'the program finds TOKEN in its environment',
    ],
    ['websocket: { service: db }', 'the check must say which port'],
    ['postgress: { service: db }', 'did you mean "postgres"?'],
  ])('%s must be told', (check, says) => {
    expect(mistake(check)).toContain(says)
  })

  it('must be told of a certificate that nobody shows', () => {
    const off = `${HEAD}proxy: { tls: off }\n`
    expect(mistake('tls: {}', off)).toContain('the proxy shows no certificate here')
    expect(mistake('tls: { from: here }', off)).toBe('')
    const any = HEAD.replace('x.y', '"*"')
    expect(mistake('tls: {}', any)).toContain('no route has a domain of its own')
  })

  it('must be told where it stands, also below a service', () => {
    const text = HEAD.replace('db: {}', 'db: { checks: [{ script: ./none.sh }] }')
    expect(mistake('http: {}', text)).toContain('services.db.checks[0]: there is no ./none.sh')
  })
})
