import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Desk } from '../cli/belay.ts'
import { get } from '../lab/http.ts'
import { Lab } from '../lab/lab.ts'

/** The command as a user meets it, from a first look to going back, on a real server. */

const CANARY = 'canary-7f3a "quoted" $HOME'

const CONFIG = `
app: notes
environments:
  production: { hosts: [lab1], env: { required: [API_TOKEN] } }
services:
  web:
    routes: [{ domain: "*", port: 8000 }]
    health: /index.html
`
const compose = (command = 'exec httpd -f -p 8000 -h /www'): string => `
services:
  web:
    image: busybox:stable
    command: [sh, -c, ${JSON.stringify(command)}]
    environment: { API_TOKEN: "\${API_TOKEN}" }
    volumes: ["./www:/www:ro"]
    stop_grace_period: 1s
`

let lab: Lab
let desk: Desk
const secret = { API_TOKEN: CANARY }

beforeAll(async () => {
  lab = await Lab.up({ servers: 1 })
  await lab.clean()
  await lab.server(1).loadImages(['busybox:stable', 'caddy:2.11.4'])
  desk = new Desk({ ...lab.env, ...secret })
  desk.write({ 'belay.yaml': CONFIG, 'compose.yaml': compose(), 'www/index.html': 'one' })
})
afterAll(() => desk?.remove())

const page = async (): Promise<string | undefined> =>
  (await get(lab.server(1).httpPort, '/index.html'))?.body

async function servingNow(): Promise<string | null> {
  const { events } = await desk.events(['status'])
  const [answer] = events
  if (answer?.type !== 'answer') throw new Error(`status answered ${JSON.stringify(answer)}`)
  const { serving, hosts } = answer.data as StatusData
  expect(hosts.flatMap(({ drift }) => drift)).toEqual([])
  return serving
}

interface StatusData {
  readonly serving: string | null
  readonly hosts: readonly { readonly drift: readonly string[] }[]
}

describe('before the first deployment', () => {
  it('check says what would be deployed, without a server', async () => {
    const { code, stdout } = await desk.belay(['check'], { BELAY_SSH_CONFIG: '/nowhere' })
    expect(code).toBe(0)
    expect(stdout).toMatch(/notes · production on lab1: .* are right/)
    expect(stdout).toMatch(/web +app +overlap +\* → 8000/)
  })
  it('doctor finds the server ready', async () => {
    const { code, stdout } = await desk.belay(['host', 'doctor'])
    expect(code).toBe(0)
    // Nothing bounds the logs of containers there.
    expect(stdout).toContain('still to do: bound the logs of containers')
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('ready, with 1 warning')
  })
  it('plan tells all of it, and starts nothing', async () => {
    const { code, stdout } = await desk.belay(['plan'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^deploy r1 of notes to production: /)
    expect(await lab.server(1).run(['docker', 'ps', '-aq'])).toBe('')
    expect((await desk.belay(['status'])).stdout).toContain('no release serves')
  })
  it('logs, rollback and restart say that there is nothing yet', async () => {
    for (const argv of [['logs'], ['rollback', '--yes'], ['restart', '--yes']]) {
      const { code, stderr } = await desk.belay(argv)
      expect([argv[0], code === 2 || code === 3]).toEqual([argv[0], true])
      expect(stderr).toMatch(/^error: .+$/m)
      expect(stderr).toMatch(/^hint: .+$/m)
    }
  })
})

describe('deploying', () => {
  it('asks at a terminal, and takes no for an answer', async () => {
    const question = 'Deploy notes to production?'
    const { code, text } = await desk.atTerminal(['deploy'], { question, keys: 'n' })
    expect(code).toBe(3)
    expect(text).toContain('deploy r1 of notes to production')
    expect(await servingNow()).toBe(null)
  })
  it('at a terminal shows what is under way, and leaves only lines that are finished', async () => {
    const question = 'Deploy notes to production?'
    const { code, text } = await desk.atTerminal(['deploy'], { question, keys: 'y' })
    expect(code).toBe(0)
    expect(text).toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] lab1 {2}/u)
    expect(text).toContain('r1 proved itself and is kept')
    expect(await page()).toBe('one')
    expect(await servingNow()).toBe('r1')
  })
  it('does nothing when there is nothing to do', async () => {
    const { code, stderr } = await desk.belay(['deploy', '--yes'])
    expect([code, /r1 is the same/.test(stderr)]).toEqual([0, true])
  })
  it('with --json tells every step as an event, and the end last', async () => {
    desk.write({ 'www/index.html': 'two' })
    const { code, events } = await desk.events(['deploy', '--yes'])
    expect(code).toBe(0)
    expect(events[0]).toMatchObject({ type: 'run-started', app: 'notes', purpose: 'deploy' })
    expect(events.at(-1)).toMatchObject({
      type: 'run-finished',
      outcome: 'confirmed',
      exit: 0,
      serving: 'r2',
    })
    const started = events.filter(({ type }) => type === 'step-started')
    expect(events.filter(({ type }) => type === 'step-finished')).toHaveLength(started.length)
    expect(await page()).toBe('two')
  })
  it('puts the old release back when the new one fails, and refuses the same a second time', async () => {
    desk.write({ 'compose.yaml': compose('echo cannot open the database; exit 3') })
    const failed = await desk.belay(['deploy', '--yes'])
    expect(failed.code).toBe(4)
    expect(failed.stderr).toContain('cannot open the database')
    expect(failed.stderr).toMatch(/put r2 back … done .*\n(.*\n)*.*prove r2 again … done/)
    expect(failed.stderr).toMatch(/r3 was not kept; what serves now: r2/)
    expect(await page()).toBe('two')
    expect(await servingNow()).toBe('r2')
    const again = await desk.belay(['deploy', '--yes'])
    expect(again.code).toBe(3)
    expect(again.stderr).toContain('--again')
    desk.write({ 'compose.yaml': compose() })
  })
})

