import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { quote } from '../../src/hosts/shell.ts'
import { Rig, SHELLS } from './rig.ts'

/** What a shell, or a careless one, could take for something else. */
const NASTY = [
  '',
  ' a  b ',
  '$HOME',
  '`id`',
  '$(id)',
  "it's",
  '"',
  '\\n',
  '*',
  '-n',
  'é€',
  'a\nb',
  ';',
]

const coded = (...argv: string[]) => Buffer.from(quote(argv)).toString('base64')

describe.each(SHELLS)('a sample under %s', (shell) => {
  let rig: Rig
  beforeEach(() => {
    rig = new Rig(shell)
    rig.container('web', { state: 'running' })
  })
  afterEach(() => rig.close())

  const sample = (...lines: string[]) =>
    rig.once(['sample'], { payload: lines.map((line) => `${line}\n`).join('') })

  test('it must tell of each container what it is asked for, in order', async () => {
    rig.container('well', { state: 'running', health: 'healthy' })
    rig.container('dead', { state: 'exited', exit: '3' })
    const answer = await sample(
      `container web 5 ${coded('echo', 'fine')}`,
      `container well 5 ${coded('false')}`,
      `container dead 5 ${coded('echo', 'never')}`,
      `container gone 5 ${coded('echo', 'never')}`,
      'container web 5',
      'logs web 50',
      'logs gone 50',
    )
    expect(answer.code).toBe(0)
    expect(answer.lines).toEqual([
      'container web running 0 0 2 none',
      'health web 0',
      '= fine',
      'container well running 0 0 2 healthy',
      'container dead exited 3 0 2 none',
      'last dead',
      '= a line of dead',
      'container gone missing 0 0 0 none',
      'container web running 0 0 2 none',
      'logs web',
      '= a line of web',
      'logs gone',
    ])
    expect(rig.asked).toContain('logs --tail 50 --since 2026-01-01T00:00:00Z web')
    expect(rig.asked).toContain('logs --tail 20 --since 0 dead')
  })

  test('a command must arrive byte for byte, and its code and output come back', async () => {
    const script = 'for word; do printf "<%s>" "$word"; done; echo; echo err >&2; exit 7'
    const answer = await sample(`command check-1 web 5 ${coded('sh', '-c', script, 'x', ...NASTY)}`)
    const printed = NASTY.map((word) => `<${word}>`).join('')
    const lines = [...printed.split('\n'), 'err'].map((line) => `= ${line}`)
    expect(answer.lines).toEqual(['command check-1 7', ...lines])
  })

  test('one that takes too long must be 124, one that cannot start 126 or 127', async () => {
    const answer = await sample(
      `command slow web 1 ${coded('sleep', '20')}`,
      `command none web 5 ${coded('no-such-program')}`,
    )
    expect(answer.lines[0]).toBe('command slow 124')
    expect(answer.lines.find((line) => line.startsWith('command none'))).toMatch(/ 12[67]$/)
  })

  test('one that could not be asked must be told from one that failed', async () => {
    rig.container('off', { state: 'exited' })
    const ask = ['off', 'gone', 'web'].map((name) => `command ${name} ${name} 5 ${coded('false')}`)
    const answer = await sample(...ask)
    const codes = answer.lines.filter((line) => line.startsWith('command'))
    expect(codes).toEqual(['command off 125', 'command gone 125', 'command web 1'])
  })

  test('no answer of Docker must never be taken for missing containers', async () => {
    rig.dockerHas('stopped')
    const answer = await sample('container web 5', `command ping web 5 ${coded('true')}`)
    expect(answer.code).toBe(74)
    expect(answer.lines.join(' ')).toContain('Cannot connect to the Docker daemon')
  })

  test('one that ended with the daemon must be told from one that ended by itself', async () => {
    rig.container('dead', { state: 'exited', exit: '137' })
    mkdirSync(join(rig.folder, 'run'))
    const pid = join(rig.folder, 'run/docker.pid')
    writeFileSync(pid, '1')
    // The stub's containers start at the beginning of 2026.
    for (const [at, word] of [
      ['2025-12-31T23:59:00Z', ''],
      ['2026-01-01T00:01:00Z', ' docker-restarted'],
    ] as const) {
      utimesSync(pid, new Date(at), new Date(at))
      const answer = await sample('container dead 5', 'container web 5')
      expect(answer.lines[0]).toBe(`container dead exited 137 0 2 none${word}`)
      expect(answer.lines).toContain('container web running 0 0 2 none')
    }
  })

  test('one that somebody stopped must be told from one that ended by itself', async () => {
    rig.container('dead', { state: 'exited', exit: '137' })
    for (const [signals, word] of [
      ['1\n12\n', ''],
      ['1\n9\n', ' stopped'],
      ['28\n', ' stopped'],
    ] as const) {
      rig.container('dead', { signals })
      const answer = await sample('container dead 5', 'container web 5')
      expect(answer.lines[0]).toBe(`container dead exited 137 0 2 none${word}`)
    }
    const events = rig.asked.filter((line) => line.startsWith('events '))
    expect(events[0]).toContain('--since 2026-01-01T00:00:00.123456789Z ')
    expect(events.every((line) => line.includes('container=dead'))).toBe(true)
  })

  test('all must be asked side by side', async () => {
    const begun = performance.now()
    const ask = Array.from({ length: 5 }, (_, n) => `command c${n} web 20 ${coded('sleep', '4')}`)
    expect((await sample(...ask)).lines).toEqual(ask.map((_, n) => `command c${n} 0`))
    expect(performance.now() - begun).toBeLessThan(12_000)
  })

  test('output must be cut: lines of a command and of health, and one without end', async () => {
    const many = coded('seq', '1', '500')
    const answer = await sample(`command many web 5 ${many}`, `container web 5 ${many}`)
    const at = answer.lines.indexOf('container web running 0 0 2 none')
    expect(answer.lines.slice(1, at)).toHaveLength(200)
    expect(answer.lines[1]).toBe('= 1')
    expect(answer.lines.slice(at + 2)).toHaveLength(20)
    expect(answer.lines.at(-1)).toBe('= 500')
    const endless = await sample(`command endless web 9 ${coded('yes')}`)
    expect(endless.lines[0]).toMatch(/^command endless (1\d\d|1)$/)
  })

  test('names that are no names must be refused', async () => {
    for (const line of ['container ../x 5', 'dance web', 'logs -f 5']) {
      expect((await sample(line)).code).toBe(70)
    }
  })

  test('images must come in the order asked, null where there is none', async () => {
    rig.dockerHas('images/a')
    rig.dockerHas('images/b')
    const ask = (...refs: string[]) => rig.once(['images'], { payload: `${refs.join('\n')}\n` })
    expect((await ask('b', 'a')).lines).toEqual(['{"Id":"b"}', '{"Id":"a"}'])
    expect((await ask('a', 'x', 'b')).lines).toEqual(['{"Id":"a"}', 'null', '{"Id":"b"}'])
    expect((await rig.once(['images'])).lines).toEqual([])
    const before = rig.asked.length
    expect((await ask('x')).lines).toEqual(['null'])
    expect(rig.asked.slice(before)).toHaveLength(1)
    expect((await ask('a b')).code).toBe(70)
  })
})
