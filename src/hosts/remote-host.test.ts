import { PassThrough } from 'node:stream'
import { describe, expect, test, vi } from 'vitest'
import { hostKeyChanged, hostUnreachable } from './failures.ts'
import type { Action } from './host.ts'
import type { Link } from './links/link.ts'
import { Session } from './links/session.ts'
import { RemoteHost } from './remote-host.ts'

interface Asked {
  readonly verb: string
  readonly words: readonly string[]
  readonly payload: string
}

/** What the played host does: lines and a code, or the link breaks before it can say so. */
type Answer = { lines?: readonly string[]; code?: number } | 'break' | 'silence'

const OBSERVED = [
  '@facts',
  'kit abc',
  'root /var/lib/belay',
  'user root',
  'uptime 100',
  'boot b-1',
  '@epoch',
  '7',
]

/** A link whose other end is a function. Each opening begins with the output of `observe`. */
class PlayedLink implements Link {
  readonly asked: Asked[] = []
  readonly ran: string[][] = []
  opened = 0
  answer: (asked: Asked) => Answer | Promise<Answer> = () => ({})
  onOpen: (times: number) => Answer | Error | Promise<Answer> = () => ({ lines: OBSERVED })
  runs: (argv: readonly string[]) => { code: number; stdout?: string } = () => ({ code: 0 })
  #close: () => void = () => undefined

  async open(): Promise<Session> {
    this.opened += 1
    const opening = await this.onOpen(this.opened)
    if (opening instanceof Error) throw opening
    const input = new PassThrough()
    const output = new PassThrough()
    this.#close = () => output.destroy()
    const session = new Session({ input, output, kit: new Uint8Array() })
    this.#play(input, output)
    this.#say(output, '0', opening)
    await session.opening
    return session
  }

  #play(input: PassThrough, output: PassThrough): void {
    let bytes = Buffer.alloc(0)
    const take = async (): Promise<void> => {
      const end = bytes.indexOf(10)
      const [id = '', size = '0', verb = '', ...words] = bytes
        .subarray(0, end)
        .toString()
        .split(' ')
      if (end === -1 || bytes.length < end + 1 + Number(size)) return
      const payload = bytes.subarray(end + 1, end + 1 + Number(size)).toString('latin1')
      bytes = bytes.subarray(end + 1 + Number(size))
      const asked = { verb, words, payload }
      this.asked.push(asked)
      this.#say(output, id, await this.answer(asked))
    }
    input.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      void take()
    })
  }

  #say(output: PassThrough, id: string, answer: Answer): void {
    if (answer === 'silence') return
    if (answer === 'break') return void output.destroy()
    for (const line of answer.lines ?? []) output.write(`${id} | ${line}\n`)
    output.write(`${id} . ${answer.code ?? 0}\n`)
  }

  /** The connection goes away. */
  cut(): void {
    this.#close()
  }

  async run(argv: readonly string[]): ReturnType<Link['run']> {
    this.ran.push([...argv])
    const { code, stdout = '' } = this.runs(argv)
    return { code, stdout, stderr: '', how: 'exit' }
  }

  attach = vi.fn(async () => 0)
  pipe = vi.fn(async () => Promise.reject(new Error('not played')))
  wayTo = vi.fn(async () => Promise.reject(new Error('not played')))
  whyClosed = vi.fn(async () => 'unknown' as const)
  lastWords = (): readonly string[] => ['client_loop: send disconnect: Broken pipe']
  close = vi.fn(async () => undefined)
}

function playedHost() {
  const link = new PlayedLink()
  const host = new RemoteHost({
    name: 'a',
    link,
    isFar: true,
    patience: { pausesMs: [0, 1, 1] },
  })
  return { link, host }
}

async function connected() {
  const played = playedHost()
  await played.host.connect({ app: 'shop', environment: 'production' })
  return played
}

