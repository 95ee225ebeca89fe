import { describe, expect, it } from 'vitest'
import { containerOf, observedOf, releaseOf } from '../../../tests/support/releases.ts'
import { type StubHost, configOf, stubWorld } from '../../../tests/support/worlds.ts'
import { onlyHost } from './containers.ts'
import { execIn } from './exec.ts'
import { type LogLine, logs } from './logs.ts'

const r42 = releaseOf('r42', { accessories: ['db'] })
const db = containerOf('shop-db-1', { service: 'db', project: 'shop' })

function serving(): StubHost {
  const observed = observedOf('a', r42)
  return { observed: { ...observed, containers: [...observed.containers, db] } }
}

const line = (second: number, text: string): string =>
  `2026-01-01T00:00:0${second}.000000000Z ${text}`

async function read(
  host: StubHost,
  request: Partial<Parameters<typeof logs>[2]['request']>,
  looks = 1,
): Promise<readonly LogLine[]> {
  const lines: LogLine[] = []
  const stop = new AbortController()
  let sleeps = 0
  const clock = {
    now: () => 0,
    monotonic: () => 0,
    sleep: async () => {
      sleeps += 1
      if (sleeps >= looks) stop.abort()
    },
  }
  await logs(stubWorld({ a: host }, { clock, signal: stop.signal }), configOf(['a']), {
    request: { follow: false, lines: 100, ...request },
    onLines: (more) => lines.push(...more),
  })
  return lines
}

/** Prints the name of the container it was asked about. */
const echo: NonNullable<StubHost['run']> = async (argv) => {
  return { code: 0, stdout: line(1, argv.at(-1) ?? ''), stderr: '' }
}

/** Whose logs are read. */
async function namesOf(service?: string): Promise<string[]> {
  const request = service === undefined ? {} : { service }
  const lines = await read({ ...serving(), run: echo }, request)
  return lines.map(({ text }) => text)
}

describe('logs', () => {
  it('joins both outputs of all containers in order of time', async () => {
    const asked: (readonly string[])[] = []
    const run: StubHost['run'] = async (argv) => {
      asked.push(argv)
      return { code: 0, stdout: `${line(1, 'one')}\n${line(3, 'three')}\n`, stderr: line(2, 'two') }
    }
    const lines = await read({ ...serving(), run }, { service: 'web', lines: 7 })
    expect(asked).toEqual([['docker', 'logs', '--timestamps', '--tail', '7', 'shop-r42-web-1']])
    expect(lines.map(({ service, text }) => [service, text])).toEqual([
      ['web', 'one'],
      ['web', 'two'],
      ['web', 'three'],
    ])
  })
  it('following, tells each line once, also when Docker repeats the last', async () => {
    const outputs = [line(1, 'one'), `${line(1, 'one')}\n${line(2, 'two')}`, line(2, 'two')]
    const run: StubHost['run'] = async () => {
      return { code: 0, stdout: outputs.shift() ?? '', stderr: '' }
    }
    const lines = await read({ ...serving(), run }, { service: 'web', follow: true }, 3)
    expect(lines.map(({ text }) => text)).toEqual(['one', 'two'])
  })
  it('reads accessories when they are named, and knows what is meant', async () => {
    expect(await namesOf()).toEqual(['shop-r42-web-1'])
    expect(await namesOf('db')).toEqual(['shop-db-1'])
    await expect(namesOf('webb')).rejects.toMatchObject({
      code: 'NO_SUCH_SERVICE',
      hint: 'Did you mean web? There are: web, db.',
    })
  })
  it('says what is kept when another release is wanted', async () => {
    await expect(read(serving(), { release: 'r9' })).rejects.toMatchObject({
      code: 'RELEASE_NOT_KEPT',
      hint: 'Kept are: r42.',
    })
    await expect(read({ observed: observedOf('a') }, {})).rejects.toMatchObject({
      code: 'NOTHING_DEPLOYED',
    })
  })
})

describe('exec', () => {
  it('runs in the first container that runs, as an argv, and ends with its code', async () => {
    const seen: unknown[] = []
    const attach: StubHost['attach'] = async (argv, options) => {
      seen.push(argv, options)
      return 42
    }
    const stopped = observedOf('a', r42, { containers: [] })
    const world = stubWorld({ a: { observed: stopped }, b: { ...serving(), attach } })
    const command = ['sh', '-c', 'echo "a b"']
    const request = { service: 'web', command, tty: false }
    expect(await execIn(world, configOf(['a', 'b']), request)).toBe(42)
    expect(seen).toEqual([
      ['docker', 'exec', '--interactive', 'shop-r42-web-1', ...command],
      { tty: false },
    ])
  })
  it('does not start in a container that stands still', async () => {
    const web = containerOf('shop-r42-web-1', { release: r42, service: 'web', state: 'exited' })
    const world = stubWorld({ a: { observed: observedOf('a', r42, { containers: [web] }) } })
    const request = { service: 'web', command: ['ls'], tty: true }
    await expect(execIn(world, configOf(['a']), request)).rejects.toThrow(
      'no container of web that runs is there',
    )
  })
})

describe('one host of several', () => {
  it('is found by its name or address, or the nearest is named', () => {
    const config = configOf(['deploy@a.example.com', 'deploy@b.example.com'])
    expect(onlyHost(config, 'deploy@b.example.com').hosts).toHaveLength(1)
    expect(onlyHost(config, undefined).hosts).toHaveLength(2)
    expect(() => onlyHost(config, 'deploy@c.example.com')).toThrow('no host of the configuration')
  })
})
