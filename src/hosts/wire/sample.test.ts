import { describe, expect, test } from 'vitest'
import { readSample, samplePayload } from './sample.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('samplePayload', () => {
  test('commands must travel quoted and encoded, everything else as safe words', () => {
    const argv = ['sh', '-c', 'redis-cli ping | grep PONG']
    const payload = samplePayload({
      containers: [
        { name: 'shop-r2-web-1', healthCommand: argv, healthTimeoutSeconds: 5 },
        { name: 'shop-r2-worker-1', healthTimeoutSeconds: 3 },
      ],
      commands: [{ id: 'cache', container: 'shop-cache-1', argv, timeoutSeconds: 9 }],
      logs: [{ container: 'shop-r2-web-1', lines: 200 }],
    })
    const quoted = base64("sh -c 'redis-cli ping | grep PONG'")
    expect(payload.toString()).toBe(`container shop-r2-web-1 5 ${quoted}
container shop-r2-worker-1 3
command cache shop-cache-1 9 ${quoted}
logs shop-r2-web-1 200
`)
  })

  test('a name that is not safe must never leave', () => {
    const logs = [{ container: 'a b', lines: 1 }]
    expect(() => samplePayload({ containers: [], commands: [], logs })).toThrow('not a safe word')
  })
})

describe('readSample', () => {
  const sample = readSample([
    'health web 1',
    '= curl: (7)',
    'container web running 0 0 2 starting',
    'container job exited 3 1 0 none',
    'last job',
    '= boom',
    '=',
    '= = x',
    'container gone missing 0 0 0 none',
    'command cache 0',
    '= PONG',
    'command slow 124',
    'logs web',
    '= one',
    '= two',
  ])

  test('a running container must come with its health command, in whatever order', () => {
    expect(sample.containers['web']).toEqual({
      state: 'running',
      exitCode: 0,
      outOfMemory: false,
      restarts: 2,
      health: 'starting',
      healthCommand: { code: 1, output: 'curl: (7)' },
      lastLines: [],
    })
  })

  test('one that ended must come with its last words', () => {
    expect(sample.containers['job']).toMatchObject({
      state: 'exited',
      exitCode: 3,
      outOfMemory: true,
      lastLines: ['boom', '', '= x'],
    })
    expect(sample.containers['gone']).toMatchObject({ state: 'missing', health: 'none' })
  })

  test.each([
    ['Error response from daemon: No such container: gone', 125],
    ['Error response from daemon: Container 12ab is not running', 125],
    ['Error response from daemon: Container 12ab is restarting, wait until it runs', 125],
    ['Error response from daemon: pull access denied', 1],
  ])('a command that said %j must have the code %i', (said, code) => {
    const { commands } = readSample(['command x 1', `= ${said}`])
    expect(commands['x']?.code).toBe(code)
  })

  test('one that is just being removed must count as gone, and not as one that was killed', () => {
    const { containers } = readSample(['container web removing 137 0 0 none'])
    expect(containers.web?.state).toBe('missing')
  })

  test('one that was told to end must be told from one that ended by itself', () => {
    const seen = (how: string) => readSample([`container web exited 137 0 0 none${how}`]).containers
    expect(seen(' stopped').web).toMatchObject({ wasStopped: true })
    expect(seen('').web).not.toHaveProperty('wasStopped')
  })

  test('commands and logs must be told by their own names', () => {
    expect(sample.commands).toEqual({
      cache: { code: 0, output: 'PONG' },
      slow: { code: 124, output: '' },
    })
    expect(sample.logs).toEqual({ web: ['one', 'two'] })
  })
})
