import { type IncomingMessage, request } from 'node:http'
import { keepOpen } from './keep-open.ts'
import type { LoadOptions } from './load.ts'
import type { Tally } from './tally.ts'

const openWithinMs = 40_000

/**
 * One stream of server-sent events, asked for as a browser does. What is refused, or tells its events
 * out of order, is a loss.
 */
export async function keepEvents(
  { host, port, headers = {} }: LoadOptions,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const about = { host, port, headers }
  const opened = async () => {
    const answer = await open(about, signal)
    return () => listen(answer, tally)
  }
  await keepOpen({ kind: 'events', title: 'events', open: opened }, tally, signal)
}

function open(
  { host, port, headers }: Pick<LoadOptions, 'host' | 'port' | 'headers'>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = request({
      host,
      port,
      path: '/events',
      agent: false,
      signal,
      headers: { host, ...headers, accept: 'text/event-stream' },
    })
    const timer = setTimeout(() => asked.destroy(new Error('no answer')), openWithinMs)
    // Stays: a connection that is cut later is told by the answer, and here once more.
    asked.on('error', reject)
    asked.on('close', () => clearTimeout(timer))
    asked.on('response', (answer) => {
      clearTimeout(timer)
      if (answer.statusCode === 200) return resolve(answer)
      asked.destroy()
      reject(new Error(`status ${answer.statusCode}`))
    })
    asked.end()
  })
}

/** Whether the stream ended as one that is whole; rejects where an event is missing. */
async function listen(answer: IncomingMessage, tally: Tally): Promise<boolean> {
  let heard = 0
  let rest = ''
  try {
    for await (const chunk of answer.setEncoding('utf8')) {
      const events = `${rest}${String(chunk)}`.split('\n\n')
      rest = events.pop() ?? ''
      for (const event of events) {
        heard += 1
        tally.events.ticks += 1
        if (!event.startsWith(`id: ${heard}\n`)) throw new GapError(`event ${heard}: ${event}`)
      }
    }
  } catch (error) {
    if (error instanceof GapError) throw error
  }
  return answer.complete
}

class GapError extends Error {}
