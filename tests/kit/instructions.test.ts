import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Rig, SHELLS } from './rig.ts'

const file = 'releases/r2/compose.json'

describe.each(SHELLS)('instructions under %s', (shell) => {
  let rig: Rig
  let epoch: string
  let number = 0
  beforeEach(async () => {
    rig = new Rig(shell)
    epoch = await rig.acquire()
    mkdirSync(join(rig.state, 'releases/r2/proxy'), { recursive: true })
    for (const name of ['compose.json', 'release.json', 'base.json']) {
      rig.write(`releases/r2/${name}`, '{}')
    }
  })
  afterEach(() => rig.close())

  const carry = (...list: string[]) => rig.act(`${epoch} ${++number} none 20`, list)
  const done = async (...list: string[]) => expect(await carry(...list)).toMatchObject({ code: 0 })
  const fails = async (...list: string[]) => {
    const answer = await carry(...list)
    expect(answer.code).toBe(1)
    return answer.lines.join('\n')
  }
  const lastAsked = (word: string) => rig.asked.filter((line) => line.includes(word)).at(-1)
  const state = (name: string) => rig.dockerSays(`c/${name}/state`)

  test('networks and volumes must bear the labels of compose, and be made once', async () => {
    for (let n = 0; n < 2; n++) await done('network shop_x x shop 1', 'volume shop_d d shop')
    expect(lastAsked('network create')).toBe(
      'network create --internal --label com.docker.compose.network=x' +
        ' --label com.docker.compose.project=shop shop_x',
    )
    expect(lastAsked('volume create')).toContain('--label com.docker.compose.volume=d')
    expect(rig.dockerSays('networks/shop_x')).toBe('shop')
  })

  test('a volume must be made by its own driver, with its options as they are', async () => {
    const option = (text: string) => Buffer.from(text).toString('base64')
    await done(`volume shop_nfs nfs shop local ${option('type=nfs')} ${option("o=addr=a b,'rw'")}`)
    expect(lastAsked('volume create')).toBe(
      "volume create --driver local --opt type=nfs --opt o=addr=a b,'rw'" +
        ' --label com.docker.compose.volume=nfs --label com.docker.compose.project=shop shop_nfs',
    )
  })

  test('services must come up from the file alone, without what they depend on', async () => {
    await done(`up shop-r2 ${file} b web --scale web=2`)
    expect(lastAsked('compose')).toBe(
      `compose --ansi never --env-file ${lastAsked('compose')?.split(' ')[4]} ` +
        `--project-directory ${rig.state}/releases/r2 -f ${rig.state}/${file} -p shop-r2 ` +
        'up -d --no-deps --no-build --pull never web --scale web=2',
    )
    expect(state('shop-r2-web-2')).toBe('running')
    expect(rig.dockerSays('compose.env').split('\n')).toEqual([
      `BELAY_RELEASE='${rig.state}/releases/r2'`,
      `BELAY_DATA='${rig.state}/data'`,
      `BELAY_HOME='${rig.folder}'`,
      "BELAY_SLOT='b'",
    ])
    await done(`create shop-r2 ${file} a worker`)
    expect(state('shop-r2-worker-1')).toBe('created')
  })

  test('a compose that is gone must not be taken for a failure of what it was to do', async () => {
    rig.dockerHas('fail', 'compose')
    const answer = await carry(`up shop-r2 ${file} b web`)
    expect(answer.code).toBe(72)
    expect(answer.lines.at(-1)).toBe('failed 1 up')
    rig.dockerHas('fail', ' up ')
    await fails(`up shop-r2 ${file} b web`)
  })

  test('another folder of data must be used where it was recorded', async () => {
    rig.write('data-root', '/srv/shop')
    await done(`up shop-r2 ${file} b web`)
    expect(rig.dockerSays('compose.env')).toContain("BELAY_DATA='/srv/shop'")
  })

  test('a job must run once for its release, and its failure be told', async () => {
    for (let n = 0; n < 2; n++) await done(`jobs shop-r2 ${file} 10 job-a job-b`)
    expect(rig.asked.filter((line) => line.startsWith('compose --ansi'))).toHaveLength(1)
    expect(rig.dockerSays('jobs').split('\n')).toHaveLength(2)
    rig.dockerHas('job-exit', '3')
    for (let n = 0; n < 2; n++) {
      const said = await fails(`jobs shop-r2 ${file} 10 job-c`)
      expect(said).toContain('shop-r2-job-c-1 exited with 3')
      expect(said).toContain('a line of shop-r2-job-c-1')
    }
    expect(rig.dockerSays('jobs').split('\n')).toHaveLength(3)
  })

  test('the base must never be made anew, only what is absent', async () => {
    rig.container('shop-db-1', { project: 'shop', service: 'db', state: 'running' })
    await done('base shop releases/r2/base.json db cache')
    expect(lastAsked('compose --ansi')).toMatch(/up -d --no-recreate --no-deps --no-build cache$/)
    const times = rig.asked.filter((line) => line.startsWith('compose')).length
    rig.container('shop-db-1', { state: 'exited' })
    await done('base shop releases/r2/base.json db cache')
    expect(state('shop-db-1')).toBe('running')
    expect(rig.asked.filter((line) => line.startsWith('compose'))).toHaveLength(times)
  })

  test('the base must be waited for by its own health command', async () => {
    const ready = join(rig.folder, 'ready')
    rig.container('shop-db-1', {
      project: 'shop',
      service: 'db',
      state: 'running',
      health: 'starting',
      healthcheck: `2\nCMD-SHELL\necho "a  b" >>${ready}; [ "$(grep -c . ${ready})" -ge 3 ]`,
    })
    await done('base shop releases/r2/base.json db')
    expect(readFileSync(ready, 'utf8')).toBe('a  b\n'.repeat(4))
    rig.container('shop-db-1', { healthcheck: `4\nCMD\ntest\n-e\n${ready}` })
    await done('base shop releases/r2/base.json db')
  })

  test('an accessory that stops must fail at once, with its last lines', async () => {
    const said = await fails('base shop releases/r2/base.json crash-db')
    expect(said).toContain('crash-db stopped: Exited (3)')
    expect(said).toContain('a line of shop-crash-db-1')
  })

  test('what is missing or stopped already must be fine, any other trouble not', async () => {
    rig.container('web', { state: 'running' })
    await done('stop 5 gone web', 'stop 5 web gone', 'policy no gone web', 'remove gone')
    expect(state('web')).toBe('exited')
    expect(rig.dockerSays('c/web/policy')).toBe('no')
    rig.dockerHas('fail', '^stop')
    expect(await fails('stop 5 web')).toContain('told to fail')
  })

  test('several containers must be started side by side', async () => {
    for (const name of ['a', 'b', 'c']) rig.container(name, { state: 'exited' })
    rig.dockerHas('slow', '3')
    const begun = performance.now()
    await done('start a b c')
    expect(performance.now() - begun).toBeLessThan(8500)
    expect(['a', 'b', 'c'].map(state)).toEqual(['running', 'running', 'running'])
    expect(await fails('start a gone c')).toContain('No such container: gone')
  })

  test('a route must hold one token, moved by a rename', async () => {
    await done('route shop-web a')
    const folder = join(rig.root, 'proxy/route/shop-web')
    writeFileSync(join(folder, 'a'), 'the same file')
    await done('route shop-web b')
    expect(rig.token('shop-web')).toEqual(['b'])
    expect(readFileSync(join(folder, 'b'), 'utf8')).toBe('the same file')
    writeFileSync(join(folder, 'b25'), '')
    writeFileSync(join(folder, 'a'), '')
    await done('route shop-web b')
    expect(rig.token('shop-web')).toEqual(['b'])
  })

  test('a project must go with its networks, and keep its volumes', async () => {
    rig.container('shop-r2-web-1', { project: 'shop-r2', state: 'running' })
    rig.container('shop-db-1', { project: 'shop', state: 'running' })
    rig.dockerHas('networks/shop-r2_default', 'shop-r2')
    rig.dockerHas('networks/shop_default', 'shop')
    for (let n = 0; n < 2; n++) await done('remove-project shop-r2')
    expect(existsSync(join(rig.docker, 'c/shop-r2-web-1'))).toBe(false)
    expect(existsSync(join(rig.docker, 'networks/shop-r2_default'))).toBe(false)
    expect(state('shop-db-1')).toBe('running')
    expect(rig.asked.filter((line) => line.startsWith('volume rm'))).toEqual([])
    expect(lastAsked('rm -f')).not.toContain('-v')
  })

  test('a network that Docker has not let go of yet must be taken away a moment later', async () => {
    rig.dockerHas('networks/shop-r2_default', 'shop-r2')
    rig.dockerHas('endpoints')
    await done('remove-project shop-r2')
    expect(existsSync(join(rig.docker, 'networks/shop-r2_default'))).toBe(false)
  })

  test('marks must keep a reason in any words, and survive a forgotten release', async () => {
    const reason = Buffer.from('exit 1:\n"$(id)" é').toString('base64')
    await done(`mark r2 bad ${reason}`, 'mark r7 good', 'current r2 r1')
    expect(rig.read('releases/r2/mark')).toBe('bad exit 1: "$(id)" é\n')
    expect(rig.read('current')).toBe('r2 r1\n')
    await done('mark r2 good', 'forget r2', 'forget r2', 'mark r2 good')
    expect(rig.has('releases/r2')).toBe(false)
  })

  test('images must get and lose names, also where they have none', async () => {
    await done('tag sha256:1 belay/shop/web:r2', 'untag belay/shop/web:r2', 'untag belay/gone:r1')
    expect(lastAsked('tag ')).toBe('tag sha256:1 belay/shop/web:r2')
  })

  test('containers must be put on a network under all names at once, and again and again', async () => {
    for (const name of ['new-1', 'new-2']) rig.container(name, { state: 'running' })
    rig.dockerHas('networks/shop-live-9', 'shop')
    for (let n = 0; n < 2; n++) await done('connect shop-live-9 web api to new-1 new-2 gone-1')
    expect(rig.asked.filter((line) => line.startsWith('network connect')).slice(0, 2)).toEqual([
      'network connect --alias web --alias api shop-live-9 new-1',
      'network connect --alias web --alias api shop-live-9 new-2',
    ])
    await done('connect shop-live-9 to new-1')
    await fails('connect shop-live-8 web to new-1')
  })

  test('a network must leave those that have it, stopped ones too, before it goes', async () => {
    rig.dockerHas('networks/shop-live-9', 'shop')
    rig.container('old-1', { state: 'exited', networks: 'shop-live-9 web' })
    rig.container('other-1', { state: 'running', networks: 'shop_default' })
    for (let n = 0; n < 2; n++) await done('remove-network shop-live-9')
    expect(rig.dockerSays('c/old-1/networks')).toBe('')
    expect(rig.dockerSays('c/other-1/networks')).toBe('shop_default')
    expect(rig.dockerSays('networks/shop-live-9')).toBe('')
  })

  test('the data folder must be recorded once, and be one that compose takes', async () => {
    const coded = (text: string) => Buffer.from(text).toString('base64')
    for (const bad of ['relative', "/it's", '/a\nb']) await fails(`data-root ${coded(bad)}`)
    await done(`data-root ${coded('/srv/my data')}`, `data-root ${coded('/other')}`)
    expect(rig.read('data-root')).toBe('/srv/my data\n')
  })

  test('the proxy must stay while any site needs it', async () => {
    rig.container('belay-proxy-caddy-1', { project: 'belay-proxy', state: 'running' })
    const folder = join(rig.root, 'proxy/sites')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'blog.caddy'), '')
    await done('remove-project belay-proxy')
    expect(state('belay-proxy-caddy-1')).toBe('running')
    rmSync(join(folder, 'blog.caddy'))
    await done('remove-project belay-proxy')
    expect(state('belay-proxy-caddy-1')).toBe('')
  })

  test('a file outside of the state folder must not be used', async () => {
    for (const path of ['../x.json', '/etc/x.json', 'releases//x.json']) {
      await fails(`up shop-r2 ${path} b web`)
      await fails(`site shop ${path}`)
    }
    expect(rig.asked.filter((line) => line.startsWith('compose'))).toHaveLength(1)
  })
})
