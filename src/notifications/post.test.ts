import { describe, expect, it } from 'vitest'
import { sampleReceipt } from '../../tests/support/receipts.ts'
import type { Clock } from '../base/clock.ts'
import type { Event } from '../base/event.ts'
import type { Moment } from '../base/moment.ts'
import { Secrets } from '../base/secret.ts'
import type { NotifyConfig } from '../config/pipeline/notify.ts'
import type { Answer, Courier, Letter } from '../hosts/courier/courier.ts'
import type { Message } from './message.ts'
import { type Post, openPost } from './post.ts'

const OK: Answer = { kind: 'answered', status: 204, headers: {}, body: '' }
const DOWN: Answer = { kind: 'answered', status: 500, headers: {}, body: 'down' }
const NO: Answer = { kind: 'answered', status: 403, headers: {}, body: 'no' }
const UNHEARD: Answer = { kind: 'unheard', text: 'a refuses the connection' }
const later = (seconds: number): Answer => {
  return { kind: 'answered', status: 429, headers: { 'retry-after': String(seconds) }, body: '' }
}

/** Time that passes only when somebody sleeps, the shortest sleep first. */
class Alarm implements Clock {
  readonly slept: number[] = []
  #now = 0
  readonly #sleepers: { readonly at: number; readonly wake: () => void }[] = []
  now = () => this.#now
  monotonic = () => this.#now

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(ms)
    return new Promise((wake) => {
      if (signal?.aborted === true) return wake()
      signal?.addEventListener('abort', () => wake(), { once: true })
      this.#sleepers.push({ at: this.#now + ms, wake })
      setImmediate(() => this.#ring())
    })
  }

  #ring(): void {
    this.#sleepers.sort((a, b) => a.at - b.at)
    const next = this.#sleepers.shift()
    if (next === undefined) return
    this.#now = Math.max(this.#now, next.at)
    next.wake()
  }
}

interface Office {
  readonly post: Post
  readonly clock: Alarm
  readonly told: Event[]
  readonly letters: Letter[]
  readonly warnings: () => string[]
}

const EVERY: readonly Moment[] = ['started', 'succeeded', 'rolled-back', 'critical']

function channel(title: string, over: { on?: readonly Moment[]; template?: object } = {}) {
  const settings = { url: `http://${title}/`, headers: {} }
  const made = { kind: 'webhook', settings, on: EVERY, template: {}, ...over } as const
  return { state: 'on', title, channel: made } satisfies NotifyConfig
}

/** Answers of each channel, by the name of its host; the last one holds for ever. */
function open(answers: Readonly<Record<string, readonly (Answer | 'hang')[]>>, more = {}): Office {
  const clock = new Alarm()
  const told: Event[] = []
  const letters: Letter[] = []
  const left = new Map(Object.entries(answers).map(([host, list]) => [host, [...list]]))
  const courier: Courier = {
    deliver: async (letter, { signal }) => {
      letters.push(letter)
      const list = left.get(letter.via === 'web' ? new URL(letter.url).hostname : '') ?? [OK]
      const answer = list.length > 1 ? list.shift()! : list[0]!
      if (answer !== 'hang') return answer
      await new Promise((done) => signal.addEventListener('abort', done, { once: true }))
      return { kind: 'unheard', text: 'it did not answer' }
    },
  }
  const secrets = new Secrets()
  secrets.add('s3cret-value')
  const channels = Object.keys(answers).map((title) => channel(title, more))
  const tell = (event: Event) => void told.push(event)
  const post = openPost({ channels, courier, clock, secrets, tell })
  const warnings = () => told.flatMap((event) => (event.type === 'warning' ? [event.text] : []))
  return { post, clock, told, letters, warnings }
}

const started: Message = { moment: 'started', receipt: sampleReceipt('under-way') }
const succeeded: Message = { moment: 'succeeded', receipt: sampleReceipt('confirmed') }