describe('looking', () => {
  it('history lists the runs and what is kept, the same from any machine', async () => {
    const other = desk.copy()
    const [here, there] = await Promise.all([desk.belay(['history']), other.belay(['history'])])
    const runs = (text: string) => text.split('\n').map((line) => line.split(/ {2,}/)[0])
    expect(runs(there.stdout)).toEqual(runs(here.stdout))
    expect(here.stdout).toMatch(/deploy r3 +rolled back/)
    expect(here.stdout).toMatch(/ r3 +bad .*did not prove itself/)
    expect(here.stdout).toMatch(/ r2 +serves/)
    other.remove()
  })
  it('show tells a run again, with its checks', async () => {
    const { code, stdout } = await desk.belay(['show', 'r2'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/outcome +confirmed/)
    expect(stdout).toMatch(/check web: GET \/index\.html … pass/)
  })
  it('logs prints what the container wrote, in order of time', async () => {
    const script = 'echo one >/proc/1/fd/1; sleep 0.3; echo two >/proc/1/fd/2'
    await desk.belay(['exec', 'web', 'sh', '-c', script])
    const { stdout } = await desk.belay(['logs', 'web'])
    expect(stdout).toMatch(/notes-\S+-web-1 \| one\n.* \| two\n$/)
  })
  it('logs -f goes on until Ctrl-C', async () => {
    const following = desk.start(['logs', '-f', '-n', '1'])
    await following.says('two')
    await desk.belay(['exec', 'web', 'sh', '-c', 'echo three >/proc/1/fd/1'])
    await following.says('three')
    following.interrupt('SIGINT')
    const { code, stderr } = await following.ended
    expect([code, stderr]).toEqual([130, ''])
  })
  it('exec hands every word over as it is, and ends with the code of its command', async () => {
    const words = ['a b', '$HOME', `"`, `'`, '*', '-n', 'ü', 'x\ny', '']
    const script = 'printf "[%s]" "$@"; exit 42'
    const { code, stdout } = await desk.belay(['exec', 'web', 'sh', '-c', script, 'sh', ...words])
    expect([code, stdout]).toEqual([42, words.map((word) => `[${word}]`).join('')])
  })
  it('status tells what is not as deployed', async () => {
    await lab.server(1).sh('docker stop -t 0 $(docker ps -q --filter label=belay.release=r2)')
    const { code, stdout } = await desk.belay(['status'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/drift: web: \S+ is exited/)
    await lab.server(1).sh('docker start $(docker ps -aq --filter label=belay.release=r2)')
    expect(await servingNow()).toBe('r2')
  })
})

describe('going back and starting afresh', () => {
  it('rollback returns to the previous release, files and all', async () => {
    const { code, stderr } = await desk.belay(['rollback', '--yes'])
    expect([code, stderr.includes('r1 proved itself')]).toEqual([0, true])
    expect(await page()).toBe('one')
    expect(await servingNow()).toBe('r1')
  })
  it.each([
    ['r1', 'r1 is what already runs'],
    ['r3', 'r3 was marked bad'],
    ['r9', 'there is no release "r9"'],
  ])('rollback to %s is refused, with the reason', async (release, reason) => {
    const { code, stderr } = await desk.belay(['rollback', release, '--yes'])
    expect([code, stderr.includes(reason)]).toEqual([2, true])
  })
  it('rollback takes a typed word at a terminal', async () => {
    const question = 'Type r2 to go on'
    const wrong = await desk.atTerminal(['rollback', 'r2'], { question, keys: 'yes\r' })
    expect([wrong.code, await servingNow()]).toEqual([3, 'r1'])
    // Unnamed it is the release before, and the plan says which.
    const right = await desk.atTerminal(['rollback'], { question, keys: 'r2\r' })
    expect([right.code, await servingNow()]).toEqual([0, 'r2'])
  })
  it('restart starts the same release afresh', async () => {
    const { code } = await desk.belay(['restart', '--yes'])
    expect(code).toBe(0)
    expect(await servingNow()).toMatch(/^r2\.1$/)
    expect(await page()).toBe('two')
  })
})

describe('two at once', () => {
  beforeEach(() => desk.write({ 'belay.yaml': `${CONFIG}proof: { soak: 4s }\n` }))

  it('the second is told who works on it; with --wait it queues', async () => {
    desk.write({ 'www/index.html': 'three' })
    const first = desk.start(['deploy', '--yes'])
    await first.says('traffic of')
    const other = desk.copy()
    other.write({ 'www/index.html': 'four' })
    const refused = await other.belay(['deploy', '--yes'])
    expect(refused.code).toBe(3)
    expect(refused.stderr).toMatch(/has been working on this app on lab1/)
    expect((await desk.belay(['lease', 'show'])).stdout).toMatch(/lab1 +lease: .*deploy/)
    const queued = other.belay(['deploy', '--yes', '--wait', '2m'])
    expect((await first.ended).code).toBe(0)
    expect((await queued).code).toBe(0)
    expect(await page()).toBe('four')
    expect((await desk.belay(['lease', 'show'])).stdout).toMatch(/lab1 +free/)
    other.remove()
  })
  it('one whose lease is taken away changes nothing more', async () => {
    const before = await servingNow()
    desk.write({ 'www/index.html': 'five' })
    const first = desk.start(['deploy', '--yes'])
    await first.says('traffic of')
    const released = await desk.belay(['lease', 'release', '--yes'])
    expect([released.code, /taken from .*; now free/.test(released.stdout)]).toEqual([0, true])
    const { code, stderr } = await first.ended
    expect([4, 5]).toContain(code)
    expect(stderr).toMatch(/^error: /m)
    await desk.belay(['deploy', '--yes'])
    expect(await page()).toBe('five')
    expect(await servingNow()).not.toBe(before)
  })
})

describe('Ctrl-C', () => {
  beforeEach(() => desk.write({ 'belay.yaml': `${CONFIG}proof: { soak: 10s }\n` }))

  it('before the point of change leaves everything as it was', async () => {
    const before = await servingNow()
    desk.write({ 'www/index.html': 'six' })
    const run = desk.start(['deploy', '--yes'])
    await run.says('deploy · notes')
    run.interrupt('SIGINT')
    expect((await run.ended).code).toBe(130)
    expect(await servingNow()).toBe(before)
  })
  it('after it puts the old release back', async () => {
    const before = await servingNow()
    const was = await page()
    const run = desk.start(['deploy', '--yes'])
    await run.says('traffic of')
    run.interrupt('SIGTERM')
    const { code, stderr } = await run.ended
    expect(code).toBe(130)
    expect(stderr).toContain('what has started is put back first')
    expect(await servingNow()).toBe(before)
    expect(await page()).toBe(was)
  })
  it('twice leaves at once, and the next run finishes what is left', async () => {
    const before = await servingNow()
    const run = desk.start(['deploy', '--yes'])
    await run.says('traffic of')
    run.interrupt('SIGINT')
    run.interrupt('SIGINT')
    const { code } = await run.ended
    expect(code).toBe(130)
    desk.write({ 'belay.yaml': CONFIG })
    const next = await desk.belay(['deploy', '--yes', '--wait', '2m'])
    expect(next.code).toBe(0)
    expect(await page()).toBe('six')
    expect(await servingNow()).not.toBe(before)
  })
})

describe('a server that is not known yet', () => {
  it('is named with the way to trust it, and trusted by its fingerprint', async () => {
    const line = await lab.server(1).run(['ssh-keygen', '-lf', '/etc/ssh/ssh_host_ed25519_key.pub'])
    const fingerprint = /SHA256:\S+/.exec(line)?.[0] ?? ''
    const ssh = `${desk.folder}/ssh_config`
    const known = `${desk.folder}/known_hosts`
    const settings = readFileSync(lab.sshConfig, 'utf8')
    const fresh = settings.replaceAll(/UserKnownHostsFile .*/g, `UserKnownHostsFile ${known}`)
    desk.write({ ssh_config: fresh })
    const env = { BELAY_SSH_CONFIG: ssh }
    const stranger = await desk.belay(['status'], env)
    expect([stranger.code, stranger.stdout.includes('belay host trust lab1')]).toEqual([3, true])
    const wrong = await desk.belay(['host', 'trust', '--fingerprint', 'SHA256:x'], env)
    expect([wrong.code, wrong.stderr.includes(fingerprint)]).toEqual([3, true])
    const right = await desk.belay(['host', 'trust', 'lab1', '--fingerprint', fingerprint], env)
    expect([right.code, right.stdout.includes(`kept in ${known}`)]).toEqual([0, true])
    expect((await desk.belay(['status'], env)).code).toBe(0)
  })
})

describe('a secret', () => {
  it('arrived in the container byte for byte, and was printed by no command', async () => {
    const { stdout } = await desk.belay(['exec', 'web', 'sh', '-c', 'printf %s "$API_TOKEN"'])
    expect(stdout).toBe(CANARY)
    await desk.belay(['check', '--explain'])
    await desk.belay(['deploy', '--dry-run', '--again', '--json'])
    await desk.belay(['show', '--json'])
    const printed = desk.printed.replace(stdout, '')
    expect(printed.length).toBeGreaterThan(10_000)
    expect(printed).toContain('API_TOKEN')
    expect(printed).not.toContain('canary-7f3a')
  })
  it('lies on the server in the folders of releases alone, which only their owner may enter', async () => {
    const found = await lab
      .server(1)
      .exec(['grep', '-rlF', 'canary-7f3a', '/var/lib/belay', '/tmp'])
    const folders = new Set(
      found.stdout.split('\n').flatMap((path) => /^.*\/releases\/[^/]+/.exec(path)?.[0] ?? path),
    )
    folders.delete('')
    expect(folders.size).toBeGreaterThan(0)
    for (const folder of folders) {
      expect(folder).toMatch(/^\/var\/lib\/belay\/notes\/production\/releases\/r\d/)
      expect(await lab.server(1).run(['stat', '-c', '%a', folder])).toBe('700')
    }
  })
})