async function leased() {
  const played = await connected()
  played.link.answer = ({ verb }) => (verb === 'acquire' ? { lines: ['@epoch', '8'] } : {})
  await played.host.acquire({ owner: 'me@laptop', purpose: 'deploy r2', run: 'x', ttlSeconds: 60 })
  played.link.asked.length = 0
  return played
}

const unreachable = (): Error =>
  hostUnreachable({ host: 'a', why: 'refused', reason: 'Connection refused' })

/** An answer that comes when the test says so. */
function later(): { answer: Promise<Answer>; finish: (answer: Answer) => void } {
  let finish!: (answer: Answer) => void
  const answer = new Promise<Answer>((resolve) => {
    finish = resolve
  })
  return { answer, finish }
}

const action: Action = {
  number: 3,
  title: 'start r2',
  guard: 'pending',
  instructions: [{ do: 'start', containers: ['shop-r2-web-1'] }],
  timeoutSeconds: 60,
}

describe('connecting', () => {
  test('the first answer must be what the host looks like, for one round trip', async () => {
    const { host } = playedHost()
    const observed = await host.connect({ app: 'shop', environment: 'production' })
    expect(observed).toMatchObject({ host: 'a', epoch: 7, facts: { user: 'root', bootId: 'b-1' } })
    expect(host.roundTrips).toBe(1)
  })

  test.each([
    [71, 'NO_DOCKER'],
    [72, 'NO_COMPOSE'],
    [73, 'DOCKER_NOT_PERMITTED'],
    [74, 'DOCKER_STOPPED'],
    [75, 'STATE_FOLDER_UNUSABLE'],
  ])('the code %i must be %s, with the reason the host gives', async (code, name) => {
    const { host, link } = playedHost()
    link.onOpen = () => ({ code, lines: ['@facts', 'user ann', '@problems', 'because of x'] })
    const failure = await host.connect({ app: 'shop', environment: 'x' }).catch((e) => e)
    expect(failure).toMatchObject({ code: name, exit: 'unavailable', evidence: ['because of x'] })
    expect(failure.hint).not.toBe('')
    expect(link.close).toHaveBeenCalled()
  })
})

