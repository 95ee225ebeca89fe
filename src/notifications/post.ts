import type { Clock } from '../base/clock.ts'
import type { Tell } from '../base/event.ts'
import type { Secrets } from '../base/secret.ts'
import type { NotifyChannel, NotifyConfig } from '../config/pipeline/notify.ts'
import type { Courier } from '../hosts/courier/courier.ts'
import { notifierOf } from './index.ts'
import { filled, type Message } from './message.ts'
import type { Delivery } from './notifier.ts'

/** Sends messages beside a run: nothing waits for them but its end, and that not for long. */
export interface Post {
  /** Whoever wants to know of this moment is told, some time soon. */
  readonly send: (message: Message) => void
  /** Waits for what is under way, at most so long; what is not through by then has failed. */
  readonly close: (patienceMs: number) => Promise<void>
}

export interface PostOffice {
  readonly channels: readonly NotifyConfig[]
  readonly courier: Courier
  readonly clock: Clock
  readonly secrets: Secrets
  readonly tell: Tell
}

/** How often one message is tried, and how long each try may take. */
const TRIES_MAX = 5
const TRY_MS = 10_000
/** Between tries: 1, 2, 4, 8 s, or what the other side asks for. */
const FIRST_PAUSE_MS = 1000
const PAUSE_MAX_MS = 60_000

/** Its turn came when nobody waited any longer. */
const NO_TIME: Delivery = { kind: 'later', text: 'there was no time left for it' }

interface Queue {
  readonly title: string
  readonly channel: NotifyChannel
  last: Promise<void>
  /** It said no once and for all: nothing more is tried. */
  isDead: boolean
}

/** One queue for each channel, so that messages arrive in their order. */
export function openPost(office: PostOffice): Post {
  const queues = office.channels.flatMap((each): Queue[] =>
    each.state === 'on'
      ? [{ title: each.title, channel: each.channel, last: Promise.resolve(), isDead: false }]
      : [],
  )
  const closing = new AbortController()
  const enqueue = (queue: Queue, message: Message): void => {
    queue.last = queue.last.then(() => deliverFrom(queue, message))
  }
  const deliverFrom = async (queue: Queue, message: Message): Promise<void> => {
    if (queue.isDead) return
    const { signal } = closing
    const end = signal.aborted ? NO_TIME : await deliver(office, queue.channel, { message, signal })
    queue.isDead = end.kind === 'refused'
    report(office, { title: queue.title, message, end })
  }
  return {
    send: (message) => {
      for (const queue of queues) {
        const { on } = queue.channel
        if (message.isTest === true || on.includes(message.moment)) enqueue(queue, message)
      }
    },
    close: async (patienceMs) => {
      const waiting = new AbortController()
      const late = office.clock.sleep(patienceMs, waiting.signal)
      const all = Promise.all(queues.map(({ last }) => last))
      await Promise.race([all, late])
      waiting.abort()
      closing.abort()
      await all
    },
  }
}

/** Tries until it is told, refused, tried often enough, or nobody waits any longer. */
async function deliver(
  { courier, clock, secrets }: PostOffice,
  channel: NotifyChannel,
  { message, signal }: { readonly message: Message; readonly signal: AbortSignal },
): Promise<Delivery> {
  const notifier = notifierOf(channel.kind)
  const worded = withWords(channel, message, secrets)
  for (let tries = 1, pause = FIRST_PAUSE_MS; ; tries++, pause *= 2) {
    const letter = notifier.write(worded, channel.settings, clock.now() / 1000)
    const answer = await courier.deliver(letter, { timeoutMs: TRY_MS, signal })
    const end = notifier.judge(answer)
    const wait = end.kind === 'later' ? (end.afterMs ?? pause) : 0
    if (end.kind !== 'later' || tries === TRIES_MAX || wait > PAUSE_MAX_MS) return end
    await clock.sleep(wait, signal)
    if (signal.aborted) return end
  }
}

/** Receipts are free of secrets already; a template may have one in it. */
function withWords({ template }: NotifyChannel, message: Message, secrets: Secrets): Message {
  const words = message.isTest === true ? undefined : template[message.moment]
  if (words === undefined) return message
  return { ...message, words: secrets.scrub(filled(words, message.moment, message.receipt)) }
}

function report(
  { tell }: PostOffice,
  { title, message, end }: { title: string; message: Message; end: Delivery },
): void {
  const { moment } = message
  const ok = end.kind === 'told'
  tell({ type: 'notified', channel: title, moment, ok, text: end.text })
  if (ok) return
  const what = message.isTest === true ? 'of the test' : `that the run ${AS[moment]}`
  const text = `${title} could not be told ${what}: ${end.text}`
  tell({ type: 'warning', code: 'NOTIFY_FAILED', text })
}

const AS: Readonly<Record<Message['moment'], string>> = {
  started: 'began',
  succeeded: 'succeeded',
  unchanged: 'had nothing to do',
  failed: 'failed',
  'rolled-back': 'was rolled back',
  critical: 'needs a person',
}
