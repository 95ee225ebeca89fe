import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Rig, SHELLS, section } from './rig.ts'

const CADDY = 'belay-proxy-caddy-1'

describe.each(SHELLS)('the proxy under %s', (shell) => {
  let rig: Rig
  let epoch: string
  let number = 0
  beforeEach(async () => {
    rig = new Rig(shell)
    epoch = await rig.acquire()
    mkdirSync(join(rig.state, 'releases/r2/proxy'), { recursive: true })
    rig.write('releases/r2/proxy/compose.json', '{"services":{}}')
    rig.write('releases/r2/proxy/Caddyfile', '# new\n')
    rig.write('releases/r2/site.caddy', '# claims shop.example.com/ */api\nx\n')
  })
  afterEach(() => rig.close())

  const carry = (...list: string[]) => rig.act(`${epoch} ${++number} none 20`, list)
  const done = async (...list: string[]) => expect(await carry(...list)).toMatchObject({ code: 0 })
  const proxy = (path: string) => join(rig.root, 'proxy', path)
  const reloads = () => rig.asked.filter((line) => line.includes('caddy reload')).length
  const site = () => readFileSync(proxy('sites/shop.caddy'), 'utf8')
  const runs = () => rig.container(CADDY, { state: 'running', project: 'belay-proxy' })

  test('it must be started from the release files where none runs, and waited for', async () => {
    rig.dockerHas('fail', 'proxy-never')
    const first = await carry('proxy releases/r2/proxy')
    // The stub's compose makes no service of its own, so nothing answers.
    expect(first.code).toBe(1)
    expect(readFileSync(proxy('Caddyfile'), 'utf8')).toBe('# new\n')
    for (const folder of ['sites', 'route', 'run']) expect(existsSync(proxy(folder))).toBe(true)
    expect(rig.dockerSays('compose.env').split('\n')).toEqual([
      `BELAY_ROOT='${rig.root}'`,
      `BELAY_PROXY='${rig.root}/proxy'`,
      `BELAY_KIT='${rig.kit}'`,
    ])
  })

  test('one that runs must be left alone', async () => {
    runs()
    await done('proxy releases/r2/proxy')
    expect(existsSync(proxy('Caddyfile'))).toBe(false)
    expect(rig.asked.filter((line) => line.includes('belay-proxy up'))).toEqual([])
  })

  test('a site must be validated with all others, put there and loaded, once', async () => {
    runs()
    mkdirSync(proxy('sites'), { recursive: true })
    writeFileSync(proxy('sites/blog.caddy'), '# claims blog.example.com/\n')
    for (let n = 0; n < 2; n++) await done('site shop releases/r2/site.caddy')
    expect(reloads()).toBe(1)
    expect(rig.asked).toContain(
      `exec -e BELAY_SITES=/belay/next ${CADDY} ` +
        'caddy validate --config /belay/Caddyfile --adapter caddyfile',
    )
    expect(readFileSync(proxy('next/blog.caddy'), 'utf8')).toContain('blog')
    const seen = section(await rig.once(['observe']), '@proxy')
    expect(seen).toContain('running 1')
    expect(seen).toContain('claim shop shop.example.com/')
    expect(seen).toContain('claim shop */api')
    expect(seen.filter((line) => line.startsWith('site '))).toHaveLength(2)
  })

  test('a site that is wrong must change nothing', async () => {
    runs()
    await done('site shop releases/r2/site.caddy')
    rig.write('releases/r2/site.caddy', 'broken\n')
    rig.dockerHas('invalid')
    const answer = await carry('site shop releases/r2/site.caddy')
    expect(answer.code).toBe(1)
    expect(answer.lines).toContain('Error: adapting config')
    expect(site()).toContain('claims')
    expect(reloads()).toBe(1)
  })

  test('a process that the engine could not start in it must be tried again, not for ever', async () => {
    runs()
    rig.dockerHas('exec-fails', 'once')
    await done('site shop releases/r2/site.caddy')
    expect(reloads()).toBe(1)
    rig.write('releases/r2/site.caddy', '# other\n')
    rig.dockerHas('exec-fails', 'always')
    const answer = await carry('site shop releases/r2/site.caddy')
    expect(answer.code).toBe(1)
    expect(answer.lines.join('\n')).toContain('unable to start container process')
    expect(site()).toContain('claims')
  })

  test('a reload that fails must put the old file back, and leave no first one', async () => {
    runs()
    rig.dockerHas('no-reload')
    expect((await carry('site shop releases/r2/site.caddy')).code).toBe(1)
    expect(existsSync(proxy('sites/shop.caddy'))).toBe(false)
    writeFileSync(proxy('sites/shop.caddy'), 'old\n')
    expect((await carry('site shop releases/r2/site.caddy')).code).toBe(1)
    expect(site()).toBe('old\n')
    expect(existsSync(proxy('sites/shop.caddy.before'))).toBe(false)
    expect(existsSync(proxy('reload-needed'))).toBe(false)
  })

  test('what a crash kept from being loaded must be loaded by the next', async () => {
    runs()
    await done('site shop releases/r2/site.caddy')
    writeFileSync(proxy('reload-needed'), 'blog\n')
    await done('site shop releases/r2/site.caddy')
    expect(reloads()).toBe(2)
    await done('site shop releases/r2/site.caddy')
    expect(reloads()).toBe(2)
  })

  test('a site must be removed, also while no proxy runs', async () => {
    runs()
    await done('site shop releases/r2/site.caddy', 'site shop -', 'site shop -')
    expect(reloads()).toBe(2)
    expect(existsSync(proxy('sites/shop.caddy'))).toBe(false)
    await done('site shop releases/r2/site.caddy')
    rig.container(CADDY, { state: 'exited' })
    await done('site shop -')
    expect(existsSync(proxy('sites/shop.caddy'))).toBe(false)
  })

  const upstream = (count: number) =>
    JSON.stringify([
      { address: 'x:1', num_requests: 9, fails: 0 },
      { address: 'shop-web-a:80', num_requests: count, fails: 0 },
    ])

  test('draining must see two zeros, and end at its limit with a word', async () => {
    runs()
    rig.dockerHas('upstreams', upstream(0))
    await done('drain shop-web-a:80 5')
    expect(rig.dockerSays('looks').split('\n')).toHaveLength(2)
    rig.dockerHas('upstreams', upstream(3))
    const begun = performance.now()
    const answer = await carry('drain shop-web-a:80 1')
    expect(answer.code).toBe(0)
    expect(answer.errors).toContain('shop-web-a:80: 3 still in flight after 1 s, going on')
    expect(performance.now() - begun).toBeLessThan(10_000)
  })

  test('draining must count all upstreams that are named, and wait for no dead container', async () => {
    runs()
    rig.dockerHas('upstreams', upstream(3))
    const both = await carry('drain shop-web-b:80,shop-web-a:80 1')
    expect(both.errors).toContain('shop-web-b:80: 3 still in flight after 1 s, going on')
    rig.container('web-1', { state: 'exited' })
    const dead = await carry('drain shop-web-a:80 30 web-1 gone')
    expect(dead).toMatchObject({ code: 0, errors: '' })
    rig.container('web-2', { state: 'running' })
    const one = await carry('drain shop-web-a:80 1 web-1 web-2')
    expect(one.errors).toContain('3 still in flight')
  })

  test('an upstream that no site names has nothing in flight', async () => {
    runs()
    rig.dockerHas('upstreams', upstream(3))
    await done('drain shop-web-b:80 30')
    await done('drain shop-web-a:8 30')
  })

  test('without a running proxy there must be no waiting', async () => {
    const answer = await carry('drain shop-web-a:80 30')
    expect(answer.code).toBe(0)
    expect(answer.errors).toContain('the proxy does not run')
    await done('await 30 http:shop-api-a:80/health', 'relay shop-web-b shop-web-a 30 80=80')
    expect(rig.asked.filter((line) => line.startsWith('run '))).toEqual([])
  })

  test.each([
    ['http:shop-api-a:80/health', '0'],
    ['http:shop-api-a:80/', '1\n  HTTP/1.1 301 Moved Permanently\nwget: bad address'],
    ['http:shop-api-a:80/', '1\nwget: server returned error: HTTP/1.1 404 Not Found'],
    ['tcp:shop-api-a:6379', '1\nwget: download timed out'],
  ])('%s must count as there when it is answered %j', async (word, answer) => {
    runs()
    rig.dockerHas('answer', answer)
    await done(`await 30 ${word}`)
    expect(rig.asked.join('\n')).toContain(`http://${word.slice(word.indexOf(':') + 1)}`)
  })

  test.each([
    ['http:shop-api-a:80/', '1\nwget: server returned error: HTTP/1.1 503 Unavailable'],
    ['http:shop-api-a:80/', "1\nwget: can't connect to remote host: Connection refused"],
    ['tcp:shop-api-a:6379', "1\nwget: bad address 'shop-api-a:6379'"],
  ])('%s must be waited for, and not for ever, when it is answered %j', async (word, answer) => {
    runs()
    rig.dockerHas('answer', answer)
    const answered = await carry(`await 1 ${word}`)
    expect(answered.code).toBe(0)
    expect(answered.errors).toContain(`waiting for ${word}`)
  })

  test('what waits for a slot must be passed on by one that bears its name, and then goes', async () => {
    runs()
    await done('relay shop-web-b shop-web-a 9 8000=80')
    const asked = rig.asked.filter((line) => /^(run|rm) /.test(line))
    expect(asked[0]).toBe('rm -f belay-relay-shop-web-b')
    expect(asked[1]).toContain('--network belay --network-alias shop-web-b')
    expect(asked.at(-1)).toBe('rm -f belay-relay-shop-web-b')
    const all = rig.asked.join('\n')
    expect(all).toContain('http://:8000 {')
    expect(all).toContain('reverse_proxy shop-web-a:80 {')
    expect(rig.dockerSays('looks').split('\n')).toHaveLength(2)
  })

  test('a relay that cannot be had must fail nothing', async () => {
    runs()
    rig.dockerHas('fail', '^run ')
    await done('relay shop-web-b shop-web-a 9 80=80')
  })
})