describe('the lease', () => {
  test('acquire must send who and why, and work under the epoch it gets', async () => {
    const { host, link } = await connected()
    link.answer = () => ({ lines: ['@epoch', '8'] })
    const request = { owner: 'me@laptop\n', purpose: 'deploy  r2', run: 'x', ttlSeconds: 60 }
    expect((await host.acquire(request)).epoch).toBe(8)
    expect(link.asked[0]).toEqual({
      verb: 'acquire',
      words: ['60', 'x'],
      payload: 'me@laptop \ndeploy r2\n',
    })
    await host.release()
    expect(link.asked[1]).toMatchObject({ verb: 'release', words: ['8'] })
    await host.release()
    expect(link.asked.length).toBe(2)
  })

  test('a lease that another holds must be told with its owner, age and end', async () => {
    const { host, link } = await connected()
    const who = Buffer.from('ann@ci\ndeploy r41\nrun-1\n').toString('base64')
    link.answer = () => ({ code: 78, lines: ['@lease', `7 42 65 ${who}`] })
    const request = { owner: 'me', purpose: 'deploy', run: 'x', ttlSeconds: 60 }
    const failure = await host.acquire(request).catch((e) => e)
    expect(failure.message).toBe('ann@ci has been working on this app on a for 65s: deploy r41')
    expect(failure).toMatchObject({ code: 'LEASE_HELD', details: { run: 'run-1', left: '42s' } })
    expect(failure.hint).toContain('--steal')
  })

  test('beside an action, the lease must be renewed over a channel of its own', async () => {
    const { host, link } = await leased()
    const { answer, finish } = later()
    link.answer = () => answer
    const acting = host.act(action)
    await expect.poll(() => link.asked.length).toBe(1)
    await host.renew(60)
    expect(link.ran).toEqual([
      'sh /var/lib/belay/kit/abc/kit.sh once shop production renew 8 60'.split(' '),
    ])
    finish({})
    await acting
  })

  test('a renewal beside an action that finds another owner must be fenced', async () => {
    const { host, link } = await leased()
    const { answer, finish } = later()
    link.answer = () => answer
    const acting = host.act(action)
    await expect.poll(() => link.asked.length).toBe(1)
    link.runs = () => ({ code: 76, stdout: 'epoch 9\n' })
    await expect(host.renew(60)).rejects.toMatchObject({ code: 'FENCED' })
    finish({})
    await acting
  })

  test('a renewal must not wait for an action that is asked again over a new link', async () => {
    const { host, link } = await leased()
    const { answer, finish } = later()
    let again = () => undefined as unknown
    link.answer = () => 'break'
    link.onOpen = async () => {
      await new Promise((resolve) => (again = () => resolve(undefined)))
      return { lines: OBSERVED }
    }
    link.runs = () => ({ code: 255 })
    const acting = host.act(action)
    await expect.poll(() => link.opened).toBe(2)
    await expect(host.renew(60)).rejects.toMatchObject({ code: 'LINK_LOST' })
    link.answer = () => answer
    link.runs = () => ({ code: 0 })
    again()
    await expect.poll(() => link.asked.length).toBe(2)
    await host.renew(60)
    expect(link.asked.map(({ verb }) => verb)).toEqual(['do', 'do'])
    finish({})
    await acting
  })

  test('between actions the session itself must do', async () => {
    const { host, link } = await leased()
    await host.renew(60)
    expect(link.asked).toMatchObject([{ verb: 'renew', words: ['8', '60'] }])
    expect(link.ran).toEqual([])
  })

  test('breaking must say from whom', async () => {
    const { host, link } = await connected()
    const who = Buffer.from('ann\ndeploy\nrun-1').toString('base64')
    link.answer = () => ({ lines: ['@lease', `7 -3 65 ${who}`] })
    expect(await host.breakLease()).toMatchObject({ owner: 'ann', secondsLeft: -3, epoch: 7 })
    link.answer = () => ({ lines: ['@lease'] })
    expect(await host.breakLease()).toBeUndefined()
  })
})