describe('a message', () => {
  it('is told once where it is taken, and said so', async () => {
    const { post, told, letters } = open({ a: [OK] })
    post.send(succeeded)
    await post.close(5000)
    expect(letters).toHaveLength(1)
    expect(told).toEqual([
      { type: 'notified', channel: 'a', moment: 'succeeded', ok: true, text: 'told' },
    ])
  })

  it('goes to those alone who want to know of its moment', async () => {
    const { post, letters } = open({ a: [OK] }, { on: ['critical'] })
    post.send(started)
    post.send(succeeded)
    await post.close(5000)
    expect(letters).toEqual([])
  })

  it.each([
    ['a server error', DOWN],
    ['nobody there', UNHEARD],
  ])('is tried again after %s, with longer and longer pauses', async (_, answer) => {
    const { post, clock, letters, warnings } = open({ a: [answer, answer, answer, OK] })
    post.send(succeeded)
    await post.close(60_000)
    expect(letters).toHaveLength(4)
    expect(clock.slept.filter((ms) => ms < 60_000)).toEqual([1000, 2000, 4000])
    expect(warnings()).toEqual([])
  })

  it('comes again when it is told to, and not before', async () => {
    const { post, clock, warnings } = open({ a: [later(7), OK] })
    post.send(succeeded)
    await post.close(60_000)
    expect(clock.slept).toContain(7000)
    expect(warnings()).toEqual([])
  })

  it('is given up after some tries, with a warning', async () => {
    const { post, letters, warnings } = open({ a: [DOWN] })
    post.send(succeeded)
    await post.close(600_000)
    expect(letters).toHaveLength(5)
    expect(warnings()).toEqual(['a could not be told that the run succeeded: it answers 500: down'])
  })

  it('is not tried again where the answer is no, nor is anything after it', async () => {
    const { post, letters, warnings } = open({ a: [NO] })
    post.send(started)
    post.send(succeeded)
    await post.close(5000)
    expect(letters).toHaveLength(1)
    expect(warnings()).toEqual(['a could not be told that the run began: it answers 403: no'])
  })

  it('is given up at once when it should come again in an hour', async () => {
    const { post, letters, warnings } = open({ a: [later(3600)] })
    post.send(succeeded)
    await post.close(5000)
    expect(letters).toHaveLength(1)
    expect(warnings()[0]).toContain('it takes no more messages for now (429)')
  })

  it('in the words of the user is filled in, and free of secrets', async () => {
    const template = { succeeded: '{release} by {by}: s3cret-value' }
    const { post, letters } = open({ a: [OK] }, { template })
    post.send(succeeded)
    await post.close(5000)
    const [letter] = letters
    expect(letter?.via === 'web' && JSON.parse(letter.body).text).toBe('r42 by ana@laptop: •••')
  })
})

describe('the end of a run', () => {
  it.each([
    ['hangs', ['hang']],
    ['is down', [DOWN]],
    ['wants to be left alone', [later(30)]],
  ] as const)('waits no longer than it is told to when a channel %s', async (_, answers) => {
    const { post, clock, warnings } = open({ a: answers })
    post.send(succeeded)
    await post.close(5000)
    expect(clock.now()).toBeLessThanOrEqual(5000)
    expect(warnings()).toHaveLength(1)
  })

  it('waits not at all when everybody was told', async () => {
    const { post, clock } = open({ a: [OK], b: [OK] })
    post.send(succeeded)
    await post.close(5000)
    expect(clock.now()).toBeLessThan(5000)
  })

  it('is told to the others although one of them is dead', async () => {
    const { post, letters, warnings } = open({ dead: ['hang'], alive: [OK] })
    post.send(started)
    post.send(succeeded)
    await post.close(5000)
    const alive = letters.filter((letter) => letter.via === 'web' && letter.url.includes('alive'))
    expect(alive).toHaveLength(2)
    expect(warnings().every((text) => text.startsWith('dead could not be told'))).toBe(true)
  })
})

it('messages of one channel must arrive in their order, however long one takes', async () => {
  const { post, letters } = open({ a: [DOWN, DOWN, OK] })
  post.send(started)
  post.send(succeeded)
  await post.close(60_000)
  const moments = letters.map((letter) => letter.via === 'web' && JSON.parse(letter.body).moment)
  expect(moments).toEqual(['started', 'started', 'started', 'succeeded'])
})
