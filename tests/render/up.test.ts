import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addressOn, inspect, lookUp } from './look.ts'
import { CORPUS, NAME, rendered, Scene } from './scene.ts'
import { docker, removeImages, type Server } from './server.ts'

let scene = new Scene()
beforeEach(() => {
  scene = new Scene()
})
afterEach(() => scene.close())
afterAll(() => removeImages(NAME))

const SHOP = `
services:
  web:
    image: busybox:stable
    command: httpd -f -p 8000 -h /tmp
    init: true
    depends_on: [api]
  api:
    image: busybox:stable
    command: sleep 600
    init: true
    container_name: the-api
    expose: [1]
    links: ["db:database"]
  db:
    image: ${NAME}/postgres
    command: sleep 600
    init: true
    volumes: [data:/data]
    restart: always
volumes: { data: {} }
`

async function both(): Promise<Server> {
  await docker('tag', 'busybox:stable', `${NAME}/postgres`)
  const project = await scene.given({ 'compose.yaml': SHOP })
  const host = await scene.server()
  for (const [release, slot] of [
    ['r41', 'a'],
    ['r42', 'b'],
  ] as const) {
    const half = await rendered(project, release, { routed: { web: 8000 } })
    await host.stage(release, half)
    await host.base(release, half, '--no-recreate')
    await host.up(release, half, slot)
  }
  return host
}

describe('two releases side by side', () => {
  it('each sees itself alone by plain names, both see the accessory, it sees neither', async () => {
    await both()
    for (const release of ['r41', 'r42']) {
      const web = `${NAME}-${release}-web-1`
      const api = `${NAME}-${release}-api-1`
      const network = `0-${NAME}-${release}_default`
      const own = [await addressOn(api, network)]
      expect(await lookUp(web, 'api')).toEqual(own)
      expect(await lookUp(web, 'the-api')).toEqual(own)
      expect(await lookUp(api, 'web')).toEqual([await addressOn(web, network)])
      const db = [await addressOn(`${NAME}-db-1`, `${NAME}_default`)]
      expect(await lookUp(web, 'db')).toEqual(db)
      expect(await lookUp(api, 'database')).toEqual(db)
    }
    for (const name of ['web', 'api', 'the-api']) {
      expect(await lookUp(`${NAME}-db-1`, name)).toEqual([])
    }
  })

  it('the proxy finds each in its slot', async () => {
    await both()
    for (const [release, slot] of [
      ['r41', 'a'],
      ['r42', 'b'],
    ]) {
      const web = `${NAME}-${release}-web-1`
      expect(await lookUp(web, `shop-test-web-${slot}`)).toEqual([await addressOn(web, 'belay')])
    }
  })

  it('one goes without a trace on the other, the accessory or its data', async () => {
    const host = await both()
    await docker('exec', `${NAME}-db-1`, 'sh', '-c', 'echo kept > /data/row')
    const { Id } = await inspect(`${NAME}-db-1`)
    await host.down('r41')
    expect((await inspect(`${NAME}-db-1`)).Id).toBe(Id)
    expect(await docker('exec', `${NAME}-db-1`, 'cat', '/data/row')).toBe('kept')
    expect((await inspect(`${NAME}-r42-web-1`)).State.Status).toBe('running')
  })

  it('the way out is through its own network, not the proxy or the accessories', async () => {
    await both()
    const route = await docker('exec', `${NAME}-r42-web-1`, 'ip', 'route', 'show', 'default')
    const format = '{{(index .IPAM.Config 0).Gateway}}'
    const network = `0-${NAME}-r42_default`
    const gateway = await docker('network', 'inspect', network, '--format', format)
    expect(route).toContain(`default via ${gateway} `)
  })
})

it('values arrive byte for byte', async () => {
  const project = await scene.project(join(CORPUS, 'odd-values'))
  const host = await scene.server()
  const half = await rendered(project, 'r1')
  const release = { ...half.release, services: { ...half.release.services } }
  // The command is a value too, but the container must stay up to be asked.
  release.services['web-r1'] = {
    ...release.services['web-r1'],
    entrypoint: ['sh', '-c', 'sleep 600'],
  }
  await host.stage('r1', { ...half, release })
  await host.up('r1', half)
  const container = `${NAME}-r1-web-1`
  const { Config } = await inspect(container)
  expect(Config.Cmd).toEqual(['sh', '-c', 'echo $HOME "\'`$(date)`\'" # not a comment'])
  expect(Config.Labels).toMatchObject({
    'with.dollar': 'a$b',
    key$with: '1',
    'with.newline': 'one\ntwo',
    'belay.release': 'r1',
    'belay.service': 'web',
  })
  const environment = Object.fromEntries(Config.Env.map((each) => each.split(/=(.*)/s)))
  expect(environment).toMatchObject({
    DOLLAR: 'a$b$$c${NOT}',
    BRACES: '${BELAY_RELEASE} ${BELAY_SLOT}',
    HASH: 'a # b #c',
    QUOTES: 'it\'s "quoted" `so`',
    LINES: 'first\nsecond\n\nlast\n',
    TAB: 'a\tb',
    RETURN: 'a\r\nb',
    BACKSLASH: String.raw`C:\temp\new`,
    SPACES: '  both ends  ',
    UNICODE: 'żółć 🧗 \u202e',
    EMPTY: '',
    JSON: '{"a":["$1",null]}',
    DASH: '--help',
    PERCENT: '100%s',
  })
  expect(environment).not.toHaveProperty('NO_VALUE')
  expect(await docker('exec', container, 'cat', "/files/it's $5.txt")).toBe('five $dollars')
})