describe('an action', () => {
  test('it must be sent once, with its epoch, number and guard', async () => {
    const { host, link } = await leased()
    await host.act(action)
    expect(link.asked).toEqual([
      {
        verb: 'do',
        words: ['8', '3', 'pending', '60'],
        payload: '{"type":"action","number":3,"title":"start r2"}\nstart shop-r2-web-1\n\n',
      },
    ])
  })

  test('files and the arming must travel in one tar', async () => {
    const { host, link } = await leased()
    const files = [{ path: 'release.json', content: Buffer.from('{}'), mode: 0o600 }]
    const arm = { run: 'x', release: 'r2', previous: 'r1', anchor: 'a', back: [], forward: [] }
    await host.act({ ...action, stage: { release: 'r2', files }, arm })
    expect(link.asked[0]?.words.slice(4)).toEqual(['stage=r2', 'arm'])
    expect(link.asked[0]?.payload).toContain('run x epoch 8 release r2 previous r1 anchor a\n')
    await host.act({ ...action, stage: { release: 'r2', from: 'r1', files: [] } })
    expect(link.asked.pop()?.words.slice(4)).toEqual(['stage=r2', 'from=r1'])
    await host.act({ ...action, arm })
    expect(link.asked[1]?.payload.split('\n\n')[1]).toBe(
      'run x epoch 8 release r2 previous r1 anchor a\n',
    )
  })

  test('a link that breaks must be made anew, and the same number asked again', async () => {
    const { host, link } = await leased()
    link.answer = () => (link.asked.length < 3 ? 'break' : {})
    await host.act(action)
    expect(link.asked.map(({ words }) => words[1])).toEqual(['3', '3', '3'])
    expect(link.opened).toBe(3)
  })

  test('a host that cannot be reached again must leave the outcome open, and say so', async () => {
    const { host, link } = await leased()
    link.answer = () => {
      link.onOpen = () => unreachable()
      return 'break'
    }
    const failure = await host.act(action).catch((e) => e)
    expect(failure).toMatchObject({ code: 'OUTCOME_UNKNOWN', exit: 'critical' })
    expect(failure.evidence).toContain('client_loop: send disconnect: Broken pipe')
    expect(link.opened).toBe(4)
  })

  test('a host that is gone must be tried once more for each request, until it is back', async () => {
    const { host, link } = await leased()
    link.answer = () => {
      link.onOpen = () => unreachable()
      return 'break'
    }
    await expect(host.act(action)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
    const tried = link.opened
    await expect(host.settle()).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
    expect(link.opened).toBe(tried + 1)
    link.onOpen = () => ({ lines: OBSERVED })
    link.answer = () => ({ lines: OBSERVED })
    expect((await host.observe()).epoch).toBe(7)
  })

  test('a host key that changed meanwhile must not be tried again', async () => {
    const { host, link } = await leased()
    link.answer = () => {
      link.onOpen = () => hostKeyChanged({ host: 'a', offered: 'x', known: '' })
      return 'break'
    }
    await expect(host.act(action)).rejects.toMatchObject({ code: 'HOST_KEY_CHANGED' })
    expect(link.opened).toBe(2)
  })

  test.each([
    [1, ['no such image', 'failed 1 start'], 'ACTION_FAILED'],
    [1, ['cancelled', 'failed 1 start'], 'ACTION_CANCELLED'],
    [124, ['last words', 'not done within 60 s', 'failed 1 start'], 'ACTION_TIMED_OUT'],
    [76, ['epoch 9'], 'FENCED'],
    [77, ['no run is pending'], 'OVERTAKEN'],
    [79, ['busy one 5'], 'HOST_BUSY'],
    [81, ['failed 0 arm'], 'WATCHDOG_NOT_ALIVE'],
  ])('the code %i with %j must be %s', async (code, lines, name) => {
    const { host, link } = await leased()
    link.answer = () => ({ code, lines })
    await expect(host.act(action)).rejects.toMatchObject({ code: name })
    expect(link.asked.length).toBe(1)
  })

  test('a failure must name the instruction and keep what was said', async () => {
    const { host, link } = await leased()
    link.answer = () => ({ code: 1, lines: ['Error: no such image', 'failed 2 up'] })
    const failure = await host.act(action).catch((e) => e)
    expect(failure.message).toBe('start r2 failed on a (at: up)')
    expect(failure.evidence).toEqual(['Error: no such image'])
  })

  test('an interrupt between actions must end nothing', async () => {
    const { host, link } = playedHost()
    const stop = new AbortController()
    await host.connect({ app: 'shop', environment: 'production' }, stop.signal)
    await host.act(action)
    stop.abort()
    await host.journal(1)
    expect(link.ran).toEqual([])
  })

  test('an interrupt must end what is under way, and nothing that comes after', async () => {
    const { host, link } = playedHost()
    const stop = new AbortController()
    await host.connect({ app: 'shop', environment: 'production' }, stop.signal)
    const { answer, finish } = later()
    link.answer = () => answer
    const acting = host.act(action)
    await expect.poll(() => link.asked.length).toBe(1)
    stop.abort()
    await expect.poll(() => link.ran.map((argv) => argv.slice(5).join(' '))).toEqual(['cancel 0'])
    finish({ code: 1, lines: ['cancelled', 'failed 1 start'] })
    await expect(acting).rejects.toMatchObject({ code: 'ACTION_CANCELLED', exit: 'interrupted' })
    link.answer = () => ({})
    await host.act({ ...action, number: 4 })
    expect(link.ran.length).toBe(1)
  })
})

describe('the decision', () => {
  test('what stands must be returned, whoever took it', async () => {
    const { host, link } = await leased()
    link.answer = () => ({ lines: ['rollback'] })
    expect(await host.decide('commit', { type: 'decided' })).toBe('rollback')
    expect(link.asked[0]).toEqual({
      verb: 'decide',
      words: ['8', 'commit'],
      payload: '{"type":"decided"}\n',
    })
  })

  test('a run that armed nothing can only be to go back', async () => {
    const { host, link } = await leased()
    link.answer = () => ({ code: 80, lines: ['nothing was armed'] })
    expect(await host.decide('rollback', { type: 'decided' })).toBe('rollback')
    await expect(host.decide('commit', { type: 'x' })).rejects.toMatchObject({ code: 'OVERTAKEN' })
  })

  test('an earlier request of ours that still runs must be waited for', async () => {
    const { host, link } = await leased()
    link.answer = () =>
      link.asked.length < 3 ? { code: 79, lines: ['busy one 8'] } : { lines: ['commit'] }
    expect(await host.decide('commit', { type: 'decided' })).toBe('commit')
  })

  test('settling what was settled already must be no failure', async () => {
    const { host, link } = await leased()
    link.answer = () => ({ code: 80, lines: ['nothing to settle'] })
    await host.settle()
    link.answer = () => ({ code: 1, lines: ['x', 'failed 1 stop', 'y', 'failed 3 remove'] })
    const failure = await host.settle().catch((e) => e)
    expect(failure.message).toBe('carrying out the decision failed on a (at: stop, remove)')
    expect(failure.evidence).toEqual(['x', 'y'])
  })
})

describe('reading', () => {
  test('it must reconnect too, and fail as unavailable when it cannot', async () => {
    const { host, link } = await connected()
    link.cut()
    link.answer = () => ({ lines: OBSERVED })
    expect((await host.observe()).epoch).toBe(7)
    link.answer = () => {
      link.onOpen = () => unreachable()
      return 'break'
    }
    await expect(host.observe()).rejects.toMatchObject({ code: 'LINK_LOST', exit: 'unavailable' })
  })

  test('what cannot be repeated must not be', async () => {
    const { host, link } = await connected()
    link.answer = () => 'break'
    await expect(host.breakLease()).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
    expect(link.opened).toBe(1)
  })

  test('requests at once must be asked one after another, and counted', async () => {
    const { host, link } = await connected()
    link.answer = ({ words }) => ({ lines: [`1 1 b 1 1 c {"type":"n${words[0]}"}`] })
    const both = await Promise.all([host.journal(1), host.journal(2)])
    expect(both.map(([entry]) => entry?.note.type)).toEqual(['n1', 'n2'])
    await host.journal(3)
    expect(host.roundTrips).toBe(4)
  })

  test('images must come back by the names that were asked for', async () => {
    const { host, link } = await connected()
    const facts = { Id: 'sha256:1', Architecture: 'amd64', Config: { User: '1001' } }
    link.answer = () => ({ lines: ['null', JSON.stringify(facts)] })
    expect(await host.imageIds(['a:1', 'b:2'])).toMatchObject({
      'a:1': null,
      'b:2': { id: 'sha256:1', architecture: 'amd64', user: '1001' },
    })
    expect(link.asked[0]?.payload).toBe('a:1\nb:2\n')
  })

  test('a receipt that is not there must be undefined', async () => {
    const { host, link } = await connected()
    link.answer = () => ({ lines: ['{', '}'] })
    expect(await host.readReceipt('x')).toBe('{\n}')
    link.answer = () => ({ code: 80 })
    expect(await host.readReceipt('x')).toBeUndefined()
  })

  test('a code that no verb gives must be a bug', async () => {
    const { host, link } = await connected()
    link.answer = () => ({ code: 70, lines: ['no such verb'] })
    await expect(host.journal(1)).rejects.toThrow('does not know this: no such verb')
  })
})
